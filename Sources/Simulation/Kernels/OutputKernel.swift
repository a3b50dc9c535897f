import FixedPoint

/// Copies rows of a tile out, sample by sample.
struct OutputKernel: Sendable {
  /// Neighbouring elements on one grid.
  struct Run: Sendable {
    var row: Int
    var count: Int
    /// The value of one.
    var step: Double
  }

  var place: Int
  /// The first element in the flat output vector, and the length of that vector.
  var offset: Int
  var stride: Int
  var runs: [Run]

  init(place: Int, offset: Int, stride: Int, types: [FixedPointType]) {
    self.place = place
    self.offset = offset
    self.stride = stride
    runs = []
    for (row, type) in types.enumerated() {
      if let last = runs.last, last.step == type.step {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(row: row, count: 1, step: type.step))
      }
    }
  }

  /// Writes the values of the tile's samples.
  ///
  /// - Parameter values: the vector of the tile's first sample.
  func write(_ tile: Tile, to values: UnsafeMutablePointer<Double>) {
    for run in runs {
      for row in run.row..<run.row + run.count {
        let rows = tile.rows(place).from(row)
        let destination = values + offset + row
        switch rows.storage {
        case .float32: scale(rows.base.assumingMemoryBound(to: Float.self), run.step, tile, destination)
        case .float64: scale(rows.base.assumingMemoryBound(to: Double.self), run.step, tile, destination)
        case .int32: scale(rows.base.assumingMemoryBound(to: Int32.self), run.step, tile, destination)
        case .int64: scale(rows.base.assumingMemoryBound(to: Int64.self), run.step, tile, destination)
        case .int128: scale(rows.base.assumingMemoryBound(to: Int128.self), run.step, tile, destination)
        }
      }
    }
  }

  /// Writes the raw values of the tile's samples, for types that a double does not hold.
  func writeRaw(_ tile: Tile, to values: UnsafeMutablePointer<Int128>) {
    let raw = tile.scratch.assumingMemoryBound(to: Int128.self)
    for run in runs {
      for row in run.row..<run.row + run.count {
        loadRows(tile.rows(place).from(row), into: raw, count: tile.lanes)
        for sample in 0..<tile.samples { values[sample * stride + offset + row] = raw[sample] }
      }
    }
  }

  private func scale(
    _ source: UnsafePointer<Float>,
    _ step: Double,
    _ tile: Tile,
    _ destination: UnsafeMutablePointer<Double>
  ) {
    for sample in 0..<tile.samples { destination[sample &* stride] = Double(source[sample]) * step }
  }

  private func scale(
    _ source: UnsafePointer<Double>,
    _ step: Double,
    _ tile: Tile,
    _ destination: UnsafeMutablePointer<Double>
  ) {
    for sample in 0..<tile.samples { destination[sample &* stride] = source[sample] * step }
  }

  private func scale<T: WorkInteger>(
    _ source: UnsafePointer<T>,
    _ step: Double,
    _ tile: Tile,
    _ destination: UnsafeMutablePointer<Double>
  ) {
    for sample in 0..<tile.samples { destination[sample &* stride] = Double(source[sample]) * step }
  }
}
