import FixedPointIR

/// How many numbers of a layer lie between neighbouring powers of two.
public struct MagnitudeHistogram: Sendable {
  public var layer: String
  /// `values` of the layer's result, or which weights.
  public var role: String
  public var type: String
  /// The power of two at which the first count begins.
  public var lowestExponent: Int
  public var counts: [Int]
  /// The powers of two that the type has bits for; nil where it has none.
  public var bits: Range<Int>?

  /// Whether the type has a bit among some powers of two.
  public func covers(_ exponents: Range<Int>) -> Bool { bits.map { $0.overlaps(exponents) } ?? false }
}

extension Compilation {
  /// Sizes of weights and of the values of all layers; of values only where there are events.
  ///
  /// - Parameter input: A `.npy` of typical events; nil: the calibration data, if given.
  public func magnitudeHistograms(input: String? = nil) throws -> [MagnitudeHistogram] {
    let quantized = try quantized
    let weights = WeightProfiles.numbers(of: quantized).map { MagnitudeHistogram($0.profile, values: $0.values) }
    guard let events = try ReportEvents(self, input: input, labels: nil) else { return weights }
    let values = try ObservedModel(self, events: events).numbers
    return weights + values.map { MagnitudeHistogram($0.profile, values: $0.values) }
  }
}

extension MagnitudeHistogram {
  /// Below the last bit of the type nothing is told apart any more than this.
  private static let room = 6

  fileprivate init(_ profile: ModelReport.ValueProfile, values: [Double]) {
    let exponents = values.filter { $0 != 0 && $0.isFinite }.map { Int($0.exponent) }
    let floor = (profile.lowestBit ?? exponents.min() ?? 0) - Self.room
    let first = max(min(exponents.min() ?? floor, profile.lowestBit ?? .max), floor)
    let last = max(exponents.max() ?? first, profile.highestBit ?? first, first)
    var counts = [Int](repeating: 0, count: last - first + 1)
    for exponent in exponents { counts[max(exponent - first, 0)] += 1 }
    self.init(
      layer: profile.layer,
      role: profile.role,
      type: profile.type,
      lowestExponent: first,
      counts: counts,
      bits: profile.bits.map { $0.lowerBound..<$0.upperBound }
    )
  }
}
