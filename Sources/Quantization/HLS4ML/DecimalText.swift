import FixedPoint
import Glibc

/// hls4ml's way of carrying weights: written as decimal text, read back, quantised.
enum DecimalText {
  /// What is left of a value after it was written with `digits` decimals and read again, both correctly rounded.
  ///
  /// Works in the C locale whatever the process's is.
  static func roundTrip(_ value: Double, digits: Int) -> Double {
    guard value.isFinite else { return value }
    let previous = uselocale(cLocale)
    defer { uselocale(previous) }
    // The largest double has 309 digits before the point.
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + digits) { buffer in
      _ = withVaList([Int32(digits), value]) { vsnprintf(buffer.baseAddress, buffer.count, "%.*f", $0) }
      return buffer.baseAddress.map { strtod($0, nil) } ?? value
    }
  }

  /// What is left of a value after it was written with `digits` significant digits and read again.
  static func significant(_ value: Double, digits: Int) -> Double {
    guard value.isFinite else { return value }
    let previous = uselocale(cLocale)
    defer { uselocale(previous) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32 + digits) { buffer in
      _ = withVaList([Int32(digits), value]) { vsnprintf(buffer.baseAddress, buffer.count, "%.*g", $0) }
      return buffer.baseAddress.map { strtod($0, nil) } ?? value
    }
  }

  /// The raw weight that hls4ml's firmware holds for a trained value.
  static func quantize(_ value: Double, to type: FixedPointType) -> Int128 {
    type.quantize(roundTrip(value, digits: max(0, type.fractionBits))).raw
  }

  // Made once and never freed; the C library only reads it.
  nonisolated(unsafe) private static let cLocale: locale_t? = newlocale(1 << LC_NUMERIC, "C", nil)
}
