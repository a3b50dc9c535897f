import FixedPoint
import NetlistIR

/// All comparisons of an ensemble, each built once, those of a feature together.
struct ComparatorBank {
  private let features: [ValueID]
  /// By feature, ascending.
  private var thresholds: [[Int128]]
  private var values: [Comparator: ValueID] = [:]

  /// - Parameter comparators: in any order, perhaps more than once.
  init(_ comparators: [Comparator], features: [ValueID]) {
    self.features = features
    thresholds = features.map { _ in [] }
    for comparator in Set(comparators).sorted(by: { ($0.feature, $0.threshold) < ($1.feature, $1.threshold) }) {
      thresholds[comparator.feature].append(comparator.threshold)
    }
  }

  subscript(_ comparator: Comparator) -> ValueID {
    guard let value = values[comparator] else { preconditionFailure("a comparison that is not in the bank") }
    return value
  }

  mutating func emit(into builder: inout NetlistBuilder, name: String) {
    for (feature, x) in features.enumerated() where !thresholds[feature].isEmpty {
      let range = builder.range(x)
      let chain = ComparatorChain(x)
      let cells = ThresholdCells(thresholds[feature], range: range)
      let results: [ValueID]
      if let cells, cells.cost < ComparatorChain.cost(thresholds[feature], width: range.bitWidth) {
        results = builder.emit(cells, of: x, name: "\(name)_x\(feature)")
      } else {
        results = thresholds[feature].map { chain.emit(below: $0, into: &builder) }
      }
      for (threshold, value) in zip(thresholds[feature], results) {
        values[Comparator(feature: feature, threshold: threshold)] = value
      }
    }
  }
}

/// Comparisons of one number with constants, by tables of six inputs: five bits of the number and the result of the
/// comparison of the bits below them, which thresholds with equal low bits share.
struct ComparatorChain {
  /// Bits that one table takes beside the result from below.
  static let digit = 5

  private let x: ValueID

  init(_ x: ValueID) { self.x = x }

  /// Whether the number is less than the threshold.
  func emit(below threshold: Int128, into builder: inout NetlistBuilder) -> ValueID {
    let range = builder.range(x)
    if threshold > range.upper { return builder.constant(1) }
    if threshold <= range.lower { return builder.constant(0) }
    return emit(x, below: threshold, width: range.bitWidth, into: &builder)
  }

  /// - Parameter width: of the number, which may be negative.
  private func emit(
    _ number: ValueID,
    below threshold: Int128,
    width: Int,
    into builder: inout NetlistBuilder
  ) -> ValueID {
    let zeros = min(threshold == 0 ? width : threshold.trailingZeroBitCount, max(width - 1, 0))
    if width - zeros <= Self.digit + 1 {
      return less(builder.shiftRight(number, zeros), threshold >> zeros, &builder)
    }
    let low = width - Self.digit
    let high = builder.shiftRight(number, low)
    let (first, rest) = (threshold >> low, threshold & ((Int128(1) << low) - 1))
    if rest == 0 { return less(high, first, &builder) }
    let field = builder.bits(number, low: 0, width: low)
    let below = emit(field, below: rest, width: low, into: &builder)
    let (a, b) = (less(high, first + 1, &builder), less(high, first, &builder))
    return builder.select(below, a, b)
  }

  private func less(_ number: ValueID, _ limit: Int128, _ builder: inout NetlistBuilder) -> ValueID {
    let bound = builder.constant(limit)
    return builder.less(number, bound)
  }

  /// About how many tables the comparisons with all thresholds take.
  static func cost(_ thresholds: [Int128], width: Int) -> Int {
    var cost = 0
    var width = width
    var rest = Set(thresholds)
    while !rest.isEmpty {
      cost += rest.count
      if width <= digit + 1 { break }
      width -= digit
      let mask = (Int128(1) << width) - 1
      rest = Set(rest.map { $0 & mask }).subtracting([0])
    }
    return cost
  }
}
