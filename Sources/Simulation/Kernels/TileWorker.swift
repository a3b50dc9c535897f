/// The user's numbers, for all workers.
struct InputNumbers: @unchecked Sendable {
  let base: UnsafePointer<Double>
  /// Elements per sample.
  let elements: Int
}

/// One thread's memory, and the way of a tile through the plan.
final class TileWorker {
  private let plan: SimulationPlan
  private let inputs: InputNumbers
  private let samples: Int
  private let outputs: Destination
  private let trace: [TracedNode]
  private let memory: UnsafeMutableRawPointer
  private let scratch: UnsafeMutableRawPointer
  private let counters: UnsafeMutableBufferPointer<Int>?

  /// - Parameter counters: the number of overflow counters, 0 if overflows are not counted.
  init(
    plan: SimulationPlan,
    inputs: InputNumbers,
    samples: Int,
    outputs: Destination,
    trace: [TracedNode],
    counters: Int
  ) {
    self.plan = plan
    self.inputs = inputs
    self.samples = samples
    self.outputs = outputs
    self.trace = trace
    memory = Self.allocate(plan.memorySize, lanes: plan.lanes)
    scratch = Self.allocate(plan.scratchSize, lanes: plan.lanes)
    if counters > 0 {
      let buffer = UnsafeMutableBufferPointer<Int>.allocate(capacity: counters)
      buffer.initialize(repeating: 0)
      self.counters = buffer
    } else {
      self.counters = nil
    }
  }

  deinit {
    memory.deallocate()
    scratch.deallocate()
    counters?.deallocate()
  }

  /// What this worker counted.
  var counts: [Int] { counters.map { Array($0) } ?? [] }

  /// Computes one tile.
  ///
  /// - Returns: the first NaN of its inputs as an index into all inputs, or nil.
  func run(tile index: Int) -> Int? {
    let first = index * plan.lanes
    let count = min(plan.lanes, samples - first)
    let tile = Tile(
      memory: memory,
      scratch: scratch,
      places: plan.places,
      lanes: (count + Tile.granule - 1) / Tile.granule * Tile.granule,
      samples: count,
      counters: counters.flatMap { $0.baseAddress.map { OverflowCounters(counts: $0) } }
    )
    let numbers = inputs.base + first * inputs.elements
    let bad = plan.inputs.compactMap { $0.run(tile, inputs: numbers) }.min()
    if let bad { return first * inputs.elements + bad }
    if trace.isEmpty {
      for kernel in plan.kernels { kernel.run(tile) }
    } else {
      runTraced(tile, firstSample: first)
    }
    for output in plan.outputs { outputs.write(output, tile, firstSample: first) }
    return nil
  }

  private func runTraced(_ tile: Tile, firstSample: Int) {
    var done = 0
    for node in trace {
      for kernel in plan.kernels[done..<node.kernels] { kernel.run(tile) }
      done = node.kernels
      node.buffer.destination.write(node.output, tile, firstSample: firstSample)
    }
    for kernel in plan.kernels[done...] { kernel.run(tile) }
  }

  /// Memory for full tiles, aligned for the widest vectors.
  private static func allocate(_ bytesPerLane: Int, lanes: Int) -> UnsafeMutableRawPointer {
    let size = max(bytesPerLane, 1) * lanes
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    return memory
  }
}

/// Where a node's output is kept once the kernels before it have run.
struct TracedNode: Sendable {
  var kernels: Int
  var output: OutputKernel
  var buffer: TraceBuffer
}
