import CSimulationKernels
import FixedPoint

/// A dense layer on the windows of a map, with exact sums: reads the windows where they lie.
struct WindowDenseKernel<F: WindowLane & Sendable>: Sendable {
  var input: Int
  /// Rows of the operand.
  var inputSize: Int
  var output: Int
  var outputSize: Int
  var groups: [WindowGroup<F>]
  /// Padded with zeros to a multiple of the outputs that are computed together.
  var bias: [F]
  /// What the sums of one firing go through.
  var runs: [RowRun]
  var site: CountingSite
  /// Whether the sums are the result.
  var isIdentity: Bool
  /// Firings whose sums stand in memory at a time, if they are not the result.
  private var positions = 1

  init(
    input: Int,
    inputSize: Int,
    output: Int,
    dense: GemmDenseKernel<F>,
    groups: [FiringGroup],
    site: CountingSite
  ) {
    self.input = input
    self.inputSize = inputSize
    self.output = output
    outputSize = dense.outputSize
    runs = dense.runs
    isIdentity = dense.isIdentity
    self.site = site
    bias = dense.bias + [F](repeating: 0, count: WindowGroup<F>.padded(dense.outputSize) - dense.outputSize)
    self.groups = groups.map { WindowGroup($0, dense) }
  }

  /// Bytes per lane of one firing's sums.
  private var sumSize: Int { outputSize * F.storage.size }
  var scratchSize: Int { Chunk.scratchSize + inputSize * F.storage.size + positions * sumSize }
  var naturalOutput: LaneStorage? { isIdentity ? F.storage : nil }

  mutating func prepare(lanes: Int) {
    let most = groups.reduce(1) { max($0, $1.resultRows.count) }
    positions = min(max(4, Tile.kernelMemory / (max(1, sumSize) * lanes)), most)
  }

  @inline(__always)
  func compute(_ tile: Tile) {
    let packed = (tile.scratch + Chunk.scratchSize * tile.lanes).assumingMemoryBound(to: F.self)
    let sums = packed + inputSize * tile.lanes
    let x = tile.rows(input).values(F.self, count: inputSize, packed: packed, scratch: tile.scratch)
    let result = tile.rows(output)
    let isDirect = isIdentity && result.storage == F.storage
    for group in groups {
      var start = 0
      while start < group.resultRows.count {
        let count = group.neighbours(from: start, most: isDirect ? Int.max : positions, rowsEach: outputSize)
        let destination = result.from(Int(group.resultRows[start]))
        let c = isDirect ? destination.base.assumingMemoryBound(to: F.self) : sums
        group.multiply(x, start..<start + count, bias, outputs: outputSize, lanes: tile.lanes, c)
        if !isDirect { finish(sums, count, to: destination, tile) }
        start += count
      }
    }
  }

  /// Takes the sums of neighbouring firings to the result.
  private func finish(_ sums: UnsafeMutablePointer<F>, _ firings: Int, to destination: LaneRows, _ tile: Tile) {
    let source = LaneRows(base: UnsafeMutableRawPointer(sums), storage: F.storage, lanes: tile.lanes)
    if let run = runs.first, runs.count == 1 {
      var all = run
      all.count *= firings
      all.run(from: source, to: destination, tile: tile, site: site)
      return
    }
    for firing in 0..<firings {
      let first = firing * outputSize
      for run in runs {
        run.run(from: source.from(first), to: destination.from(first), tile: tile, site: site)
      }
    }
  }
}

/// Firings whose windows have the same shape.
struct WindowGroup<F: WindowLane & Sendable>: Sendable {
  /// Neighbouring rows that meet neighbouring weights.
  private let runs: [tricot_window_run]
  /// Where the runs begin, `[firing][run]`.
  private let firsts: [Int32]
  /// Weights `[tap][padded outputs]`; they take a coarser operand to the kernel's grid.
  private let weights: [F]
  /// The first row of each firing's results.
  let resultRows: [Int32]

  static func padded(_ outputs: Int) -> Int {
    let block = Int(TRICOT_WINDOW_OUTPUTS)
    return (outputs + block - 1) / block * block
  }

