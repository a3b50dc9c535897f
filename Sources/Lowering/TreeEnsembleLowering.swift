import AdderGraphs
import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  mutating func treeEnsembleOutputs(
    _ ensemble: TreeEnsembleOperation,
    _ node: FixedNode,
    plan: TreeEnsemblePlan
  ) -> [ValueID] {
    let words = treeWords(plan, node)
    switch ensemble.accumulation {
    case .exact: return exactScores(ensemble, node, plan, words.flatMap { $0 })
    case .stepwise(let type): return stepwiseScores(ensemble, node, type, words)
    }
  }

  /// By tree, then by position among its outputs.
  private mutating func treeWords(_ plan: TreeEnsemblePlan, _ node: FixedNode) -> [[ValueID]] {
    let types = graph[node.inputs[0]].types
    let features = (0..<types.count).map { element -> ValueID in
      let x = self.x(node, element)
      return builder.raw(of: x, on: types[element].fractionBits)
    }
    var bank = ComparatorBank(plan.trees.flatMap(\.shape.comparators), features: features)
    bank.emit(into: &builder, name: node.name)
    return plan.trees.enumerated().map { index, tree in
      builder.emit(tree, name: "\(node.name)_\(index)") { bank[$0] }
    }
  }

  private mutating func exactScores(
    _ ensemble: TreeEnsembleOperation,
    _ node: FixedNode,
    _ plan: TreeEnsemblePlan,
    _ words: [ValueID]
  ) -> [ValueID] {
    guard let sums = plan.sums else { preconditionFailure("exact sums are planned") }
    let count = graph[node.output].count
    let values = builder.emit(sums, over: words, elements: 0..<count)
    return (0..<count).map { output in
      builder.element = Int32(output)
      let sum = sums.outputs[output]
      let value = sum.value.map { values[Int($0)] } ?? builder.constant(0)
      return builder.quantizedSum(
        builder.scaled(value, fractionBits: ensemble.leafFractionBits - sum.shift),
        isNegated: sum.isNegated,
        plus: plan.bias[output],
        as: outputType(node, output)
      )
    }
  }

  private mutating func stepwiseScores(
    _ ensemble: TreeEnsembleOperation,
    _ node: FixedNode,
    _ type: FixedPointType,
    _ words: [[ValueID]]
  ) -> [ValueID] {
    (0..<graph[node.output].count).map { output in
      builder.element = Int32(output)
      let bias = ensemble.bias.value(at: output)
      let start = type.quantize(raw: bias.raw, fractionBits: bias.fractionBits)
      var sum = builder.scaled(ExactValue(raw: start.raw, fractionBits: type.fractionBits))
      for (tree, position) in ensemble.terms(ofOutput: output) {
        let word = builder.scaled(words[tree][position], fractionBits: ensemble.leafFractionBits)
        let fitted = builder.requantize(builder.sum(sum, word), to: type)
        sum = builder.scaled(fitted, fractionBits: type.fractionBits)
      }
      return builder.requantize(sum, to: outputType(node, output))
    }
  }
}
