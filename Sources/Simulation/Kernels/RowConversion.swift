/// Loads rows into working integers, shifted to the left by `lift` places.
func loadRows<W: WorkInteger>(_ rows: LaneRows, into values: UnsafeMutablePointer<W>, count: Int, lift: Int = 0) {
  switch rows.storage {
  case .float32: load(rows.base.assumingMemoryBound(to: Float.self), values, count)
  case .float64: load(rows.base.assumingMemoryBound(to: Double.self), values, count)
  case .int32: load(rows.base.assumingMemoryBound(to: Int32.self), values, count)
  case .int64: load(rows.base.assumingMemoryBound(to: Int64.self), values, count)
  case .int128: load(rows.base.assumingMemoryBound(to: Int128.self), values, count)
  }
  guard lift > 0 else { return }
  let places = W(truncatingIfNeeded: min(lift, W.bitWidth - 1))
  for i in 0..<count { values[i] = values[i] &<< places }
}

/// Stores working integers as rows.
func storeRows<W: WorkInteger>(_ values: UnsafeMutablePointer<W>, to rows: LaneRows, count: Int) {
  switch rows.storage {
  case .float32: store(values, rows.base.assumingMemoryBound(to: Float.self), count)
  case .float64: store(values, rows.base.assumingMemoryBound(to: Double.self), count)
  case .int32: store(values, rows.base.assumingMemoryBound(to: Int32.self), count)
  case .int64: store(values, rows.base.assumingMemoryBound(to: Int64.self), count)
  case .int128: store(values, rows.base.assumingMemoryBound(to: Int128.self), count)
  }
}

private func load<S: Lane, W: WorkInteger>(
  _ source: UnsafeMutablePointer<S>,
  _ values: UnsafeMutablePointer<W>,
  _ count: Int
) {
  for i in 0..<count { values[i] = source[i].integer(as: W.self) }
}

private func store<W: WorkInteger, D: Lane>(
  _ values: UnsafeMutablePointer<W>,
  _ destination: UnsafeMutablePointer<D>,
  _ count: Int
) {
  for i in 0..<count { destination[i] = D(integer: values[i]) }
}

extension LaneRows {
  /// Converts the rows to another storage that holds their values.
  func convert(to destination: LaneRows, count: Int, scratch: UnsafeMutableRawPointer) {
    if storage == destination.storage {
      destination.base.copyMemory(from: base, byteCount: count * storage.size)
    } else if storage == .int128 || destination.storage == .int128 {
      convert(as: Int128.self, to: destination, count, scratch)
    } else if storage.size == 8 && destination.storage.size == 8 {
      convert(as: Int64.self, to: destination, count, scratch)
    } else {
      // One side has 32 bits: so have the values, of which both sides hold all.
      convert(as: Int32.self, to: destination, count, scratch)
    }
  }

  private func convert<W: WorkInteger>(
    as type: W.Type,
    to destination: LaneRows,
    _ count: Int,
    _ scratch: UnsafeMutableRawPointer
  ) {
    let values = scratch.assumingMemoryBound(to: W.self)
    let block = Chunk.rows * lanes
    var start = 0
    while start < count {
      let length = min(block, count - start)
      loadRows(
        LaneRows(base: base + start * storage.size, storage: storage, lanes: lanes),
        into: values,
        count: length
      )
      storeRows(
        values,
        to: LaneRows(
          base: destination.base + start * destination.storage.size,
          storage: destination.storage,
          lanes: lanes
        ),
        count: length
      )
      start += length
    }
  }
}

/// Rows that kernels convert at a time, so that every pass finds them in the first-level cache.
enum Chunk {
  static let rows = 8
  /// Bytes of scratch memory per lane for one chunk in the widest integers.
  static let scratchSize = rows * LaneStorage.int128.size
}
