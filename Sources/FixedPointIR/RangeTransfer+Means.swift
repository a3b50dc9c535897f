import FixedPoint

extension RangeTransfer {
  /// What a sum of two tensors can be where it is a weighted mean, `a + z · (b − a)` with `z` from 0 to 1: no more than its terms.
  ///
  /// Gates of recurrent cells are such means; without this their states would seem to grow with every step.
  ///
  /// - Parameter sums: what intervals alone say.
  func meanResults(_ sums: [ExactRange]) -> [ExactRange] {
    guard node.inputs.count == 2 else { return sums }
    for (term, other) in [(0, 1), (1, 0)] {
      if let mean = WeightedMean(of: node.inputs[term], plus: node.inputs[other], in: graph) {
        return sums.indices.map { bounded(sums[$0], mean, element: $0) }
      }
    }
    return sums
  }

  private func bounded(_ sum: ExactRange, _ mean: WeightedMean, element: Int) -> ExactRange {
    guard let weight = known(mean.weight, element), let a = known(mean.first, element),
      let b = known(mean.second, element), let difference = known(mean.difference, element)
    else { return sum }
    let isShare = weight.isZero || weight.raw.lower >= 0 && weight.raw.upper <= Int128(1) << max(weight.fractionBits, 0)
    guard isShare, weight.fractionBits >= 0, holds(mean.difference, element, b - a),
      holds(mean.share, element, weight * difference)
    else { return sum }
    let hull = a.union(b)
    let grid = max(ExactRange.grid(hull, sum), sum.fractionBits)
    guard let common = sum.raw(on: grid).intersection(hull.raw(on: grid)) else { return sum }
    // The sum's own grid is the finer one: the hull's bounds are multiples of its step.
    return grid == sum.fractionBits ? ExactRange(raw: common, fractionBits: grid) : sum
  }

  /// What is proven of an element of any tensor made before; nil where nothing is.
  private func known(_ id: FixedTensorID, _ element: Int) -> ExactRange? {
    guard ranges.indices.contains(id.index), ranges[id.index].indices.contains(element) else { return nil }
    return ExactRange(raw: ranges[id.index][element], fractionBits: graph[id].types[element].fractionBits)
  }

  /// Whether a tensor holds the exact results that it was made of, so that nothing was rounded or cut.
  private func holds(_ id: FixedTensorID, _ element: Int, _ exact: ExactRange) -> Bool {
    let type = graph[id].types[element]
    return exact.isZero
      || type.fractionBits >= exact.fractionBits && type.holds(exact.raw, fractionBits: exact.fractionBits)
  }
}

/// `first + share`, where `share = weight · difference` and `difference = second − first`.
private struct WeightedMean {
  var first: FixedTensorID
  var second: FixedTensorID
  var weight: FixedTensorID
  var difference: FixedTensorID
  var share: FixedTensorID

  init?(of first: FixedTensorID, plus share: FixedTensorID, in graph: FixedPointGraph) {
    guard let product = graph.maker(of: share), case .merge(.multiply) = product.operation, product.inputs.count == 2
    else { return nil }
    for (weight, difference) in [(0, 1), (1, 0)] {
      let (weight, difference) = (product.inputs[weight], product.inputs[difference])
      guard let made = graph.maker(of: difference), case .merge(.subtract) = made.operation, made.inputs[1] == first
      else { continue }
      self.first = first
      self.share = share
      self.weight = weight
      self.difference = difference
      second = made.inputs[0]
      return
    }
    return nil
  }
}

extension FixedPointGraph {
  fileprivate func maker(of id: FixedTensorID) -> FixedNode? { nodes.first { $0.output == id } }
}
