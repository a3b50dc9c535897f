import CSimulationKernels
import FixedPoint

/// Quantises neighbouring elements of an input in doubles and 32-bit integers: for narrow types and numbers of a sensible
/// size.
struct FastQuantization: Sendable {
  /// Elements that are quantised at a time: so few that their integers of a granule of samples stay in the first-level
  /// cache, so many that memory is read in long runs.
  private static let most = 256
  /// Bytes of scratch memory per lane of a granule: the elements sample by sample, and row by row.
  static let scratchSize = 2 * most * LaneStorage.int32.size

  private let first: Int
  private let count: Int
  /// What the types do with values that they do not hold: wrap or saturate, all the same.
  let overflow: Overflow
  private let rounding: tricot_rounding
  /// For `tricot_quantize`, one after the other for all elements, and some more up to a multiple of 8.
  private let scales: [Double]
  private let bounds: [Int32]
  /// Whether all elements have the same scale and the same bounds.
  private let isUniform: Bool

  /// Elements that are rounded alike, a few at a time.
  ///
  /// - Returns: nil if some type needs the definition.
  static func chunks(of types: [FixedPointType]) -> [FastQuantization]? {
    guard !types.isEmpty else { return nil }
    var chunks: [FastQuantization] = []
    var start = 0
    while start < types.count {
      let end = types[start...].prefix(most).firstIndex { !isAlike($0, types[start]) } ?? min(start + most, types.count)
      guard let chunk = FastQuantization(types[start..<end]) else { return nil }
      chunks.append(chunk)
      start = end
    }
    return chunks
  }

  private static func isAlike(_ a: FixedPointType, _ b: FixedPointType) -> Bool {
    a.rounding == b.rounding && (a.overflow == .wrap) == (b.overflow == .wrap)
  }

  private init?(_ types: ArraySlice<FixedPointType>) {
    // Scaling up is exact; scaling down could lose a bit of a denormal number.
    guard let type = types.first, types.allSatisfy({ (0...512).contains($0.fractionBits) }) else { return nil }
    let fits = types.compactMap { FusedFit($0) }
    guard fits.count == types.count else { return nil }
    first = types.startIndex
    count = types.count
    overflow = type.overflow
    rounding = tricot_rounding(type.rounding)
    let width = (types.count + 7) & ~7
    func padded<T>(_ values: [T]) -> [T] {
      values + [T](repeating: values[0], count: width - values.count)
    }
    scales = padded(types.map { Double(sign: .plus, exponent: $0.fractionBits, significand: 1) })
    let parameters = fits.map(\.parameters)
    bounds =
      padded(parameters.map(\.low)) + padded(parameters.map(\.high)) + padded(parameters.map(\.mask))
      + padded(parameters.map(\.sign))
    isUniform = types.allSatisfy { $0.fractionBits == type.fractionBits } && fits.allSatisfy { $0 == fits[0] }
  }

  /// Fills one granule of lanes in the elements' rows of a tile.
  ///
  /// - Parameter inputs: the first element of the input in the vector of the tile's first sample.
  /// - Returns: how many values the types did not hold; nil if some number is huge or none.
  func run(_ inputs: UnsafePointer<Double>, stride: Int, tile: Tile, firstLane: Int, to rows: LaneRows) -> Int? {
    let values = tile.scratch.assumingMemoryBound(to: Int32.self)
    let samples = min(max(tile.samples - firstLane, 0), Tile.granule)
    let width = (count + 7) & ~7
    let outside = tricot_quantize(
      inputs + firstLane * stride + first,
      stride,
      scales,
      bounds,
      count,
      samples,
      rounding,
      isUniform ? 1 : 0,
      values,
      width
    )
    guard outside >= 0 else { return nil }
    (values + samples * width).update(repeating: 0, count: (Tile.granule - samples) * width)
    var destination = rows.from(first)
    destination.base += firstLane * rows.storage.size
    let lanes = tile.lanes
    switch rows.storage {
    case .float32: tricot_transpose_f32(values, width, count, Tile.granule, destination.pointer(), lanes)
    case .int32: tricot_transpose_i32(values, width, count, Tile.granule, destination.pointer(), lanes)
    case .float64, .int64, .int128:
      let narrow = values + Self.most * Tile.granule
      tricot_transpose_i32(values, width, count, Tile.granule, narrow, Tile.granule)
      for element in 0..<count {
        storeRows(narrow + element * Tile.granule, to: destination.from(element), count: Tile.granule)
      }
    }
    return outside
  }
}

extension tricot_rounding {
  /// Only a tie is beyond.
  private static let tie = 0.5.nextDown

  init(_ rounding: Rounding) {
    self.init()
    kind = Int32(TRICOT_ROUND_BY_RULE)
    (low_negative, high_negative, low_positive, high_positive) = (-1, 1, -1, 1)
    switch rounding {
    case .roundHalfToEven: kind = Int32(TRICOT_ROUND_NEAREST)
    case .truncate: kind = Int32(TRICOT_ROUND_DOWN)
    case .truncateTowardZero: (high_negative, low_positive) = (0, 0)
    case .roundHalfUp: (high_negative, high_positive) = (Self.tie, Self.tie)
    case .roundHalfDown: (low_negative, low_positive) = (-Self.tie, -Self.tie)
    case .roundHalfAwayFromZero: (low_negative, high_positive) = (-Self.tie, Self.tie)
    case .roundHalfTowardZero: (high_negative, low_positive) = (Self.tie, -Self.tie)
    }
  }
}
