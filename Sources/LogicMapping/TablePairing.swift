/// Tables of at most five inputs together, two by two: each pair is one look-up table with two outputs.
struct TablePairing {
  /// Pairs, and the tables that stayed alone.
  private(set) var cells: [MappedLogic.Cell] = []

  private static let mostInputs = MappedLogic.Cell.inputsOfTwo
  /// Tables that are tried as partners, of those that read the same signal.
  private static let mostPartners = 200

  private let tables: [MappedLogic.Table]
  private var isTaken: [Bool]

  /// - Parameter fixed: signals whose tables stand beside what reads them, and the only ones that those may be paired with.
  init(_ tables: [MappedLogic.Table], fixed: [BitLiteral: BitLiteral?]) {
    self.tables = tables
    isTaken = [Bool](repeating: false, count: tables.count)
    var position: [BitLiteral: Int] = [:]
    for (index, table) in tables.enumerated() { position[table.output] = index }
    var isFree = [Bool](repeating: true, count: tables.count)
    for (index, table) in tables.enumerated() {
      guard let partner = fixed[table.output] else { continue }
      isFree[index] = false
      if let partner, fixed[partner] == nil, let other = position[partner] { join(index, other) }
    }
    var readers: [BitLiteral: [Int]] = [:]
    for (index, table) in tables.enumerated()
    where isFree[index] && !isTaken[index] && table.inputs.count <= Self.mostInputs {
      for input in table.inputs { readers[input, default: []].append(index) }
    }
    // Wide tables have few partners: they choose first.
    for size in stride(from: Self.mostInputs, through: 1, by: -1) {
      for (index, table) in tables.enumerated()
      where isFree[index] && !isTaken[index] && table.inputs.count == size {
        if let partner = partner(of: index, readers) { join(index, partner) }
      }
    }
    for (index, table) in tables.enumerated() where !isTaken[index] { cells.append(MappedLogic.Cell(first: table)) }
  }

  /// The widest table that fits beside another, of those the one that reads most of the same.
  private func partner(of index: Int, _ readers: [BitLiteral: [Int]]) -> Int? {
    var best: (index: Int, width: Int, union: Int)?
    for input in tables[index].inputs {
      for other in readers[input, default: []].lazy.filter({ $0 != index && !isTaken[$0] }).prefix(Self.mostPartners) {
        let (width, union) = (tables[other].inputs.count, union(index, other))
        guard union <= Self.mostInputs else { continue }
        if let best, (-best.width, best.union, best.index) <= (-width, union, other) { continue }
        best = (other, width, union)
      }
    }
    return best?.index
  }

  private func union(_ a: Int, _ b: Int) -> Int {
    tables[a].inputs.count + tables[b].inputs.count { !tables[a].inputs.contains($0) }
  }

  private mutating func join(_ a: Int, _ b: Int) {
    guard !isTaken[a], !isTaken[b], a != b, union(a, b) <= Self.mostInputs else { return }
    (isTaken[a], isTaken[b]) = (true, true)
    cells.append(MappedLogic.Cell(first: tables[a], second: tables[b]))
  }
}
