import Diagnostics
import Testing

@Suite struct DiagnosticLogTests {
  @Test func sameFindingIsKeptOnce() {
    let log = DiagnosticLog()
    let (a, b) = (Diagnostic.warning("a", "first"), Diagnostic.note("b", "second"))
    for finding in [a, b, a] { log.report(finding) }
    #expect(log.all == [a, b])
    log.report(.warning("a", "first", at: Origin(file: "elsewhere")))
    #expect(log.all.count == 3)
  }

  @Test func onlyErrorsAreErrors() {
    let log = DiagnosticLog()
    log.report(.warning("w", "a warning"))
    #expect(!log.hasErrors)
    log.report(.error("e", "an error"))
    #expect(log.hasErrors)
  }

  @Test func threadsMayReportTogether() async {
    let log = DiagnosticLog()
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for number in 0..<50 { log.report(.note("n", "number \(worker % 2 * 50 + number)")) }
        }
      }
    }
    #expect(Set(log.all.map { "\($0.message)" }) == Set((0..<100).map { "number \($0)" }))
    #expect(log.all.count == 100)
  }
}
