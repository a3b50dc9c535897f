/// A dense layer with exact sums, multiplied by OpenBLAS in floats that provably hold every partial sum.
struct GemmDenseKernel<F: WindowLane & Sendable>: Sendable {
  var input: Int
  var output: Int
  var inputSize: Int
  var outputSize: Int
  /// Row-major `[outputSize][inputSize]`.
  var weights: [F]
  var bias: [F]
  /// What the sums go through.
  var runs: [RowRun]
  var site: CountingSite

  /// Whether the sums are the result.
  let isIdentity: Bool

  var scratchSize: Int { Chunk.scratchSize + (inputSize + outputSize) * F.storage.size }

  @inline(__always)
  func compute(_ tile: Tile) {
    let packed = (tile.scratch + Chunk.scratchSize * tile.lanes).assumingMemoryBound(to: F.self)
    let sums = packed + inputSize * tile.lanes
    let result = tile.rows(output)
    let isDirect = isIdentity && result.storage == F.storage
    let x = tile.rows(input).values(F.self, count: inputSize, packed: packed, scratch: tile.scratch)
    let c = isDirect ? result.base.assumingMemoryBound(to: F.self) : sums
    F.fill(c, with: bias, lanes: tile.lanes)
    weights.withUnsafeBufferPointer { a in
      guard let a = a.baseAddress else { return }
      F.multiplyAdd(rows: outputSize, columns: tile.lanes, inner: inputSize, a, x, c)
    }
    guard !isDirect else { return }
    let rows = LaneRows(base: UnsafeMutableRawPointer(c), storage: F.storage, lanes: tile.lanes)
    for run in runs { run.run(from: rows, to: result, tile: tile, site: site) }
  }
}

extension LaneRows {
  /// The first rows as floats: where they lie, or converted.
  @inline(__always)
  func values<F: GemmLane>(
    _ type: F.Type,
    count: Int,
    packed: UnsafeMutablePointer<F>,
    scratch: UnsafeMutableRawPointer
  ) -> UnsafePointer<F> {
    if storage == F.storage { return UnsafePointer(base.assumingMemoryBound(to: F.self)) }
    let rows = LaneRows(base: UnsafeMutableRawPointer(packed), storage: F.storage, lanes: lanes)
    convert(to: rows, count: count * lanes, scratch: scratch)
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
