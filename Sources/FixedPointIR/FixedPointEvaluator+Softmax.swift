import FixedPoint

extension OperationRun {
  mutating func softmaxValues(_ softmax: SoftmaxOperation) -> [ExactValue] {
    var results: [ExactValue] = []
    for group in 0..<softmax.groups.count {
      let members = (0..<softmax.groups.size).map { x(group * softmax.groups.size + $0) }
      switch softmax.algorithm {
      case .normalized(let rule): results += normalized(members, rule)
      case .pairwise(let rule): results += pairwise(members, rule)
      }
    }
    return results
  }

  private mutating func normalized(_ members: [ExactValue], _ rule: NormalizedSoftmax) -> [ExactValue] {
    var arguments = members
    if let type = rule.differenceType {
      let largest = members.dropFirst().reduce(members[0], ExactValue.maximum)
      arguments = members.map { quantize(largest - $0, to: type) }
    }
    let exponentials = arguments.map { quantize(rule.exponential.value(of: $0), to: rule.sumType) }
    let sum = treeSum(exponentials[...], type: rule.sumType)
    let reciprocal = rule.reciprocal.value(of: quantize(sum, to: rule.reciprocalInputType))
    return exponentials.map { $0 * reciprocal }
  }

  private mutating func treeSum(_ values: ArraySlice<ExactValue>, type: FixedPointType) -> ExactValue {
    guard values.count > 1 else { return values[values.startIndex] }
    let middle = values.startIndex + NormalizedSoftmax.split(of: values.count)
    let left = treeSum(values[..<middle], type: type)
    let right = treeSum(values[middle...], type: type)
    return quantize(left + right, to: type)
  }

  private mutating func pairwise(_ members: [ExactValue], _ rule: PairwiseSoftmax) -> [ExactValue] {
    members.indices.map { i in
      var sum = quantize(ExactValue(raw: 1, fractionBits: 0), to: rule.sumType)
      for j in members.indices where j != i {
        sum = quantize(sum + rule.exponential.value(of: pairDifference(members[j], members[i])), to: rule.sumType)
      }
      return rule.reciprocal.value(of: sum)
    }
  }

  /// `a - b` on the common grid of both types, even where one of them is zero: the grid is part of the table's address.
  private func pairDifference(_ a: ExactValue, _ b: ExactValue) -> ExactValue {
    let grid = max(a.fractionBits, b.fractionBits)
    return ExactValue(raw: a.raw(on: grid) - b.raw(on: grid), fractionBits: grid)
  }
}
