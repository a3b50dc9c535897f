extension OperationRun {
  mutating func treeEnsembleValues(_ ensemble: TreeEnsembleOperation) -> [ExactValue] {
    let leaves = ensemble.trees.map { tree in tree.leaf { x($0).raw } }
    return (0..<count).map { output in
      let terms = ensemble.terms(ofOutput: output).map { index, position in
        let tree = ensemble.trees[index]
        return ExactValue(
          raw: Int128(tree.leaves[leaves[index] * tree.outputs.count + position]),
          fractionBits: ensemble.leafFractionBits
        )
      }
      switch ensemble.accumulation {
      case .exact: return terms.reduce(ensemble.bias.value(at: output), +)
      case .stepwise(let type):
        var sum = quantize(ensemble.bias.value(at: output), to: type)
        for term in terms { sum = quantize(sum + term, to: type) }
        return sum
      }
    }
  }
}
