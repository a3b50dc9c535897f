extension VectorNorm {
  /// The norm of a row.
  func value(of row: some Sequence<Double>) -> Double {
    switch self {
    case .maximum: row.reduce(-.infinity, max)
    case .sum: row.reduce(0) { $0 + abs($1) }
    case .euclidean: row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }
}

/// Every row of `width` elements divided by its norm; rows whose norm is zero stay as they are.
func normalized(_ input: [Double], by norm: VectorNorm, width: Int) -> [Double] {
  var output = input
  for start in stride(from: 0, to: input.count, by: width) {
    let divisor = norm.value(of: input[start..<start + width])
    guard divisor != 0 else { continue }
    for element in start..<start + width { output[element] /= divisor }
  }
  return output
}
