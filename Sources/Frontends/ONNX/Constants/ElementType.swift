import Glibc

/// The element type of a tensor, as ONNX numbers them; only those that hold plain numbers.
enum ElementType: Int32, Sendable {
  case float = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case double = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  var isFloatingPoint: Bool {
    switch self {
    case .float, .float16, .double, .bfloat16: true
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .uint32, .uint64: false
    }
  }

  /// Bytes of one element in `raw_data`.
  var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float, .int32, .uint32: 4
    case .double, .int64, .uint64: 8
    }
  }

  /// The value in this type that arithmetic on its elements would give; nil where a whole number is too large to be exact here.
  ///
  /// Sums, products, quotients and roots of two float32 numbers in double precision, rounded to float32, are what float32
  /// arithmetic gives.
  func rounded(_ x: Double) -> Double? {
    switch self {
    case .double: x
    case .float: Double(Float(x))
    case .float16: Double(Float16(x))
    case .bfloat16: Self.roundedToBFloat16(x)
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .uint32, .uint64: wholeNumber(x)
    }
  }

  /// Towards zero; nil outside of the type's range, where ONNX would wrap, and where doubles have gaps.
  private func wholeNumber(_ x: Double) -> Double? {
    let bits = Double(self == .bool ? 1 : 8 * size)
    let isSigned =
      switch self {
      case .int8, .int16, .int32, .int64: true
      case .uint8, .uint16, .uint32, .uint64, .bool, .float, .float16, .double, .bfloat16: false
      }
    let limit = min(exp2(isSigned ? bits - 1 : bits) - 1, 0x1p53)
    let whole = x.rounded(.towardZero)
    return whole <= limit && whole >= (isSigned ? -limit - 1 : 0) ? whole : nil
  }

  /// To the nearest, ties to even, as casting to bfloat16 does.
  private static func roundedToBFloat16(_ x: Double) -> Double {
    let float = Float(x)
    guard float.isFinite else { return Double(float) }
    let bits = UInt64(float.bitPattern)
    let rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return Double(Float(bitPattern: UInt32(truncatingIfNeeded: rounded << 16)))
  }

  /// The type's name in ONNX, for messages; any number, known or not.
  static func name(of number: Int32) -> String {
    ElementType(rawValue: number).map { "\($0)" } ?? "type \(number)"
  }
}
