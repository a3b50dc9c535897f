/// A raw value in a type, and whether the value had to be changed to fit.
package struct QuantizedValue: Hashable, Sendable {
  package var raw: Int128
  /// The rounded value lay outside the type: it was wrapped, saturated or zeroed.
  package var overflowed: Bool

  package init(raw: Int128, overflowed: Bool) {
    self.raw = raw
    self.overflowed = overflowed
  }
}

extension FixedPointType {
  /// Rounds and fits `raw · 2^-fractionBits` to this type, exactly as `ap_fixed` assignment does.
  ///
  /// Overflow is judged after rounding: a rounding carry that leaves the range saturates.
  package func quantize(raw: Int128, fractionBits: Int) -> QuantizedValue {
    let drop = fractionBits - self.fractionBits
    if drop <= 0 { return fitShifted(raw, places: -drop) }
    return fit(Self.roundedShift(raw, by: drop, rounding))
  }

  /// Rounds and fits the exact value of a double; infinities saturate, or become zero where the type wraps.
  ///
  /// - Precondition: `value` is not NaN. Readers of user data refuse NaN before this point.
  package func quantize(_ value: Double) -> QuantizedValue {
    precondition(!value.isNaN, "NaN is refused before quantisation")
    if value == 0 { return QuantizedValue(raw: 0, overflowed: false) }
    if value.isInfinite {
      switch overflow {
      case .wrap, .saturateToZero: return QuantizedValue(raw: 0, overflowed: true)
      case .saturate, .saturateSymmetric:
        return QuantizedValue(raw: value < 0 ? rawRange.lower : rawRange.upper, overflowed: true)
      }
    }
    // A finite double is an integer of 53 bits times a power of two.
    let exponent = Int(value.exponent) - 52
    let mantissa = Int128(Double(sign: value.sign, exponent: 52, significand: value.significand))
    return quantize(raw: mantissa, fractionBits: -exponent)
  }

  /// Fits a raw value that already stands on this type's grid.
  package func fit(_ raw: Int128) -> QuantizedValue {
    if raw >= minimumRaw && raw <= maximumRaw {
      if overflow == .saturateSymmetric && raw < -maximumRaw && isSigned {
        return QuantizedValue(raw: -maximumRaw, overflowed: true)
      }
      return QuantizedValue(raw: raw, overflowed: false)
    }
    switch overflow {
    case .wrap: return QuantizedValue(raw: wrapped(raw), overflowed: true)
    case .saturate, .saturateSymmetric:
      return QuantizedValue(raw: raw < 0 ? rawRange.lower : rawRange.upper, overflowed: true)
    case .saturateToZero: return QuantizedValue(raw: 0, overflowed: true)
    }
  }

  /// The low `width` bits of a raw value, read in this type's sign.
  package func wrapped(_ raw: Int128) -> Int128 {
    guard width > 0 else { return 0 }
    let unused = 128 - width
    let high = raw << unused
    return isSigned ? high >> unused : Int128(truncatingIfNeeded: UInt128(truncatingIfNeeded: high) >> unused)
  }

  /// `raw / 2^places`, rounded to an integer.
  package static func roundedShift(_ raw: Int128, by places: Int, _ rounding: Rounding) -> Int128 {
    guard places > 0 else { return raw }
    // Beyond 126 places only the sign and "is it zero" matter, and no value reaches half a step.
    let shift = min(places, 126)
    let quotient = raw >> shift
    let remainder = raw - (quotient << shift)
    let half = Int128(1) << (shift - 1)
    let carry: Bool
    switch rounding {
    case .truncate: carry = false
    case .truncateTowardZero: carry = raw < 0 && remainder != 0
    case .roundHalfUp: carry = remainder >= half
    case .roundHalfDown: carry = remainder > half
    case .roundHalfAwayFromZero: carry = remainder > half || (remainder == half && raw >= 0)
    case .roundHalfTowardZero: carry = remainder > half || (remainder == half && raw < 0)
    case .roundHalfToEven: carry = remainder > half || (remainder == half && quotient & 1 == 1)
    }
    return quotient + (carry ? 1 : 0)
  }

  /// Fits `raw · 2^places` without ever forming a product that leaves 128 bits.
  private func fitShifted(_ raw: Int128, places: Int) -> QuantizedValue {
    if raw == 0 { return QuantizedValue(raw: 0, overflowed: false) }
    let magnitude = raw < 0 ? ~raw : raw
    if places < 126 && magnitude.leadingZeroBitCount > places + 1 { return fit(raw << places) }
    switch overflow {
    case .wrap: return QuantizedValue(raw: places >= 128 ? 0 : wrapped(raw << places), overflowed: true)
    case .saturate, .saturateSymmetric:
      return QuantizedValue(raw: raw < 0 ? rawRange.lower : rawRange.upper, overflowed: true)
    case .saturateToZero: return QuantizedValue(raw: 0, overflowed: true)
    }
  }
}
