import FixedPoint

/// Quantises the user's numbers into one input tensor.
struct InputKernel: Sendable {
  private let output: Int
  /// The first element in the flat input vector, and the length of that vector.
  private let offset: Int
  private let stride: Int
  private let types: [FixedPointType]
  /// A few elements at a time, so that their numbers of all samples stay in the first-level cache.
  ///
  /// Nil for types that need the definition.
  private let fast: [FastQuantization]?
  private let site: CountingSite

  init(output: Int, offset: Int, stride: Int, types: [FixedPointType], site: CountingSite) {
    self.output = output
    self.offset = offset
    self.stride = stride
    self.types = types
    fast = FastQuantization.chunks(of: types)
    self.site = site
  }

  /// The place that the kernel fills.
  var place: Int { output }

  /// Bytes of scratch memory per lane.
  var scratchSize: Int { LaneStorage.int128.size + FastQuantization.scratchSize }

  /// Fills the tile's rows, padding with zeros.
  ///
  /// - Parameter inputs: the vector of the tile's first sample.
  /// - Returns: the first NaN as an index from there, or nil.
  func run(_ tile: Tile, inputs: UnsafePointer<Double>) -> Int? {
    if let fast, quantize(inputs + offset, tile, fast) { return nil }
    var firstNaN: Int?
    for (element, type) in types.enumerated() {
      let row = tile.rows(output).from(element)
      guard let sample = quantize(inputs + offset + element, type, tile, row) else { continue }
      firstNaN = min(firstNaN ?? Int.max, sample * stride + offset + element)
    }
    return firstNaN
  }

  /// Quantises numbers of a sensible size.
  ///
  /// - Returns: false if some number is huge or none; nothing is counted then.
  private func quantize(_ source: UnsafePointer<Double>, _ tile: Tile, _ chunks: [FastQuantization]) -> Bool {
    var (wraps, saturations) = (0, 0)
    let rows = tile.rows(output)
    // A few samples at a time, so that memory is read in its order.
    for first in Swift.stride(from: 0, to: tile.lanes, by: Tile.granule) {
      for chunk in chunks {
        guard let outside = chunk.run(source, stride: stride, tile: tile, firstLane: first, to: rows) else {
          return false
        }
        if chunk.overflow == .wrap { wraps += outside } else { saturations += outside }
      }
    }
    tile.counters?.add(wraps, site: site, overflow: .wrap)
    tile.counters?.add(saturations, site: site, overflow: .saturate)
    return true
  }

  /// Quantises one row by the definition.
  ///
  /// - Returns: the first sample that is not a number, or nil.
  private func quantize(
    _ source: UnsafePointer<Double>,
    _ type: FixedPointType,
    _ tile: Tile,
    _ destination: LaneRows
  ) -> Int? {
    let values = tile.scratch.assumingMemoryBound(to: Int128.self)
    values.update(repeating: 0, count: tile.lanes)
    var overflows = 0
    for sample in 0..<tile.samples {
      let value = source[sample * stride]
      if value.isNaN { return sample }
      let quantized = type.quantize(value)
      values[sample] = quantized.raw
      if quantized.overflowed { overflows += 1 }
    }
    tile.counters?.add(overflows, site: site, overflow: type.overflow)
    storeRows(values, to: destination, count: tile.lanes)
    return nil
  }
}
