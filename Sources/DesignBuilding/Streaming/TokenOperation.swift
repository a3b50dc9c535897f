import FixedPointIR

extension FixedOperation {
  /// What the operation does with one token of each operand, where it treats every position by itself and alike.
  ///
  /// - Parameters:
  ///   - positions: tokens of an event, of every operand and of the result.
  ///   - operands: elements of a token of each operand.
  ///   - result: elements of a token of the result.
  func onToken(of positions: Int, operands: [Int], result: Int) -> FixedOperation? {
    if positions == 1 {
      switch self {
      case .map, .input: return nil
      case .dense, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge, .gather,
        .requantize, .treeEnsemble, .tableSum, .scan:
        return self
      }
    }
    switch self {
    case .affine, .rectifier, .clampedLinear, .exponentialUnit, .table, .requantize:
      return operands[0] == result ? repeating(every: result) : nil
    case .merge: return operands.allSatisfy { $0 == result } ? self : nil
    case .softmax(var softmax):
      guard let groups = softmax.groups.onToken(of: positions) else { return nil }
      softmax.groups = groups
      return .softmax(softmax)
    case .argmax(let groups): return groups.onToken(of: positions).map { .argmax(groups: $0) }
    case .gather(let gather): return gather.onToken(of: positions, operands: operands, result: result)
    case .input, .dense, .treeEnsemble, .tableSum, .map, .scan: return nil
    }
  }
}

extension SoftmaxGroups {
  fileprivate func onToken(of positions: Int) -> SoftmaxGroups? {
    count.isMultiple(of: positions) ? SoftmaxGroups(count: count / positions, size: size) : nil
  }
}

extension GatherOperation {
  /// Moves inside a position, the same at all.
  fileprivate func onToken(of positions: Int, operands: [Int], result: Int) -> FixedOperation? {
    let first = Array(sources.prefix(result))
    guard first.allSatisfy({ $0.element < operands[$0.input] }) else { return nil }
    let isAlike = sources.enumerated().allSatisfy { index, source in
      let (position, model) = (index / result, first[index % result])
      return source.input == model.input && source.element == position * operands[source.input] + model.element
    }
    return isAlike ? .gather(GatherOperation(sources: first)) : nil
  }
}
