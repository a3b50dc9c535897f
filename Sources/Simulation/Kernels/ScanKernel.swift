import FixedPoint

/// Fires a kernel once per step; its state stays in the scratch memory between the steps.
struct ScanKernel: TileKernel {
  /// Places of the operands.
  var inputs: [Int]
  var output: Int
  var body: SimulationPlan
  /// The kernel's places of the next states; the states themselves are its first inputs.
  var nextStates: [Int]
  /// Raw values by state and element.
  var initialStates: [[Int64]]
  /// What fills the states before the first step in the place of those values.
  var starts: [WindowCopy]
  /// What fills the kernel's other inputs, by step.
  var steps: [[WindowCopy]]
  /// What its results go through, by returned result.
  var results: [[RowRun]]
  var resultPlace: Int
  /// By step, the number of the returned result that it makes.
  var destinations: [Int?]
  var site: CountingSite

  /// Bytes per lane of the states between two steps.
  private var stateSize: Int {
    nextStates.indices.reduce(0) { $0 + (body.places[body.kernelInputs[$1]].size + 15) & ~15 }
  }
  var scratchSize: Int { stateSize + body.memorySize + body.scratchSize }

  func run(_ tile: Tile) {
    let inner = tile.kernelTile(of: body, after: stateSize)
    let states = stateRows(tile)
    start(states, inner)
    let operands = inputs.map(tile.rows)
    for copy in starts { copy.run(from: operands[copy.input], to: states[copy.kernelInput], kernel: inner) }
    let kernelInputs = body.kernelInputs.map(inner.rows)
    let length = body.places[resultPlace].rows
    for (step, copies) in steps.enumerated() {
      // The kernel's memory is used again while it runs: states are kept apart.
      for (state, rows) in states.enumerated() { copy(state, from: rows, to: kernelInputs[state], inner) }
      for copy in copies { copy.run(from: operands[copy.input], to: kernelInputs[copy.kernelInput], kernel: inner) }
      for kernel in body.kernels { kernel.run(inner) }
      for (state, rows) in states.enumerated() { copy(state, from: inner.rows(nextStates[state]), to: rows, inner) }
      guard let number = destinations[step] else { continue }
      let destination = tile.rows(output).from(number * length)
      for run in results[number] { run.run(from: inner.rows(resultPlace), to: destination, tile: inner, site: site) }
    }
  }

  mutating func prepare(lanes: Int) { body.prepareKernels(lanes: lanes) }

  private func stateRows(_ tile: Tile) -> [LaneRows] {
    var offset = 0
    return nextStates.indices.map { state in
      let place = body.places[body.kernelInputs[state]]
      defer { offset += (place.size + 15) & ~15 }
      return LaneRows(base: tile.scratch + offset * tile.lanes, storage: place.storage, lanes: tile.lanes)
    }
  }

  private func start(_ states: [LaneRows], _ inner: Tile) {
    let values = inner.scratch.assumingMemoryBound(to: Int128.self)
    for (state, rows) in states.enumerated() {
      for (element, initial) in initialStates[state].enumerated() {
        values.update(repeating: Int128(initial), count: inner.lanes)
        storeRows(values, to: rows.from(element), count: inner.lanes)
      }
    }
  }

  private func copy(_ state: Int, from source: LaneRows, to destination: LaneRows, _ inner: Tile) {
    source.convert(to: destination, count: initialStates[state].count * inner.lanes, scratch: inner.scratch)
  }
}
