/// What happens to the bits below the last one that a type keeps.
///
/// Raw values are the spelling of AMD's `ap_fixed` (and hls4ml's), without the `AP_` prefix.
package enum Rounding: String, CaseIterable, Sendable, Hashable {
  /// Toward minus infinity: the bits are dropped.
  case truncate = "TRN"
  case truncateTowardZero = "TRN_ZERO"
  /// To nearest, ties toward plus infinity.
  case roundHalfUp = "RND"
  /// To nearest, ties toward minus infinity.
  case roundHalfDown = "RND_MIN_INF"
  case roundHalfAwayFromZero = "RND_INF"
  case roundHalfTowardZero = "RND_ZERO"
  case roundHalfToEven = "RND_CONV"
}

/// What happens to a rounded value that the type cannot hold.
package enum Overflow: String, CaseIterable, Sendable, Hashable {
  /// Two's complement: the high bits are dropped.
  case wrap = "WRAP"
  /// Clamp to `[minimum, maximum]`.
  case saturate = "SAT"
  /// Clamp to `[-maximum, maximum]`.
  case saturateSymmetric = "SAT_SYM"
  /// Replace by zero.
  case saturateToZero = "SAT_ZERO"
}

/// A binary fixed-point number format with its quantisation rules: `ap_[u]fixed<W, I, Q, O>`.
///
/// A value is `raw · 2^-fractionBits`, `raw` an integer of `width` bits. `fractionBits` may be negative or larger than
/// `width`. A width of zero holds only the value 0, as HGQ-trained models use it for pruned activations.
package struct FixedPointType: Hashable, Sendable {
  /// Total bits, 0 to ``maximumWidth``.
  package var width: Int
  /// Bits before the binary point, the sign bit included.
  package var integerBits: Int
  package var isSigned: Bool
  package var rounding: Rounding
  package var overflow: Overflow

  /// The widest type that every part of Tricot computes exactly.
  package static let maximumWidth = 120

  package init(
    width: Int,
    integerBits: Int,
    isSigned: Bool = true,
    rounding: Rounding = .truncate,
    overflow: Overflow = .wrap
  ) {
    self.width = width
    self.integerBits = integerBits
    self.isSigned = isSigned
    self.rounding = rounding
    self.overflow = overflow
  }

  /// Bits after the binary point, `width - integerBits`; negative when the step is larger than one.
  package var fractionBits: Int { width - integerBits }

  /// The smallest raw value, a two's complement minimum or zero.
  package var minimumRaw: Int128 { isSigned && width > 0 ? -(Int128(1) << (width - 1)) : 0 }

  /// The largest raw value.
  package var maximumRaw: Int128 {
    guard width > 0 else { return 0 }
    return (Int128(1) << (isSigned ? width - 1 : width)) - 1
  }

  /// Every raw value that a quantisation to this type can produce.
  package var rawRange: Interval {
    let lower = overflow == .saturateSymmetric && isSigned ? -maximumRaw : minimumRaw
    return Interval(lower, maximumRaw)
  }

  /// The distance of neighbouring values, `2^-fractionBits`.
  package var step: Double { Double(sign: .plus, exponent: -fractionBits, significand: 1) }

  /// The same format with other quantisation rules.
  package func with(rounding: Rounding? = nil, overflow: Overflow? = nil) -> FixedPointType {
    var copy = self
    if let rounding { copy.rounding = rounding }
    if let overflow { copy.overflow = overflow }
    return copy
  }

  /// The value of a raw integer, rounded only where a `Double` cannot hold it (beyond 53 significant bits).
  package func value(ofRaw raw: Int128) -> Double { Double(raw) * step }
}

extension FixedPointType: CustomStringConvertible {
  /// Whether this is hls4ml's `int<W>` or `uint<W>`: no fraction, assignment truncates toward zero.
  package var isInteger: Bool {
    width == integerBits && rounding == .truncateTowardZero && overflow == .wrap
  }

  /// hls4ml's spelling, such as `fixed<16,6,TRN,WRAP,0>` or `uint<1>`.
  package var description: String {
    if isInteger { return "\(isSigned ? "int" : "uint")<\(width)>" }
    return "\(isSigned ? "fixed" : "ufixed")<\(width),\(integerBits),\(rounding.rawValue),\(overflow.rawValue),0>"
  }

  /// The short spelling for people: the rules are left out when they are the default ones.
  package var shortDescription: String {
    if isInteger { return description }
    let head = "\(isSigned ? "fixed" : "ufixed")<\(width),\(integerBits)"
    if overflow != .wrap { return "\(head),\(rounding.rawValue),\(overflow.rawValue)>" }
    return rounding == .truncate ? "\(head)>" : "\(head),\(rounding.rawValue)>"
  }
}
