import FixedPoint

extension TreeEnsembleOperation {
  /// The same trees with exact sums, or nil where that could change a bit or there is nothing to do.
  ///
  /// The proof is that of ``AccumulatorSimplification`` for dense layers: nothing is rounded, and either no partial sum
  /// leaves the accumulator's type, or that type wraps and the output keeps no bit above it.
  func withExactSums(_ features: [Interval], outputTypes: ElementTypes) -> TreeEnsembleOperation? {
    guard case .stepwise(let type) = accumulation, leafFractionBits <= type.fractionBits,
      bias.fractionBits <= type.fractionBits || bias.raw.allSatisfy({ $0 == 0 })
    else { return nil }
    let reachable = trees.map { $0.reachableLeaves(features) }
    let lift = type.fractionBits - leafFractionBits
    for output in 0..<outputTypes.count {
      let start = bias.range(at: output).raw(on: type.fractionBits)
      let terms = terms(ofOutput: output).map { index, position in
        trees[index].leafRange(position: position, reachable: reachable[index]).shifted(by: lift)
      }
      if partialSumsFit(start, terms, type) { continue }
      let result = outputTypes[output]
      let wraps =
        type.overflow == .wrap && result.overflow == .wrap && result.integerBits <= type.integerBits
        && result.fractionBits >= type.fractionBits
      guard wraps || type.overflow == .wrap && type.rawRange.contains(terms.reduce(start, +)) else { return nil }
    }
    var exact = self
    exact.accumulation = .exact
    return exact
  }

  private func partialSumsFit(_ start: Interval, _ terms: [Interval], _ type: FixedPointType) -> Bool {
    var sum = start
    guard type.rawRange.contains(sum) else { return false }
    for term in terms {
      sum = sum + term
      guard type.rawRange.contains(sum) else { return false }
    }
    return true
  }
}
