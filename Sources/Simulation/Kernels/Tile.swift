/// Where a tensor lies in the memory of a tile.
struct TensorPlace: Sendable, Hashable {
  var storage: LaneStorage
  /// Values per lane of the offset: bytes from the start of the tile's memory, divided by the lanes.
  var offset: Int
  var rows: Int

  /// Bytes per lane.
  var size: Int { rows * storage.size }
}

/// Rows of lanes: element `i` of sample `l` is value `i · lanes + l`.
struct LaneRows {
  var base: UnsafeMutableRawPointer
  var storage: LaneStorage
  var lanes: Int

  func pointer<T>() -> UnsafeMutablePointer<T> { base.assumingMemoryBound(to: T.self) }

  /// The rows from a given one on.
  func from(_ row: Int) -> LaneRows {
    LaneRows(base: base + row * lanes * storage.size, storage: storage, lanes: lanes)
  }
}

/// A few samples on their way through the model: the memory of all tensors, and the counters of one worker.
struct Tile {
  /// Samples per full tile where the caches hold so many: enough to hide what is done once per tile.
  static let mostLanes = 128
  /// What all tensors of a full tile may need, in bytes: about the second-level cache of a core.
  static let tensorMemory = 1 << 19
  /// What a kernel may need that is fired at several points at a time.
  static let kernelMemory = 1 << 18
  /// Partial tiles are padded with samples of zeros to a multiple of this.
  static let granule = 16

  let memory: UnsafeMutableRawPointer
  /// Memory for the kernel that runs now.
  let scratch: UnsafeMutableRawPointer
  let places: [TensorPlace]
  /// The distance of rows.
  let lanes: Int
  /// Lanes that hold samples of the user.
  let samples: Int
  let counters: OverflowCounters?

  /// The rows of a tensor, by the index of its place.
  func rows(_ place: Int) -> LaneRows {
    LaneRows(base: memory + places[place].offset * lanes, storage: places[place].storage, lanes: lanes)
  }
}

/// One step of the simulation plan: computes rows of a tile from others.
protocol TileKernel: Sendable {
  /// Bytes of scratch memory per lane.
  var scratchSize: Int { get }
  /// The storage that saves this kernel a conversion of its inputs.
  var preferredInput: LaneStorage? { get }
  /// The storage that saves this kernel a conversion of its result.
  var naturalOutput: LaneStorage? { get }
  /// Whether the result may take the memory of the only input, if rows of both have the same size.
  var canRunInPlace: Bool { get }
  /// Tells how many lanes a full tile has.
  mutating func prepare(lanes: Int)
  func run(_ tile: Tile)
}

extension TileKernel {
  var preferredInput: LaneStorage? { nil }
  var naturalOutput: LaneStorage? { nil }
  var canRunInPlace: Bool { false }
  mutating func prepare(lanes: Int) {}
}

/// A kernel that computes in working integers of one width.
protocol WorkKernel: TileKernel {
  var work: WorkWidth { get }
  func compute<W: WorkInteger>(as type: W.Type, _ tile: Tile)
}

extension WorkKernel {
  func run(_ tile: Tile) {
    switch work {
    case .int32: compute(as: Int32.self, tile)
    case .int64: compute(as: Int64.self, tile)
    case .int128: compute(as: Int128.self, tile)
    }
  }
}
