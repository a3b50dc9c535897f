import FixedPoint

/// Quantises the user's numbers into one input tensor.
struct InputKernel: Sendable {
  /// Neighbouring elements of one type.
  struct Run: Sendable {
    var row: Int
    var count: Int
    var type: FixedPointType
  }

  var output: Int
  /// The first element in the flat input vector, and the length of that vector.
  var offset: Int
  var stride: Int
  var runs: [Run]
  var site: CountingSite

  var scratchSize: Int { LaneStorage.int128.size }

  /// Fills the tile's rows, padding with zeros.
  ///
  /// - Parameter inputs: the vector of the tile's first sample.
  /// - Returns: the first NaN as an index from there, or nil.
  func run(_ tile: Tile, inputs: UnsafePointer<Double>) -> Int? {
    var firstNaN: Int?
    for run in runs {
      for element in run.row..<run.row + run.count {
        let source = inputs + offset + element
        let destination = tile.rows(output).from(element)
        if tile.counters == nil, quantizeFast(source, run.type, tile, destination) { continue }
        guard let sample = quantizeExactly(source, run.type, tile, destination) else { continue }
        firstNaN = min(firstNaN ?? Int.max, sample * stride + offset + element)
      }
    }
    return firstNaN
  }

  /// Quantises one row by the definition.
  ///
  /// - Returns: the first sample that is not a number, or nil.
  private func quantizeExactly(
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

  /// Quantises one row in doubles, if its type and all its values lie where that is exact.
  private func quantizeFast(
    _ source: UnsafePointer<Double>,
    _ type: FixedPointType,
    _ tile: Tile,
    _ destination: LaneRows
  ) -> Bool {
    // Scaling up is exact; scaling down could lose a bit of a denormal number.
    guard type.width <= 31, (0...512).contains(type.fractionBits) else { return false }
    let values = tile.scratch.assumingMemoryBound(to: Int32.self)
    let row = InputRow(source: source, stride: stride, samples: tile.samples, type: type)
    guard row.quantize(into: values) else { return false }
    for lane in tile.samples..<tile.lanes { values[lane] = 0 }
    storeRows(values, to: destination, count: tile.lanes)
    return true
  }
}

/// One element of many samples on its way to a type of at most 31 bits.
private struct InputRow {
  let source: UnsafePointer<Double>
  let stride: Int
  let samples: Int
  let type: FixedPointType

  /// Adding and subtracting it rounds a double below 2^51 to the nearest integer, ties to even; in the sum, that integer
  /// stands in the low bits.
  private static let magic: Double = 0x1.8p52
  private static let limit: Double = 0x1p50

  /// Returns whether every value could be quantised so: not those that are not numbers, or huge.
  func quantize(into values: UnsafeMutablePointer<Int32>) -> Bool {
    // `difference` is exact, and tells with the sign of the value what each rounding rule makes of the nearest integer.
    switch type.rounding {
    case .truncate:
      fit(values) { _, difference in difference < 0 ? -1 : 0 }
    case .truncateTowardZero:
      fit(values) { scaled, difference in
        scaled > 0 ? (difference < 0 ? -1 : 0) : (difference > 0 ? 1 : 0)
      }
    case .roundHalfUp:
      fit(values) { _, difference in difference == 0.5 ? 1 : 0 }
    case .roundHalfDown:
      fit(values) { _, difference in difference == -0.5 ? -1 : 0 }
    case .roundHalfAwayFromZero:
      fit(values) { scaled, difference in
        scaled > 0 ? (difference == 0.5 ? 1 : 0) : (difference == -0.5 ? -1 : 0)
      }
    case .roundHalfTowardZero:
      fit(values) { scaled, difference in
        scaled > 0 ? (difference == -0.5 ? -1 : 0) : (difference == 0.5 ? 1 : 0)
      }
    case .roundHalfToEven:
      fit(values) { _, _ in 0 }
    }
  }

  @inline(__always)
  private func fit(
    _ values: UnsafeMutablePointer<Int32>,
    _ adjust: (_ scaled: Double, _ difference: Double) -> Double
  ) -> Bool {
    let low = Double(Int32(truncatingIfNeeded: type.rawRange.lower))
    let high = Double(Int32(truncatingIfNeeded: type.rawRange.upper))
    switch type.overflow {
    case .wrap:
      guard round(values, { $0 }, adjust) else { return false }
      wrap(values)
      return true
    case .saturate, .saturateSymmetric:
      return round(values, { max(min($0, high), low) }, adjust)
    case .saturateToZero:
      return round(values, { $0 > high || $0 < low ? 0 : $0 }, adjust)
    }
  }

  @inline(__always)
  private func round(
    _ values: UnsafeMutablePointer<Int32>,
    _ limited: (Double) -> Double,
    _ adjust: (_ scaled: Double, _ difference: Double) -> Double
  ) -> Bool {
    let scale = Double(sign: .plus, exponent: type.fractionBits, significand: 1)
    let magic = InputRow.magic
    var largest = 0.0
    var isNumber = true
    for sample in 0..<samples {
      let scaled = source[sample &* stride] * scale
      let nearest = (scaled + magic) - magic
      let rounded = limited(nearest + adjust(scaled, scaled - nearest))
      values[sample] = Int32(truncatingIfNeeded: (rounded + magic).bitPattern)
      let size = abs(scaled)
      largest = size > largest ? size : largest
      isNumber = isNumber && size == size
    }
    return isNumber && largest < InputRow.limit
  }

  private func wrap(_ values: UnsafeMutablePointer<Int32>) {
    if type.width == 0 {
      for sample in 0..<samples { values[sample] = 0 }
    } else if type.isSigned {
      let unused = Int32(32 - type.width)
      for sample in 0..<samples { values[sample] = (values[sample] &<< unused) &>> unused }
    } else {
      let mask = Int32(truncatingIfNeeded: type.maximumRaw)
      for sample in 0..<samples { values[sample] = values[sample] & mask }
    }
  }
}
