import FixedPoint
import FixedPointIR

/// Chooses the types of activations.
///
/// All elements of a tensor get one grid, so that whoever reads them shifts nothing. The number of integer bits follows from
/// the observed range at the stated coverage, or from the proven range where nothing was observed. Elements proven to need
/// fewer bits get fewer, down to none for those that are always zero.
struct TypeChoice {
  /// What the values have to hold, exactly.
  var exact: [ExactRange]
  /// What calibration data showed, if any.
  var observed: ObservedRange?
  /// The budget of a value in bits, sign included.
  var bits: Int
  /// Without observation, at least so many fraction bits whatever the budget.
  var provenFractionBits: Int
  /// A type that no value exceeds, in integer bits or in fraction bits.
  var cap: FixedPointType?
  /// Whether elements that are always zero keep one bit, as ports must.
  var isPort: Bool

  init(
    exact: [ExactRange],
    observed: ObservedRange?,
    bits: Int,
    provenFractionBits: Int,
    cap: FixedPointType?,
    isPort: Bool
  ) {
    self.exact = exact
    // Data that never moved the tensor from zero say nothing about its range.
    let isEmpty = observed.map { $0.lower == 0 && $0.upper == 0 } ?? true
    self.observed = isEmpty ? nil : observed
    self.bits = bits
    self.provenFractionBits = provenFractionBits
    self.cap = cap
    self.isPort = isPort
  }

  /// The common type, large enough for all elements.
  var common: FixedPointType {
    let finest = exact.filter { $0.raw != Interval(0) }.map(\.fractionBits).max() ?? 0
    let isSigned = exact.contains { $0.raw.lower < 0 }
    let bounds = wantedBounds
    var integerBits = Self.integerBits(bounds.lower, bounds.upper, isSigned: isSigned)
    var type = FixedPointType(width: 0, integerBits: 0)
    while true {
      var fractionBits = bits - integerBits
      if observed == nil { fractionBits = max(fractionBits, provenFractionBits) }
      fractionBits = min(fractionBits, finest)
      if let cap {
        fractionBits = min(fractionBits, cap.fractionBits)
        integerBits = min(integerBits, cap.integerBits)
      }
      let width = max(integerBits + fractionBits, 1)
      type = FixedPointType(
        width: width,
        integerBits: width - fractionBits,
        isSigned: isSigned,
        rounding: .roundHalfUp,
        overflow: .saturate
      )
      // Rounding may carry the largest value over the edge of the type.
      let fits =
        observed == nil
        ? exact.allSatisfy { type.holds($0.raw, fractionBits: $0.fractionBits) }
        : !type.quantize(bounds.lower).overflowed && !type.quantize(bounds.upper).overflowed
      if fits || width >= 64 || integerBits == cap?.integerBits { return type }
      integerBits = type.integerBits + 1
    }
  }

  /// The type of every element.
  var types: ElementTypes {
    let common = common
    return ElementTypes(
      each: exact.map { range in
        let needed = FixedPointType.containing(
          common.quantizedRange(of: range.raw, fractionBits: range.fractionBits),
          fractionBits: common.fractionBits
        )
        if needed.width == 0 && isPort {
          return FixedPointType(
            width: 1,
            integerBits: 1 - common.fractionBits,
            isSigned: false,
            rounding: .roundHalfUp,
            overflow: .saturate
          )
        }
        return needed.width < common.width ? needed.with(rounding: .roundHalfUp, overflow: .saturate) : common
      }
    )
  }

  /// The proven bounds, narrowed to what was observed.
  private var wantedBounds: (lower: Double, upper: Double) {
    let lower = exact.map(\.lower).min() ?? 0
    let upper = exact.map(\.upper).max() ?? 0
    guard let observed else { return (lower, upper) }
    return (max(lower, min(observed.lower, upper)), min(upper, max(observed.upper, lower)))
  }

  /// The smallest number of integer bits whose type reaches both bounds; rounding may still ask for one more.
  static func integerBits(_ lower: Double, _ upper: Double, isSigned: Bool) -> Int {
    func bits(_ magnitude: Double) -> Int { magnitude > 0 ? Int(magnitude.exponent) + 1 : -64 }
    // A minimum of exactly -2^k needs no more bits than values just above it.
    let below = lower < 0 ? (lower.significand == 1 ? Int(lower.exponent) : bits(-lower)) : -64
    return max(bits(upper), below, -60) + (isSigned ? 1 : 0)
  }
}
