/// One number for the elements along some axes.
enum ReductionOperator: String, ConstantOperator {
  case sum = "ReduceSum"
  case mean = "ReduceMean"
  case maximum = "ReduceMax"
  case minimum = "ReduceMin"
  case product = "ReduceProd"
  case l1 = "ReduceL1"
  case l2 = "ReduceL2"
  case sumSquare = "ReduceSumSquare"
  case logSum = "ReduceLogSum"
  case logSumExp = "ReduceLogSumExp"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard let input = call[0] else { return nil }
    let given = try call.numbers("axes", input: 1, since: self == .sum ? 13 : 18) ?? []
    let isIdle = try call.node.flag("noop_with_empty_axes")
    let keepsAxes = try call.node.integer("keepdims", default: 1) != 0
    if given.isEmpty, isIdle {
      return input.mapped { reduced([$0]) ?? $0 }.map { [$0] }
    }
    let axes = given.compactMap { ConstantTensor.axis($0, rank: input.shape.count) }
    guard axes.count == given.count else { return nil }
    let all = axes.isEmpty ? Set(input.shape.indices) : Set(axes)
    return input.reducing(all, keepsAxes: keepsAxes) { reduced($0) }.map { [$0] }
  }

  /// - Returns: nil for the mean of nothing.
  private func reduced(_ row: [Double]) -> Double? {
    switch self {
    case .sum: row.reduce(0, +)
    case .mean: row.isEmpty ? nil : row.reduce(0, +) / Double(row.count)
    case .maximum: row.reduce(-.infinity, max)
    case .minimum: row.reduce(.infinity, min)
    case .product: row.reduce(1, *)
    case .l1: row.reduce(0) { $0 + abs($1) }
    case .l2: row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .sumSquare: row.reduce(0) { $0 + $1 * $1 }
    case .logSum: ONNXMath.log(row.reduce(0, +))
    case .logSumExp: logSumOfExponentials(row)
    }
  }

  private func logSumOfExponentials(_ row: [Double]) -> Double {
    guard let largest = row.max(), largest.isFinite else { return row.max() ?? -.infinity }
    return largest + ONNXMath.log(row.reduce(0) { $0 + ONNXMath.exp($1 - largest) })
  }
}

/// Places of extremes, running sums, and the largest elements, along one axis.
enum ScanOperator: String, ConstantOperator {
  case argMax = "ArgMax"
  case argMin = "ArgMin"
  case cumulativeSum = "CumSum"
  case topK = "TopK"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard let input = call[0] else { return nil }
    switch self {
    case .argMax, .argMin: return try places(of: input, call)
    case .cumulativeSum: return try sums(of: input, call)
    case .topK: return try largest(of: input, call)
    }
  }

  private func places(of input: ConstantTensor, _ call: ConstantCall) throws -> [ConstantTensor]? {
    let takesLast = try call.node.flag("select_last_index")
    let keepsAxes = try call.node.integer("keepdims", default: 1) != 0
    guard let axis = try call.axis(default: 0, rank: input.shape.count) else { return nil }
    let result = input.reducing([axis], keepsAxes: keepsAxes, type: .int64) { row in
      guard let best = self == .argMax ? row.max() : row.min() else { return nil }
      return (takesLast ? row.lastIndex(of: best) : row.firstIndex(of: best)).map(Double.init)
    }
    return result.map { [$0] }
  }

  private func sums(of input: ConstantTensor, _ call: ConstantCall) throws -> [ConstantTensor]? {
    let isExclusive = try call.node.flag("exclusive")
    let isReversed = try call.node.flag("reverse")
    guard let given = call[1]?.integers, given.count == 1,
      let axis = ConstantTensor.axis(given[0], rank: input.shape.count)
    else { return nil }
    let result = input.mappingRows(along: axis) { row in
      var sum = 0.0
      let sums = (isReversed ? row.reversed() : row).map { element in
        defer { sum += element }
        return isExclusive ? sum : sum + element
      }
      return isReversed ? sums.reversed() : sums
    }
    return result.map { [$0] }
  }

  /// The values and their places; of equal ones the first comes first.
  private func largest(of input: ConstantTensor, _ call: ConstantCall) throws -> [ConstantTensor]? {
    let isLargest = try call.node.integer("largest", default: 1) != 0
    call.node.dismiss("sorted")
    guard let axis = try call.axis(default: -1, rank: input.shape.count),
      let count = try call.opset < 10 ? call.node.integer("k") : call[1]?.integers?.first,
      (0...input.shape[axis]).contains(count)
    else { return nil }
    func chosen(_ row: [Double]) -> ArraySlice<Int> {
      row.indices.sorted {
        row[$0] == row[$1] ? $0 < $1 : isLargest ? row[$0] > row[$1] : row[$0] < row[$1]
      }.prefix(count)
    }
    guard let values = input.mappingRows(along: axis, { row in chosen(row).map { row[$0] } }),
      let places = input.mappingRows(along: axis, type: .int64, { row in chosen(row).map(Double.init) })
    else { return nil }
    return [values, places]
  }
}
