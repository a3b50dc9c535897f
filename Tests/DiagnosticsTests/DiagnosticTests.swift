import Diagnostics
import FoundationEssentials
import Testing

/// What a finding says, and how it is printed.
@Suite struct DiagnosticTests {
  private let full = Diagnostic.error(
    "unsupported-operator",
    "'Erf' is not supported",
    at: Origin(file: "m.onnx", place: "node 'act'"),
    notes: ["it is read by 'fc2'", "it is the only one"],
    hint: "use Tanh"
  )

  @Test func everyPartHasItsLine() {
    #expect(
      full.rendered() == """
        error[unsupported-operator]: 'Erf' is not supported
          at m.onnx: node 'act'
          note: it is read by 'fc2'
          note: it is the only one
          hint: use Tanh
        """
    )
  }

  @Test func absentPartsLeaveNoLine() {
    #expect(Diagnostic.note("rounded", "a weight was rounded").rendered() == "note[rounded]: a weight was rounded")
    let placed = Diagnostic.warning("odd", "this is odd", at: Origin(file: "x.npy"))
    #expect(placed.rendered() == "warning[odd]: this is odd\n  at x.npy")
  }

  @Test(arguments: [(Severity.note, "36"), (.warning, "33"), (.error, "31")])
  func onlyTheHeadIsColoured(severity: Severity, code: String) {
    let text = Diagnostic(severity, "c", "words", hint: "do").rendered(colour: true)
    #expect(text == "\u{1B}[\(code)m\(severity.rawValue)[c]:\u{1B}[0m words\n  hint: do")
  }

  @Test func severitiesAreOrdered() {
    #expect([Severity.error, .note, .warning].sorted() == [.note, .warning, .error])
  }

  @Test func placesKeepTheFile() {
    let origin = Origin(file: "m.h5", place: "/model").at("/model/fc1")
    #expect(origin == Origin(file: "m.h5", place: "/model/fc1"))
  }

  @Test func jsonBringsItBack() throws {
    let data = try JSONEncoder().encode(full)
    #expect(try JSONDecoder().decode(Diagnostic.self, from: data) == full)
  }
}
