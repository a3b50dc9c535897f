import FixedPointIR
import LogicMapping

extension QuantizedModel {
  /// How the logic of pipelines is written.
  ///
  /// By default Tricot maps tables and trees itself, which synthesis does in more look-up tables and otherwise than estimated, and what
  /// is made of primitives anyway. Other sums stay expressions: there is little to gain, and they are easier to read.
  func logic(_ choices: HardwareChoices) -> LogicStyle {
    switch choices.logic {
    case .expressions: .expressions
    case .primitives: .primitives
    case .automatic: graph.hasTables || choices.adders == .primitives ? .primitives : .expressions
    }
  }

  /// How sums are built: by default with primitives where the rest is made of them.
  func adders(_ choices: HardwareChoices) -> HardwareChoices.Adders {
    guard choices.adders == .automatic else { return choices.adders }
    return logic(choices) == .primitives ? .primitives : .binary
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
}
