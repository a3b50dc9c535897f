import CSimulationKernels
import FixedPoint

/// Fires a kernel at every point of a domain: windows of the operands are copied into the kernel's memory, several points
/// side by side, so that nothing but the operands and the result is ever held for all points.
struct MapKernel: TileKernel {
  /// Places of the operands.
  var inputs: [Int]
  var output: Int
  var body: SimulationPlan
  var groups: [FiringGroup]
  var site: CountingSite
  /// Points whose samples are lanes of the kernel's tile at a time.
  private var positions = 1

  init(inputs: [Int], output: Int, body: SimulationPlan, groups: [FiringGroup], site: CountingSite) {
    self.inputs = inputs
    self.output = output
    self.body = body
    self.groups = groups
    self.site = site
  }

  /// Bytes per lane of one firing's results, in the widest storage.
  private var resultSize: Int { (body.outputs.first.map { body.places[$0.place].rows } ?? 0) * LaneStorage.int128.size }
  private var firingSize: Int { resultSize + body.memorySize + body.scratchSize }
  var scratchSize: Int { positions * firingSize }
  var preferredInput: LaneStorage? { body.kernelInputs.first.map { body.places[$0].storage } }
  var naturalOutput: LaneStorage? { body.outputs.first.map { body.places[$0.place].storage } }

  /// As many points side by side as the caches hold.
  mutating func prepare(lanes: Int) {
    body.prepareKernels(lanes: lanes)
    let most = groups.reduce(1) { max($0, $1.firings.count) }
    positions = min(max(1, Tile.kernelMemory / (max(1, firingSize) * lanes)), most)
  }

  func run(_ tile: Tile) {
    // Padded samples in between are not to be counted.
    let limit = tile.counters != nil && tile.samples < tile.lanes ? 1 : positions
    for group in groups {
      var start = 0
      while start < group.firings.count {
        let count = min(limit, group.firings.count - start)
        fire(group, start..<start + count, tile)
        start += count
      }
    }
  }

  private func fire(_ group: FiringGroup, _ firings: Range<Int>, _ tile: Tile) {
    guard let result = body.outputs.first else { return }
    let inner = tile.kernelTile(of: body, positions: firings.count, after: resultSize)
    for copy in group.copies {
      copy.run(
        firings,
        from: tile.rows(inputs[copy.copy.input]),
        to: inner.rows(body.kernelInputs[copy.copy.kernelInput]),
        kernel: inner
      )
    }
    for kernel in body.kernels { kernel.run(inner) }
    let source = inner.rows(result.place)
    let destination = tile.rows(output)
    if firings.count == 1 {
      let rows = destination.from(Int(group.resultRows[firings.lowerBound]))
      for run in group.results { run.run(from: source, to: rows, tile: inner, site: site) }
      return
    }
    var finished = source
    if source.storage != destination.storage || !group.results.allSatisfy(\.program.isIdentity) {
      finished = LaneRows(base: tile.scratch, storage: destination.storage, lanes: inner.lanes)
      for run in group.results { run.run(from: source, to: finished, tile: inner, site: site) }
    }
    let bytes = tile.lanes * destination.storage.size
    group.resultRows.withUnsafeBufferPointer { rows in
      guard let rows = rows.baseAddress else { return }
      tricot_scatter_rows(
        finished.base,
        rows + firings.lowerBound,
        firings.count,
        body.places[result.place].rows,
        bytes,
        destination.base
      )
    }
  }
}
