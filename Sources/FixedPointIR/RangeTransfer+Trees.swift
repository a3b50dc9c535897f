import FixedPoint

extension RangeTransfer {
  mutating func treeEnsembleResults(_ ensemble: TreeEnsembleOperation) -> [ExactRange] {
    let reachable = ensemble.trees.map { $0.reachableLeaves(inputs[0]) }
    return (0..<count).map { output in
      let terms = ensemble.terms(ofOutput: output).map { index, position in
        ExactRange(
          raw: ensemble.trees[index].leafRange(position: position, reachable: reachable[index]),
          fractionBits: ensemble.leafFractionBits
        )
      }
      let bias = ensemble.bias.range(at: output)
      switch ensemble.accumulation {
      case .exact:
        // Whatever the order of addition, every partial sum lies within the sum of the one-sided extremes.
        _ = note((terms + [bias]).reduce(ExactRange.zero) { $0 + $1.union(.zero) })
        return terms.reduce(bias, +)
      case .stepwise(let type):
        var sum = quantize(bias, to: type, at: .accumulator, element: output)
        for term in terms { sum = quantize(note(sum + term), to: type, at: .accumulator, element: output) }
        return sum
      }
    }
  }
}
