import FixedPoint

extension [FixedPointType] {
  /// One type as it is, several in braces, those in a row that are equal counted: `{3 fixed<8,4>, uint<1>}`.
  package var listText: String {
    if count == 1 { return self[0].shortDescription }
    var runs: [(type: FixedPointType, count: Int)] = []
    for type in self {
      if runs.last?.type == type { runs[runs.count - 1].count += 1 } else { runs.append((type, 1)) }
    }
    return "{"
      + runs.map { $0.count > 1 ? "\($0.count) \($0.type.shortDescription)" : $0.type.shortDescription }
      .joined(separator: ", ") + "}"
  }
}

extension TextScanner {
  /// Reads types in the form of ``Swift/Array/listText``.
  ///
  /// - Parameter limit: how many they may be at most.
  package mutating func types(limit: Int) throws -> [FixedPointType] {
    guard accepts("{") else { return [try type()] }
    var types: [FixedPointType] = []
    if accepts("}") { return types }
    repeat {
      let start = mark
      let count = isAtNumber ? try integer("a number of elements", in: 1...Int.max) : 1
      let type = try type()
      guard count <= limit - types.count else {
        throw error("more types than the \(limit) elements there are", at: start)
      }
      types += repeatElement(type, count: count)
    } while accepts(",")
    try expect("}")
    return types
  }
}
