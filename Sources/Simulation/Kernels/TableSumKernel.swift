import FixedPoint

/// Sums of tables, each addressed by the codes of elements.
struct TableSumKernel: TileKernel {
  /// The pattern of an element in a type.
  struct Code: Sendable {
    var input: Int
    var mask: Int32
    var rule: QuantizeRule
  }

  /// A code in an address.
  struct Part: Sendable {
    var code: Int
    var width: Int
  }

  struct Term: Sendable {
    /// From the lowest bits of the address on.
    var parts: [Part]
    /// On the grid of the sum.
    var entries: [Int128]
  }

  struct Result: Sendable {
    var terms: [Term]
    var rule: QuantizeRule
  }

  let input: Int
  let output: Int
  let codes: [Code]
  var results: [Result]
  /// The integers that hold all sums.
  var work: WorkWidth
  let resultSite: CountingSite
  let insideSite: CountingSite
  private var narrow: [[[Int32]]] = []
  private var wide: [[[Int64]]] = []

  init(
    input: Int,
    output: Int,
    codes: [Code],
    results: [Result],
    work: WorkWidth,
    resultSite: CountingSite,
    insideSite: CountingSite
  ) {
    self.input = input
    self.output = output
    self.codes = codes
    self.results = results
    self.work = work
    self.resultSite = resultSite
    self.insideSite = insideSite
  }

  /// A row of working integers and one of addresses, then the codes.
  var scratchSize: Int { 16 + 4 + 4 * codes.count }

  mutating func prepare(lanes: Int) {
    guard narrow.isEmpty, wide.isEmpty else { return }
    switch work {
    case .int32: narrow = results.map { $0.terms.map { $0.entries.map { Int32(truncatingIfNeeded: $0) } } }
    case .int64: wide = results.map { $0.terms.map { $0.entries.map { Int64(truncatingIfNeeded: $0) } } }
    case .int128: break
    }
  }

  func run(_ tile: Tile) {
    let patterns = (tile.scratch + 16 * tile.lanes).assumingMemoryBound(to: Int32.self)
    for (index, code) in codes.enumerated() {
      let row = patterns + index * tile.lanes
      switch max(code.rule.work, tile.rows(input).storage.work) {
      case .int32: encode(code, as: Int32.self, to: row, tile)
      case .int64: encode(code, as: Int64.self, to: row, tile)
      case .int128: encode(code, as: Int128.self, to: row, tile)
      }
    }
    switch work {
    case .int32: add(patterns, tile) { (r, t) -> [Int32] in narrow[r][t] }
    case .int64: add(patterns, tile) { (r, t) -> [Int64] in wide[r][t] }
    case .int128: add(patterns, tile) { (r, t) -> [Int128] in results[r].terms[t].entries }
    }
  }

  private func encode<W: WorkInteger>(
    _ code: Code,
    as type: W.Type,
    to row: UnsafeMutablePointer<Int32>,
    _ tile: Tile
  ) {
    let values = tile.scratch.assumingMemoryBound(to: W.self)
    loadRows(tile.rows(input).from(code.input), into: values, count: tile.lanes)
    code.rule.apply(to: values, rows: 1, tile: tile, site: insideSite)
    for lane in 0..<tile.lanes { row[lane] = Int32(truncatingIfNeeded: values[lane]) & code.mask }
  }

  private func add<W: WorkInteger>(
    _ patterns: UnsafeMutablePointer<Int32>,
    _ tile: Tile,
    entries: (Int, Int) -> [W]
  ) {
    let sums = tile.scratch.assumingMemoryBound(to: W.self)
    let addresses = patterns + codes.count * tile.lanes
    for (index, result) in results.enumerated() {
      sums.update(repeating: 0, count: tile.lanes)
      for (number, term) in result.terms.enumerated() {
        entries(index, number).withUnsafeBufferPointer { table in
          switch term.parts.count {
          case 0: for lane in 0..<tile.lanes { sums[lane] = sums[lane] &+ table[0] }
          case 1:
            let row = patterns + term.parts[0].code * tile.lanes
            for lane in 0..<tile.lanes { sums[lane] = sums[lane] &+ table[Int(row[lane])] }
          default:
            join(term, patterns, addresses, tile.lanes)
            for lane in 0..<tile.lanes { sums[lane] = sums[lane] &+ table[Int(addresses[lane])] }
          }
        }
      }
      result.rule.apply(to: sums, rows: 1, tile: tile, site: resultSite)
      storeRows(sums, to: tile.rows(output).from(index), count: tile.lanes)
    }
  }

  /// The addresses that several codes make.
  private func join(
    _ term: Term,
    _ patterns: UnsafeMutablePointer<Int32>,
    _ addresses: UnsafeMutablePointer<Int32>,
    _ lanes: Int
  ) {
    addresses.update(repeating: 0, count: lanes)
    var shift: Int32 = 0
    for part in term.parts {
      let row = patterns + part.code * lanes
      for lane in 0..<lanes { addresses[lane] |= row[lane] &<< shift }
      shift += Int32(part.width)
    }
  }
}

extension LaneStorage {
  /// The integers that hold what is stored.
  fileprivate var work: WorkWidth {
    switch self {
    case .float32, .int32: .int32
    case .float64, .int64: .int64
    case .int128: .int128
    }
  }
}
