import FixedPoint
import NetlistIR

/// Many thresholds on one feature, sorted into cells of equal width.
///
/// A table tells the feature's cell. In a cell lie few thresholds, so the low bits are compared not with every threshold but
/// with the first of the feature's cell, the second, and so on. Each comparison is then one table of six inputs: the cell's
/// number of five bits, and one of these few results.
struct ThresholdCells {
  /// Low bits: the binary logarithm of a cell's width.
  let lowBits: Int
  /// The cell of the least threshold, of all cells of this width.
  let first: Int128
  /// The thresholds' low parts, by cell; the first and the last cell stand for everything outside and have none.
  let cells: [[Int128]]
  /// The bits of the feature that tell its cell.
  private let range: Interval
  private let count: Int

  /// Nil where the cells would not be told apart by few tables.
  init?(_ thresholds: [Int128], range: Interval) {
    guard let least = thresholds.first, let greatest = thresholds.last, thresholds.count > 4 else { return nil }
    var places = 0
    while (greatest >> places) - (least >> places) >= Self.limit { places += 1 }
    let lowBits = places
    guard lowBits > 0, range.shifted(by: -lowBits).bitWidth <= Self.widestAddress else { return nil }
    self.lowBits = lowBits
    self.range = range
    first = least >> lowBits
    count = thresholds.count
    var cells = [[Int128]](repeating: [], count: Int((greatest >> lowBits) - first) + 3)
    for threshold in thresholds {
      cells[Int((threshold >> lowBits) - first) + 1].append(threshold & ((Int128(1) << lowBits) - 1))
    }
    self.cells = cells
  }

  /// Cells between the two outermost ones.
  private static let limit: Int128 = 30
  /// The widest address of the table that tells a cell.
  private static let widestAddress = 8

  /// Thresholds in the fullest cell.
  var rounds: Int { cells.map(\.count).max() ?? 0 }

  /// About how many tables of six inputs everything takes.
  var cost: Int {
    let address = range.shifted(by: -lowBits).bitWidth
    return (address <= 5 ? 0 : 5 << (address - 6)) + rounds * lowBits + count
  }

  /// The number of the cell of a feature.
  func cell(of raw: Int128) -> Int {
    Int(Interval(0, Int128(cells.count - 1)).nearest(to: (raw >> lowBits) - first + 1))
  }
}

extension NetlistBuilder {
  /// The results of all comparisons, in the order of the thresholds.
  mutating func emit(_ cells: ThresholdCells, of x: ValueID, name: String) -> [ValueID] {
    let cell = cellNumber(cells, of: x, name: name)
    let low = bits(x, low: 0, width: cells.lowBits)
    let below = (0..<cells.rounds).map { round -> ValueID in
      let entries = (0...Int(range(cell).upper)).map { number -> Int64 in
        guard number < cells.cells.count, round < cells.cells[number].count else { return 0 }
        return Int64(cells.cells[number][round])
      }
      let id = rom(Rom(name: "\(name)_\(round)", entries: entries))
      let threshold = lookup(id, address: cell)
      return less(low, threshold)
    }
    var results: [ValueID] = []
    for (number, thresholds) in cells.cells.enumerated() {
      for round in thresholds.indices {
        let (inside, before) = (constant(Int128(number + 1)), constant(Int128(number)))
        let (a, b) = (less(cell, inside), less(cell, before))
        results.append(select(below[round], a, b))
      }
    }
    return results
  }

  private mutating func cellNumber(_ cells: ThresholdCells, of x: ValueID, name: String) -> ValueID {
    let high = shiftRight(x, cells.lowBits)
    let width = range(high).bitWidth
    let address = bits(high, low: 0, width: width)
    let isSigned = range(high).lower < 0
    let entries = (0...Int(range(address).upper)).map { pattern -> Int64 in
      let number = isSigned && pattern >> (width - 1) & 1 == 1 ? Int128(pattern) - (1 << width) : Int128(pattern)
      return Int64(cells.cell(of: number << cells.lowBits))
    }
    let id = rom(Rom(name: "\(name)_cell", entries: entries))
    return lookup(id, address: address)
  }
}
