import FixedPoint

/// Functions read from a table, with entries that are already quantised to the type of the element.
struct TableKernel: TileKernel {
  struct Run: Sendable {
    var row: Int
    var count: Int
    var address: AddressProgram
    /// Index of the entries.
    var entries: Int
    var work: WorkWidth
  }

  /// The results of a table, by address.
  struct Entries: Sendable {
    var values: [Int128]
    /// The entries that overflow, if some do.
    var overflowed: [Bool]?
    var overflow: Overflow
  }

  var input: Int
  var output: Int
  var runs: [Run]
  var entries: [Entries]
  var site: CountingSite

  var scratchSize: Int { Chunk.scratchSize }

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
    var start = 0
    while start < run.count {
      let rows = min(Chunk.rows, run.count - start)
      let count = rows * tile.lanes
      loadRows(tile.rows(input).from(run.row + start), into: values, count: count)
      run.address.apply(to: values, count: count)
      entries[run.entries].look(up: values, rows: rows, tile: tile, site: site)
      storeRows(values, to: tile.rows(output).from(run.row + start), count: count)
      start += rows
    }
  }
}

extension TableKernel.Entries {
  /// Replaces addresses by entries.
  func look<W: WorkInteger>(
    up values: UnsafeMutablePointer<W>,
    rows: Int,
    tile: Tile,
    site: CountingSite
  ) {
    if let counters = tile.counters, let overflowed {
      var count = 0
      for row in 0..<rows {
        for lane in 0..<tile.samples where overflowed[Int(values[row * tile.lanes + lane])] { count += 1 }
      }
      counters.add(count, site: site, overflow: overflow)
    }
    self.values.withUnsafeBufferPointer { table in
      for i in 0..<rows * tile.lanes { values[i] = W(truncatingIfNeeded: table[Int(truncatingIfNeeded: values[i])]) }
    }
  }

  /// Every value that comes out.
  var range: Interval { Interval(values.min() ?? 0, values.max() ?? 0) }
}
