import FoundationEssentials
import Glibc
import TestSupport
import Testing
import TricotCompiler
import Verification

/// Shared libraries around a model: two versions in one process, each with its own bits.
@Suite struct EmulatorTests {
  private static let areAvailable = ExternalTool.gxx.isAvailable && ApTypes.find() != nil

  private typealias Create = @convention(c) () -> OpaquePointer?
  private typealias Predict =
    @convention(c) (OpaquePointer?, UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  private typealias Destroy = @convention(c) (OpaquePointer?) -> Void
  private typealias Version = @convention(c) () -> UnsafePointer<CChar>?

  /// A loaded library.
  private struct Library {
    let symbol: String
    let handle: UnsafeMutableRawPointer

    func function<Signature>(_ name: String, _: Signature.Type) throws -> Signature {
      let pointer = try #require(dlsym(handle, "\(symbol)_\(name)"), "\(symbol)_\(name)")
      return unsafeBitCast(pointer, to: Signature.self)
    }

    func predict(_ x: [Double], outputs: Int) throws -> [Double] {
      let emulator = try function("create", Create.self)()
      var y = [Double](repeating: 0, count: outputs)
      try function("predict_double", Predict.self)(emulator, x, &y)
      try function("destroy", Destroy.self)(emulator)
      return y
    }
  }

  @Test(.enabled(if: areAvailable, "AMD's ap_types headers are missing: scripts/install-ap-types.sh"))
  func `two versions live in one process`() async throws {
    let scratch = try Scratch()
    var other = TinyONNX.dense
    other.weights[0].values = [1, 1, 1, 1]
    try scratch.write("one.onnx", TinyONNX.dense.bytes)
    try scratch.write("two.onnx", other.bytes)
    var libraries: [Library] = []
    for (version, name) in [("1.0", "one"), ("1.1", "two")] {
      let run = try await Invocation.tricot(
        "emulator",
        scratch.file("\(name).onnx"),
        "-o",
        scratch.file(name),
        "--firmware-version",
        version,
        "--arithmetic",
        "hls4ml",
        "--json"
      )
      #expect(run.status == 0, "\(run.errors)")
      let report = try run.json(EmulatorReport.self)
      let handle = try #require(dlopen("\(report.output)/\(report.library)", RTLD_NOW | RTLD_GLOBAL))
      libraries.append(Library(symbol: report.symbol, handle: handle))
    }
    #expect(libraries[0].symbol != libraries[1].symbol)
    for (library, version) in zip(libraries, ["1.0", "1.1"]) {
      let text = try #require(try library.function("version", Version.self)())
      #expect(String(cString: text) == version)
    }
    #expect(try libraries[0].predict([0.75, 0.5], outputs: 2) == [0.625, 0])
    #expect(try libraries[1].predict([0.75, 0.5], outputs: 2) == [1.375, 1.25])
  }

  @Test func `missing headers are named with what to do`() async throws {
    let scratch = try Scratch()
    try scratch.write("one.onnx", TinyONNX.dense.bytes)
    let run = try await Invocation.tricot(
      "verify",
      scratch.file("one.onnx"),
      "--arithmetic",
      "hls4ml",
      "--backend",
      "hls",
      "--ap-types",
      scratch.path
    )
    #expect(run.status == 2)
    #expect(run.errors.contains("ap-types-missing"))
    #expect(run.errors.contains("install-ap-types.sh"))
  }
}
