import FixedPoint

/// What one element goes through: a function, then a quantisation.
struct ElementProgram: Sendable, Hashable {
  let function: ElementFunction
  let rule: QuantizeRule
  /// The integers that hold every intermediate value.
  let work: WorkWidth
  /// The whole program in one pass, if it has that form.
  let fused: FusedFit?
  /// Whether elements pass unchanged.
  let isIdentity: Bool

  /// - Parameter ranges: every raw value that occurs before the quantisation.
  init(function: ElementFunction, rule: QuantizeRule, ranges: [Interval]) {
    self.function = function
    work = ranges.reduce(rule.work) { max($0, WorkWidth(holding: $1)) }
    self.rule = rule.shared(in: work)
    fused = FusedFit(function, self.rule, work: work)
    isIdentity = function == .copy(lift: 0) && rule.isIdentity
  }

}

/// Neighbouring rows of one tensor that go through the same program to neighbouring rows of another.
struct RowRun: Sendable, Hashable {
  /// Index of the source among the kernel's inputs.
  var input: Int
  var sourceRow: Int
  var row: Int
  var count: Int
  var program: ElementProgram

  /// Joins single rows into runs.
  static func joined(_ rows: [RowRun]) -> [RowRun] {
    var runs: [RowRun] = []
    for next in rows {
      if let last = runs.last, last.input == next.input, last.program == next.program,
        last.sourceRow + last.count == next.sourceRow, last.row + last.count == next.row
      {
        runs[runs.count - 1].count += next.count
      } else {
        runs.append(next)
      }
    }
    return runs
  }

  /// Computes the run.
  func run(from source: LaneRows, to destination: LaneRows, tile: Tile, site: CountingSite) {
    let from = source.from(sourceRow)
    let to = destination.from(row)
    if program.isIdentity {
      from.convert(to: to, count: count * tile.lanes, scratch: tile.scratch)
      return
    }
    if let fused = program.fused, runFused(fused, from, to, tile, site) { return }
    switch program.work {
    case .int32: run(as: Int32.self, from, to, tile, site)
    case .int64: run(as: Int64.self, from, to, tile, site)
    case .int128: run(as: Int128.self, from, to, tile, site)
    }
  }

  private func runFused(_ fused: FusedFit, _ from: LaneRows, _ to: LaneRows, _ tile: Tile, _ site: CountingSite) -> Bool
  {
    guard let counters = tile.counters, program.rule.fit != .none else {
      return fused.run(from: from, to: to, count: count * tile.lanes)
    }
    guard let outside = fused.run(from: from, to: to, rows: count, tile: tile, rule: program.rule) else { return false }
    counters.add(outside, site: site, overflow: program.rule.overflow)
    return true
  }

  private func run<W: WorkInteger>(
    as type: W.Type,
    _ source: LaneRows,
    _ destination: LaneRows,
    _ tile: Tile,
    _ site: CountingSite
  ) {
    let values = tile.scratch.assumingMemoryBound(to: W.self)
    var start = 0
    while start < count {
      let rows = min(Chunk.rows, count - start)
      let lanes = rows * tile.lanes
      loadRows(source.from(start), into: values, count: lanes)
      program.function.apply(to: values, count: lanes)
      program.rule.apply(to: values, rows: rows, tile: tile, site: site)
      storeRows(values, to: destination.from(start), count: lanes)
      start += rows
    }
  }
}
