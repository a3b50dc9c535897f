import FirmwareFiles
import HLSBackend
import Testing

@testable import Verification

/// The checks of emitted C++ complain about what they should, and about nothing else.
@Suite struct SynthesisLintTests {
  private func findings(_ code: String) -> [String] {
    SynthesisLint.findings(in: [ProjectFile(path: "firmware/a.cpp", text: code)]).map(\.message)
  }

  @Test(arguments: [
    "void f() { int *x = new int[3]; }", "void f() { double x; }", "void f(int n) { int x = 0.5; }",
    "struct s { virtual void f(); };", "void f(unsigned n) { for (unsigned i = 0; i < n; i++) {} }",
    "void f() { while (true) {} }", "void f() { for (;;) {} }", "void f() { for (unsigned i = 0; i < 3; ) {} }",
    "void f() {\n#pragma HLS UNROLL factor=0\n}", "void f() {\n#pragma HLS LATENCY max=3\n}",
    "void f() {\n#pragma HLS ARRAY_PARTITION variable=x complete\n}", "void f(int x[3]) {\n#pragma HLS PIPELINE\n}",
    "void f(int x[3]) {\n#pragma HLS ARRAY_PARTITION variable=x block\n}", "void f(int x) { f(x); }",
    "namespace a { void g(); void f() { g(); } void g() { f(); } }",
    "template <class T> void f(T x) { f<T>(x); }",
  ])
  func `what cannot be built is found`(code: String) {
    #expect(!findings(code).isEmpty)
  }

  @Test(arguments: [
    "void f() { for (unsigned i = 0; i < 3; i++) {} }",
    "template <unsigned Size> void f() { for (unsigned i = 1; i < Size; i *= 2) {} }",
    "void f() { for (unsigned i = 0; i < 8; i += 2) for (unsigned j = i; j < i + 2; j++) {} }",
    "// new double\nvoid f() { const char *s = \"new\"; }",
    "#ifndef __SYNTHESIS__\ndouble f();\n#endif\n", "#if defined(__SYNTHESIS__)\n#else\ndouble f();\n#endif\n",
    "namespace a { void f() {} }\nvoid f() { a::f(); }",
    "void f(int x[3]) {\n#pragma HLS ARRAY_RESHAPE variable=x complete dim=0\n}",
  ])
  func `what can be built is not found`(code: String) {
    #expect(findings(code) == [])
  }

  @Test func `intermediate code is read`() {
    let code = IntermediateCode(
      """
      define dso_local void @_Z3topv() {
        %1 = call i32 @helper(i32 1)
        ret void
      }
      define i32 @helper(i32 %0) {
        %2 = fadd double %0, %0
        %3 = call ptr @_Znwm(i64 8)
        call void @llvm.lifetime.start(i64 1)
        call void @_Z3topv()
      }
      define i32 @unused() {
        %1 = fmul double %0, %0
      }
      """
    )
    #expect(
      code.findings(from: "_Z3topv") == [
        "'helper': floating point (fadd)", "'helper': the heap (_Znwm)", "'_Z3topv' calls itself",
      ]
    )
    #expect(code.findings(from: "absent") == ["there is no function 'absent'"])
  }
}
