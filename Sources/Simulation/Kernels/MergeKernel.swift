import CSimulationKernels
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
    /// Whether nothing is aligned and no result is changed.
    var isPlain: Bool
  }

  var kind: FixedMergeKind
  var inputs: [Int]
  var output: Int
  var runs: [Run]
  var site: CountingSite

  var scratchSize: Int { 2 * Chunk.scratchSize }

  func run(_ tile: Tile) {
    for run in runs where !runFused(run, tile) {
      switch run.work {
      case .int32: compute(run, as: Int32.self, tile)
      case .int64: compute(run, as: Int64.self, tile)
      case .int128: compute(run, as: Int128.self, tile)
      }
    }
  }

  /// The larger or smaller of two rows in one pass, if all three have the same 32 bits.
  private func runFused(_ run: Run, _ tile: Tile) -> Bool {
    guard run.isPlain, inputs.count == 2, kind == .maximum || kind == .minimum else { return false }
    let sources = inputs.map { tile.rows($0).from(run.row) }
    let result = tile.rows(output).from(run.row)
    guard sources.allSatisfy({ $0.storage == result.storage }) else { return false }
    let count = run.count * tile.lanes
    switch (result.storage, kind == .maximum) {
    case (.float32, true): tricot_max_f32(sources[0].pointer(), sources[1].pointer(), result.pointer(), count)
    case (.float32, false): tricot_min_f32(sources[0].pointer(), sources[1].pointer(), result.pointer(), count)
    case (.int32, true): tricot_max_i32(sources[0].pointer(), sources[1].pointer(), result.pointer(), count)
    case (.int32, false): tricot_min_i32(sources[0].pointer(), sources[1].pointer(), result.pointer(), count)
    default: return false
    }
    return true
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
