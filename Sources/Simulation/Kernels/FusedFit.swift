import CSimulationKernels
import FixedPoint

/// The commonest programs in one pass over 32-bit lanes: `max(x, 0)` or nothing, a shift that rounds, and a fit.
struct FusedFit: Sendable, Hashable {
  private var floor = Int32.min
  private var half: Int32 = 0
  /// What is added to numbers below zero.
  private var negative: Int32 = 0
  /// One where the half is added to odd results only.
  private var even: Int32 = 0
  private var shift: Int32 = 0
  private var low = Int32.min
  private var high = Int32.max
  private var mask: Int32 = -1
  private var sign: Int32 = 0

  /// The function and the rule in this form, or nil where they have another.
  init?(_ function: ElementFunction, _ rule: QuantizeRule, work: WorkWidth) {
    guard work == .int32, rule.lift == 0 else { return nil }
    switch function {
    case .relu: floor = 0
    case .copy(lift: 0): break
    case .copy, .linear, .clampedLinear, .rectify: return nil
    }
    if rule.drop > 0 { round(rule.rounding, dropping: Int32(min(rule.drop, 31))) }
    switch rule.fit {
    case .none: break
    case .wrapSigned, .wrapUnsigned: wrap(rule.width, isSigned: rule.fit == .wrapSigned)
    case .saturate:
      low = Int32(truncatingIfNeeded: rule.bounds.lower)
      high = Int32(truncatingIfNeeded: rule.bounds.upper)
    case .zero: return nil
    }
  }

  private mutating func round(_ rounding: Rounding, dropping places: Int32) {
    shift = places
    let tie: Int32 = 1 &<< (shift &- 1)
    switch rounding {
    case .truncate: break
    case .truncateTowardZero: negative = (tie &- 1) &* 2 &+ 1
    case .roundHalfUp: half = tie
    case .roundHalfDown: half = tie &- 1
    case .roundHalfAwayFromZero: (half, negative) = (tie, -1)
    case .roundHalfTowardZero: (half, negative) = (tie &- 1, 1)
    case .roundHalfToEven: (half, even) = (tie &- 1, 1)
    }
  }

  /// The fit of rounded numbers below 2^30 to a type of at most 31 bits, or nil for a fit of another form.
  init?(_ type: FixedPointType) {
    guard type.width <= 31 else { return nil }
    switch type.overflow {
    case .wrap: wrap(type.width, isSigned: type.isSigned)
    case .saturate, .saturateSymmetric:
      low = Int32(truncatingIfNeeded: type.rawRange.lower)
      high = Int32(truncatingIfNeeded: type.rawRange.upper)
    case .saturateToZero: return nil
    }
  }

  private mutating func wrap(_ width: Int, isSigned: Bool) {
    mask = width < 32 ? Int32(truncatingIfNeeded: (Int64(1) << width) - 1) : -1
    sign = isSigned && width > 0 ? 1 &<< Int32(width - 1) : 0
  }

  /// For the loops in C.
  var parameters: tricot_fit {
    tricot_fit(
      floor: floor,
      half: half,
      negative: negative,
      even: even,
      shift: shift,
      low: low,
      high: high,
      mask: mask,
      sign: sign
    )
  }

  /// Runs over rows, if both storages have 32 bits.
  func run(from source: LaneRows, to destination: LaneRows, count: Int) -> Bool {
    switch (source.storage, destination.storage) {
    case (.float32, .float32): tricot_fit_f32_f32(source.pointer(), destination.pointer(), count, parameters)
    case (.float32, .int32): tricot_fit_f32_i32(source.pointer(), destination.pointer(), count, parameters)
    case (.int32, .float32): tricot_fit_i32_f32(source.pointer(), destination.pointer(), count, parameters)
    case (.int32, .int32): tricot_fit_i32_i32(source.pointer(), destination.pointer(), count, parameters)
    default: return false
    }
    return true
  }

  /// Runs over rows as ``run(from:to:count:)`` does, and counts the rounded values of the tile's samples that a rule's type
  /// does not hold.
  func run(from source: LaneRows, to destination: LaneRows, rows: Int, tile: Tile, rule: QuantizeRule) -> Int? {
    let (lanes, samples) = (tile.lanes, tile.samples)
    let low = Int32(clamping: rule.fitting.lower)
    let high = Int32(clamping: rule.fitting.upper)
    typealias Loop<S, D> = (
      UnsafePointer<S>?, UnsafeMutablePointer<D>?, Int, Int, Int, tricot_fit, Int32, Int32
    ) -> Int
    func counted<S, D>(_ loop: Loop<S, D>) -> Int {
      loop(UnsafePointer(source.pointer()), destination.pointer(), rows, lanes, samples, parameters, low, high)
    }
    switch (source.storage, destination.storage) {
    case (.float32, .float32): return counted(tricot_counted_fit_f32_f32)
    case (.float32, .int32): return counted(tricot_counted_fit_f32_i32)
    case (.int32, .float32): return counted(tricot_counted_fit_i32_f32)
    case (.int32, .int32): return counted(tricot_counted_fit_i32_i32)
    default: return nil
    }
  }
}
