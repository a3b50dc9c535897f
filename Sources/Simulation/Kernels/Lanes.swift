import CSimulationKernels
import FixedPoint

/// How the raw values of a tensor lie in a tile; floats hold integers, exactly.
enum LaneStorage: Sendable, Hashable {
  case float32, float64, int32, int64, int128

  /// Bytes per value.
  var size: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64: 8
    case .int128: 16
    }
  }

  /// Whether every integer of the interval is held exactly.
  func holds(_ range: Interval) -> Bool {
    switch self {
    case .float32: range.magnitude <= Int128(1) << 24
    case .float64: range.magnitude <= Int128(1) << 53
    case .int32: range.lower >= Int128(Int32.min) && range.upper <= Int128(Int32.max)
    case .int64: range.lower >= Int128(Int64.min) && range.upper <= Int128(Int64.max)
    case .int128: true
    }
  }
}

extension Interval {
  /// The largest absolute value.
  var magnitude: Int128 { max(-lower, upper) }
}

/// A value of a tile in one of its storages.
protocol Lane: BitwiseCopyable {
  static var storage: LaneStorage { get }
  func integer<W: WorkInteger>(as type: W.Type) -> W
  /// - Precondition: the storage holds the integer.
  init<W: WorkInteger>(integer: W)
}

/// An integer that kernels compute with.
protocol WorkInteger: FixedWidthInteger, SignedInteger, BitwiseCopyable, Sendable, Lane {}

extension WorkInteger {
  @inline(__always) func integer<W: WorkInteger>(as type: W.Type) -> W { W(truncatingIfNeeded: self) }
  @inline(__always) init<W: WorkInteger>(integer: W) { self.init(truncatingIfNeeded: integer) }
}

extension Int32: WorkInteger { static var storage: LaneStorage { .int32 } }
extension Int64: WorkInteger { static var storage: LaneStorage { .int64 } }
extension Int128: WorkInteger { static var storage: LaneStorage { .int128 } }

extension Float: Lane {
  static var storage: LaneStorage { .float32 }
  @inline(__always) func integer<W: WorkInteger>(as type: W.Type) -> W {
    W(truncatingIfNeeded: tricot_int32_of_float(self))
  }
  @inline(__always) init<W: WorkInteger>(integer: W) { self = Float(Int32(truncatingIfNeeded: integer)) }
}

extension Double: Lane {
  static var storage: LaneStorage { .float64 }
  @inline(__always) func integer<W: WorkInteger>(as type: W.Type) -> W {
    W.bitWidth == 32
      ? W(truncatingIfNeeded: tricot_int32_of_double(self)) : W(truncatingIfNeeded: tricot_int64_of_double(self))
  }
  @inline(__always) init<W: WorkInteger>(integer: W) {
    self = W.bitWidth == 32 ? Double(Int32(truncatingIfNeeded: integer)) : Double(Int64(truncatingIfNeeded: integer))
  }
}

/// The integers in which a kernel computes: the narrowest that provably hold every intermediate value.
enum WorkWidth: Int, Comparable, Sendable {
  case int32 = 32
  case int64 = 64
  case int128 = 128

  static func < (a: WorkWidth, b: WorkWidth) -> Bool { a.rawValue < b.rawValue }

  /// The narrowest whose upper two bits stay free over the interval: room for rounding and for a sum of two.
  ///
  /// Intervals that are too wide are refused before they come here.
  init(holding range: Interval) {
    let magnitude = range.magnitude
    self = magnitude < Int128(1) << 30 ? .int32 : magnitude < Int128(1) << 62 ? .int64 : .int128
  }

  /// The narrowest that holds the interval at all.
  init(storing range: Interval) {
    self = LaneStorage.int32.holds(range) ? .int32 : LaneStorage.int64.holds(range) ? .int64 : .int128
  }
}
