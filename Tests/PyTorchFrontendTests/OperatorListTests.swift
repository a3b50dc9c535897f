import TestSupport
import Testing

@testable import PyTorchFrontend

/// `docs/pytorch.md` names exactly what this frontend reads.
@Suite struct OperatorListTests {
  @Test func `the page lists every operator`() throws {
    let names = ProgramOperator.allCases.map { "`\($0.rawValue)`" }.sorted()
    try CheckedPage.expect("pytorch.md", block: "operators", holds: "Operators: " + names.joined(separator: ", ") + ".")
  }
}
