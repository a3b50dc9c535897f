import CSimulationKernels
import FixedPoint

/// Quantises the user's numbers into one input tensor.
struct InputKernel: Sendable {
  private let output: Int
  /// The first element in the flat input vector, and the length of that vector.
  private let offset: Int
  private let stride: Int
  private let types: [FixedPointType]
  private let fast: FastQuantization?
  private let site: CountingSite

  init(output: Int, offset: Int, stride: Int, types: [FixedPointType], site: CountingSite) {
    self.output = output
    self.offset = offset
    self.stride = stride
    self.types = types
    fast = FastQuantization(types)
    self.site = site
  }

  /// The place that the kernel fills.
  var place: Int { output }

  /// Bytes of scratch memory per lane.
  var scratchSize: Int { LaneStorage.int128.size + types.count * LaneStorage.int32.size }

  /// Fills the tile's rows, padding with zeros.
  ///
  /// - Parameter inputs: the vector of the tile's first sample.
  /// - Returns: the first NaN as an index from there, or nil.
  func run(_ tile: Tile, inputs: UnsafePointer<Double>) -> Int? {
    if let fast, let rounded = fast.round(inputs + offset, stride: stride, tile: tile) {
      fast.fit(rounded, tile: tile, to: tile.rows(output))
      if let counters = tile.counters { count(rounded, tile.samples, counters) }
      return nil
    }
    var firstNaN: Int?
    for (element, type) in types.enumerated() {
      let row = tile.rows(output).from(element)
      guard let sample = quantize(inputs + offset + element, type, tile, row) else { continue }
      firstNaN = min(firstNaN ?? Int.max, sample * stride + offset + element)
    }
    return firstNaN
  }

  /// Counts what the types had to change of numbers on their grids.
  private func count(_ rounded: UnsafePointer<Int32>, _ samples: Int, _ counters: OverflowCounters) {
    for (element, type) in types.enumerated() {
      let range = type.rawRange
      let outside = tricot_count_outside(
        rounded + element,
        types.count,
        samples,
        Int32(truncatingIfNeeded: range.lower),
        Int32(truncatingIfNeeded: range.upper)
      )
      counters.add(outside, site: site, overflow: type.overflow)
    }
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

/// Quantises all elements of an input in doubles and 32-bit integers: for narrow types and numbers of a sensible size.
private struct FastQuantization: Sendable {
  /// For `tricot_round`: scales, then when to leave the nearest integer.
  private let rules: [Double]
  private let fits: [FusedFit]

  /// - Returns: nil for types that need the definition.
  init?(_ types: [FixedPointType]) {
    // Scaling up is exact; scaling down could lose a bit of a denormal number.
    guard !types.isEmpty, types.allSatisfy({ (0...512).contains($0.fractionBits) }) else { return nil }
    let fits = types.compactMap { FusedFit($0) }
    guard fits.count == types.count else { return nil }
    self.fits = fits
    let choices = types.map { NeighbourChoice($0.rounding) }
    rules =
      types.map { Double(sign: .plus, exponent: $0.fractionBits, significand: 1) } + choices.map(\.lowNegative)
      + choices.map(\.highNegative) + choices.map(\.lowPositive) + choices.map(\.highPositive)
  }

  /// The numbers of a tile on the grids of their types, sample by sample, in the tile's scratch memory; nil if it holds
  /// numbers that are huge or no numbers.
  func round(_ inputs: UnsafePointer<Double>, stride: Int, tile: Tile) -> UnsafePointer<Int32>? {
    let count = fits.count
    let rounded = tile.scratch.assumingMemoryBound(to: Int32.self) + tile.lanes
    guard tricot_round(inputs, stride, rules, count, tile.samples, rounded) != 0 else { return nil }
    (rounded + tile.samples * count).update(repeating: 0, count: (tile.lanes - tile.samples) * count)
    return UnsafePointer(rounded)
  }

  /// Fits rounded numbers to their types.
  func fit(_ rounded: UnsafePointer<Int32>, tile: Tile, to rows: LaneRows) {
    let row = tile.scratch.assumingMemoryBound(to: Int32.self)
    let count = fits.count
    for (element, fit) in fits.enumerated() {
      let destination = rows.from(element)
      if rows.storage.size == 4 {
        fit.gather(from: rounded + element, stride: count, to: destination, count: tile.lanes)
      } else {
        let narrow = LaneRows(base: UnsafeMutableRawPointer(row), storage: .int32, lanes: tile.lanes)
        fit.gather(from: rounded + element, stride: count, to: narrow, count: tile.lanes)
        storeRows(row, to: destination, count: tile.lanes)
      }
    }
  }
}

/// When rounding takes a neighbour of the nearest integer (ties to even), by the difference `x - nearest` in `-0.5 … 0.5`:
/// the lower one below `low`, the higher one above `high`.
private struct NeighbourChoice {
  var lowNegative = -1.0
  var highNegative = 1.0
  var lowPositive = -1.0
  var highPositive = 1.0

  /// Only a tie is beyond.
  private static let tie = 0.5.nextDown

  init(_ rounding: Rounding) {
    switch rounding {
    case .roundHalfToEven: break
    case .truncate: (lowNegative, lowPositive) = (0, 0)
    case .truncateTowardZero: (highNegative, lowPositive) = (0, 0)
    case .roundHalfUp: (highNegative, highPositive) = (Self.tie, Self.tie)
    case .roundHalfDown: (lowNegative, lowPositive) = (-Self.tie, -Self.tie)
    case .roundHalfAwayFromZero: (lowNegative, highPositive) = (-Self.tie, Self.tie)
    case .roundHalfTowardZero: (highNegative, lowPositive) = (Self.tie, -Self.tie)
    }
  }
}