  fileprivate init(_ group: FiringGroup, _ dense: GemmDenseKernel<F>) {
    let stride = Self.padded(dense.outputSize)
    var weights = [F](repeating: 0, count: dense.inputSize * stride)
    var runs: [tricot_window_run] = []
    for copies in group.copies {
      guard case .rows(_, let lift) = copies.copy.source else { continue }
      runs.append(tricot_window_run(tap: Int32(copies.copy.row), count: Int32(copies.copy.count)))
      for tap in copies.copy.row..<copies.copy.row + copies.copy.count {
        for row in 0..<dense.outputSize {
          weights[tap * stride + row] = dense.weights[row * dense.inputSize + tap] * F(Int128(1) << lift)
        }
      }
    }
    let windows = group.copies.filter { !$0.firsts.isEmpty }
    // One more, so that there is an address even where all windows lie outside the operand.
    firsts = group.resultRows.indices.flatMap { firing in windows.map { $0.firsts[firing] } } + [0]
    resultRows = group.resultRows
    self.runs = runs
    self.weights = weights
  }

  /// How many firings from one on have neighbouring results.
  fileprivate func neighbours(from start: Int, most: Int, rowsEach: Int) -> Int {
    var end = start + 1
    while end < resultRows.count, end - start < most, Int(resultRows[end]) == Int(resultRows[end - 1]) + rowsEach {
      end += 1
    }
    return end - start
  }

  fileprivate func multiply(
    _ x: UnsafePointer<F>,
    _ firings: Range<Int>,
    _ bias: [F],
    outputs: Int,
    lanes: Int,
    _ sums: UnsafeMutablePointer<F>
  ) {
    firsts.withUnsafeBufferPointer { firsts in
      guard let first = firsts.baseAddress else { return }
      F.windows(
        x,
        lanes: lanes,
        runs,
        first + firings.lowerBound * runs.count,
        positions: firings.count,
        weights,
        bias,
        outputs: outputs,
        sums
      )
    }
  }
}

/// Sums below 2^24. (A generic kernel behind `any TileKernel` would not be specialised.)
struct Float32WindowKernel: TileKernel {
  var window: WindowDenseKernel<Float>
  var scratchSize: Int { window.scratchSize }
  var preferredInput: LaneStorage? { .float32 }
  var naturalOutput: LaneStorage? { window.naturalOutput }
  mutating func prepare(lanes: Int) { window.prepare(lanes: lanes) }
  func run(_ tile: Tile) { window.compute(tile) }
}

/// Sums below 2^53.
struct Float64WindowKernel: TileKernel {
  var window: WindowDenseKernel<Double>
  var scratchSize: Int { window.scratchSize }
  var preferredInput: LaneStorage? { .float64 }
  var naturalOutput: LaneStorage? { window.naturalOutput }
  mutating func prepare(lanes: Int) { window.prepare(lanes: lanes) }
  func run(_ tile: Tile) { window.compute(tile) }
}

/// A float in which windows are multiplied.
protocol WindowLane: GemmLane, SignedNumeric {
  /// The sums of several positions; see `tricot_windows_f32`.
  static func windows(
    _ x: UnsafePointer<Self>,
    lanes: Int,
    _ runs: [tricot_window_run],
    _ firsts: UnsafePointer<Int32>,
    positions: Int,
    _ weights: [Self],
    _ bias: [Self],
    outputs: Int,
    _ sums: UnsafeMutablePointer<Self>
  )
}

extension Float: WindowLane {
  static func windows(
    _ x: UnsafePointer<Float>,
    lanes: Int,
    _ runs: [tricot_window_run],
    _ firsts: UnsafePointer<Int32>,
    positions: Int,
    _ weights: [Float],
    _ bias: [Float],
    outputs: Int,
    _ sums: UnsafeMutablePointer<Float>
  ) {
    tricot_windows_f32(x, lanes, runs, runs.count, firsts, positions, weights, bias, outputs, sums)
  }
}

extension Double: WindowLane {
  static func windows(
    _ x: UnsafePointer<Double>,
    lanes: Int,
    _ runs: [tricot_window_run],
    _ firsts: UnsafePointer<Int32>,
    positions: Int,
    _ weights: [Double],
    _ bias: [Double],
    outputs: Int,
    _ sums: UnsafeMutablePointer<Double>
  ) {
    tricot_windows_f64(x, lanes, runs, runs.count, firsts, positions, weights, bias, outputs, sums)
  }
}
