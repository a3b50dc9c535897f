import FixedPoint

/// `x >= 0 ? positiveScale · x : negativeScale · table(x)`.
struct ExponentialUnitKernel: TileKernel {
  struct Run: Sendable {
    var row: Int
    var count: Int
    var address: AddressProgram
    /// The positive scale on the grid of the result.
    var scale: Int128
    /// Index of the entries, times the negative scale, on the grid of the result.
    var entries: Int
    var rule: QuantizeRule
    var work: WorkWidth
  }

  var input: Int
  var output: Int
  var runs: [Run]
  var entries: [TableKernel.Entries]
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
    let values = tile.scratch.assumingMemoryBound(to: W.self)
    let negative = values + Chunk.rows * tile.lanes
    let scale = W(truncatingIfNeeded: run.scale)
    var start = 0
    while start < run.count {
      let rows = min(Chunk.rows, run.count - start)
      let count = rows * tile.lanes
      loadRows(tile.rows(input).from(run.row + start), into: values, count: count)
      negative.update(from: values, count: count)
      run.address.apply(to: negative, count: count)
      entries[run.entries].look(up: negative, rows: rows, tile: tile, site: site)
      for i in 0..<count { values[i] = values[i] >= 0 ? values[i] &* scale : negative[i] }
      run.rule.apply(to: values, rows: rows, tile: tile, site: site)
      storeRows(values, to: tile.rows(output).from(run.row + start), count: count)
      start += rows
    }
  }
}
