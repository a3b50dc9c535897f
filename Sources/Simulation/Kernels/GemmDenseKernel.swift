/// The constants of a dense layer as floats.
struct GemmMatrix<F: GemmLane & Sendable>: Sendable {
  /// Row-major `[outputSize][inputSize]`.
  var weights: [F]
  var bias: [F]
}

/// A dense layer with exact sums, multiplied by OpenBLAS in floats that provably hold every partial sum.
struct GemmDenseKernel<F: GemmLane & Sendable>: Sendable {
  var input: Int
  var output: Int
  var inputSize: Int
  var outputSize: Int
  /// One or more: positions whose elements have different grids have different weights.
  var matrices: [GemmMatrix<F>]
  /// The matrix of each position.
  var matrixOfPosition: [Int]
  /// What the sums of each position go through.
  var runs: [[RowRun]]
  var site: CountingSite

  /// Whether the sums are the result.
  let isIdentity: Bool

  var scratchSize: Int { Chunk.scratchSize + (inputSize + outputSize) * F.storage.size }

  @inline(__always)
  func compute(_ tile: Tile) {
    let packed = (tile.scratch + Chunk.scratchSize * tile.lanes).assumingMemoryBound(to: F.self)
    let sums = packed + inputSize * tile.lanes
    let source = tile.rows(input)
    let destination = tile.rows(output)
    let isDirect = isIdentity && destination.storage == F.storage
    for position in runs.indices {
      let x = argument(source.from(position * inputSize), packed, tile)
      let result = destination.from(position * outputSize)
      let c = isDirect ? result.base.assumingMemoryBound(to: F.self) : sums
      let matrix = matrices[matrixOfPosition[position]]
      F.fill(c, with: matrix.bias, lanes: tile.lanes)
      matrix.weights.withUnsafeBufferPointer { a in
        guard let a = a.baseAddress else { return }
        F.multiplyAdd(rows: outputSize, columns: tile.lanes, inner: inputSize, a, x, c)
      }
      guard !isDirect else { continue }
      let rows = LaneRows(base: UnsafeMutableRawPointer(c), storage: F.storage, lanes: tile.lanes)
      for run in runs[position] { run.run(from: rows, to: result, tile: tile, site: site) }
    }
  }

  /// The input as floats: where it lies, or converted.
  @inline(__always)
  private func argument(_ source: LaneRows, _ packed: UnsafeMutablePointer<F>, _ tile: Tile) -> UnsafePointer<F> {
    if source.storage == F.storage { return UnsafePointer(source.base.assumingMemoryBound(to: F.self)) }
    let rows = LaneRows(base: UnsafeMutableRawPointer(packed), storage: F.storage, lanes: tile.lanes)
    source.convert(to: rows, count: inputSize * tile.lanes, scratch: tile.scratch)
    return UnsafePointer(packed)
  }
}

extension GemmDenseKernel {
  var naturalOutput: LaneStorage? { isIdentity ? F.storage : nil }
}

/// Sums below 2^24. (A generic kernel behind `any TileKernel` would not be specialised.)
struct Float32DenseKernel: TileKernel {
  var dense: GemmDenseKernel<Float>
  var scratchSize: Int { dense.scratchSize }
  var preferredInput: LaneStorage? { .float32 }
  var naturalOutput: LaneStorage? { dense.naturalOutput }
  func run(_ tile: Tile) { dense.compute(tile) }
}

/// Sums below 2^53.
struct Float64DenseKernel: TileKernel {
  var dense: GemmDenseKernel<Double>
  var scratchSize: Int { dense.scratchSize }
  var preferredInput: LaneStorage? { .float64 }
  var naturalOutput: LaneStorage? { dense.naturalOutput }
  func run(_ tile: Tile) { dense.compute(tile) }
}
