import FixedPoint
import FixedPointIR

/// Combines elements of several inputs.
struct MergeKernel: TileKernel {
  /// Neighbouring elements with the same grids and types.
  struct Run: Sendable {
    var row: Int
    var count: Int
    /// Places to the left that align each input.
    var lifts: [Int]
    var rule: QuantizeRule
    var work: WorkWidth
  }

  var kind: FixedMergeKind
  var inputs: [Int]
  var output: Int
  var runs: [Run]
  var site: CountingSite

  var scratchSize: Int { 2 * Chunk.scratchSize }

  func run(_ tile: Tile) {
    for run in runs {
      switch run.work {
      case .int32: compute(run, as: Int32.self, tile)
      case .int64: compute(run, as: Int64.self, tile)
      case .int128: compute(run, as: Int128.self, tile)
      }
    }
  }

  private func compute<W: WorkInteger>(_ run: Run, as type: W.Type, _ tile: Tile) {
    let result = tile.scratch.assumingMemoryBound(to: W.self)
    let operand = result + Chunk.rows * tile.lanes
    var start = 0
    while start < run.count {
      let rows = min(Chunk.rows, run.count - start)
      let count = rows * tile.lanes
      for (index, place) in inputs.enumerated() {
        let source = tile.rows(place).from(run.row + start)
        loadRows(source, into: index == 0 ? result : operand, count: count, lift: run.lifts[index])
        if index > 0 { combine(result, operand, count) }
      }
      run.rule.apply(to: result, rows: rows, tile: tile, site: site)
      storeRows(result, to: tile.rows(output).from(run.row + start), count: count)
      start += rows
    }
  }

  private func combine<W: WorkInteger>(_ a: UnsafeMutablePointer<W>, _ b: UnsafeMutablePointer<W>, _ count: Int) {
    switch kind {
    case .add, .average: for i in 0..<count { a[i] = a[i] &+ b[i] }
    case .subtract: for i in 0..<count { a[i] = a[i] &- b[i] }
    case .multiply: for i in 0..<count { a[i] = a[i] &* b[i] }
    case .maximum: for i in 0..<count { a[i] = max(a[i], b[i]) }
    case .minimum: for i in 0..<count { a[i] = min(a[i], b[i]) }
    }
  }
}
