import CSimulationKernels
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
  var scratchSize: Int { LaneStorage.int128.size + min(types.count, FastQuantization.most) * LaneStorage.int32.size }

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
    for chunk in chunks {
      guard let rounded = chunk.round(source, stride: stride, tile: tile) else { return false }
      chunk.fit(rounded, tile: tile, to: tile.rows(output))
    }
    guard let counters = tile.counters else { return true }
    for chunk in chunks {
      if let rounded = chunk.round(source, stride: stride, tile: tile) {
        chunk.count(rounded, tile.samples, types, counters, site)
      }
    }
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

/// Quantises some elements of an input in doubles and 32-bit integers: for narrow types and numbers of a sensible size.
private struct FastQuantization: Sendable {
  /// Elements that are quantised at a time.
  static let most = 64

  private let first: Int
  /// For `tricot_round`: scales, then when to leave the nearest integer.
  private let rules: [Double]
  private let fits: [FusedFit]

  /// - Returns: nil if some type needs the definition.
  static func chunks(of types: [FixedPointType]) -> [FastQuantization]? {
    guard !types.isEmpty else { return nil }
    var chunks: [FastQuantization] = []
    for first in stride(from: 0, to: types.count, by: most) {
      guard let chunk = FastQuantization(types[first..<min(first + most, types.count)]) else { return nil }
      chunks.append(chunk)
    }
    return chunks
  }

  private init?(_ types: ArraySlice<FixedPointType>) {
    // Scaling up is exact; scaling down could lose a bit of a denormal number.
    guard types.allSatisfy({ (0...512).contains($0.fractionBits) }) else { return nil }
    let fits = types.compactMap { FusedFit($0) }
    guard fits.count == types.count else { return nil }
    self.fits = fits
    first = types.startIndex
    let choices = types.map { NeighbourChoice($0.rounding) }
    rules =
      types.map { Double(sign: .plus, exponent: $0.fractionBits, significand: 1) } + choices.map(\.lowNegative)
      + choices.map(\.highNegative) + choices.map(\.lowPositive) + choices.map(\.highPositive)
  }

  /// The numbers of a tile on the grids of their types, sample by sample, in the tile's scratch memory; nil if it holds
  /// numbers that are huge or no numbers.
  ///
  /// - Parameter inputs: the first element of the input in the vector of the tile's first sample.
  func round(_ inputs: UnsafePointer<Double>, stride: Int, tile: Tile) -> UnsafePointer<Int32>? {
    let count = fits.count
    let rounded = tile.scratch.assumingMemoryBound(to: Int32.self) + tile.lanes
    guard tricot_round(inputs + first, stride, rules, count, tile.samples, rounded) != 0 else { return nil }
    (rounded + tile.samples * count).update(repeating: 0, count: (tile.lanes - tile.samples) * count)
    return UnsafePointer(rounded)
  }

  /// Fits rounded numbers to their types.
  func fit(_ rounded: UnsafePointer<Int32>, tile: Tile, to rows: LaneRows) {
    let row = tile.scratch.assumingMemoryBound(to: Int32.self)
    let count = fits.count
    for (element, fit) in fits.enumerated() {
      let destination = rows.from(first + element)
      if rows.storage.size == 4 {
        fit.gather(from: rounded + element, stride: count, to: destination, count: tile.lanes)
      } else {
        let narrow = LaneRows(base: UnsafeMutableRawPointer(row), storage: .int32, lanes: tile.lanes)
        fit.gather(from: rounded + element, stride: count, to: narrow, count: tile.lanes)
        storeRows(row, to: destination, count: tile.lanes)
      }
    }
  }

  /// Counts what the types had to change of rounded numbers.
  ///
  /// - Parameter types: those of the whole input.
  func count(
    _ rounded: UnsafePointer<Int32>,
    _ samples: Int,
    _ types: [FixedPointType],
    _ counters: OverflowCounters,
    _ site: CountingSite
  ) {
    for element in fits.indices {
      let type = types[first + element]
      let outside = tricot_count_outside(
        rounded + element,
        fits.count,
        samples,
        Int32(truncatingIfNeeded: type.rawRange.lower),
        Int32(truncatingIfNeeded: type.rawRange.upper)
      )
      counters.add(outside, site: site, overflow: type.overflow)
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
