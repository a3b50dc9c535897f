import TestSupport
import Testing

@testable import TensorFlowFrontend

/// `docs/tensorflow.md` names exactly what this frontend reads.
@Suite struct OperatorListTests {
  @Test func `the page lists every operator`() throws {
    let names = GraphOperator.allCases.map { "`\($0.rawValue)`" }.sorted()
    try CheckedPage.expect(
      "tensorflow.md",
      block: "operators",
      holds: "Operators: " + names.joined(separator: ", ") + "."
    )
  }
}
