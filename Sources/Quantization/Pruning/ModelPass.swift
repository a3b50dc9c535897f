import Diagnostics
import ModelIR

/// A rewrite of the trained model: pruning, folding, and what is to come.
///
/// - Precondition of every pass: the graph passed `ModelGraphVerifier`; so does the result. Interfaces (the shapes and the
///   order of inputs and outputs) stay.
package protocol ModelPass: Sendable {
  /// Returns the rewritten graph; findings go to the log.
  func run(_ graph: ModelGraph, log: DiagnosticLog) throws -> ModelGraph
}
