import FixedPointIR
import LogicMapping

extension QuantizedModel {
  /// How the logic of pipelines is written.
  ///
  /// By default Tricot maps trees, sums of tables and tables alone itself, which synthesis does in more look-up tables and otherwise
  /// than estimated. Other sums stay expressions: there is little to gain, they are easier to read, and Verilator builds large ones
  /// many times as fast.
  func logic(_ choice: HardwareChoices.Logic) -> LogicStyle {
    switch choice {
    case .expressions: .expressions
    case .primitives: .primitives
    case .automatic: graph.hasTables || graph.isTablesAlone ? .primitives : .expressions
    }
  }

  /// How sums are built: by default with primitives where the rest is made of them.
  func adders(_ choices: HardwareChoices) -> HardwareChoices.Adders {
    guard choices.adders == .automatic else { return choices.adders }
    return logic(choices.logic) == .primitives ? .primitives : .binary
  }
}

extension FixedPointGraph {
  /// Whether trees or sums of tables are in it, or in one of its kernels.
  fileprivate var hasTables: Bool {
    nodes.contains { node in
      [.treeEnsemble, .tableSum].contains(node.operation.kind)
        || node.operation.facts.bodies.contains(where: \.hasTables)
    }
  }

  /// Whether tables and wires between them are all there is.
  fileprivate var isTablesAlone: Bool {
    nodes.contains { $0.operation.kind == .table }
      && nodes.allSatisfy { [.input, .table, .gather, .requantize].contains($0.operation.kind) }
  }
}
