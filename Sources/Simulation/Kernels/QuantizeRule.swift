import FixedPoint

/// One quantisation of a known range, decoded once: shift, round, fit.
struct QuantizeRule: Sendable, Hashable {
  /// What is done with values outside the type; `none` where there provably are no such values.
  enum Fit: Sendable, Hashable {
    case none, wrapSigned, wrapUnsigned, saturate, zero
  }

  /// Bits to drop, rounded; 0 if there are none.
  var drop: Int
  /// Places to shift to the left; 0 if bits are dropped.
  var lift: Int
  var rounding: Rounding
  var overflow: Overflow
  var fit: Fit
  /// What the type does with values outside, whether there are any or not.
  private let typeFit: Fit
  var width: Int
  /// Every raw value that the type holds.
  var bounds: Interval
  /// The rounded values, before the shift to the left, that the type holds.
  var fitting: Interval
  /// The integers in which the rule can be applied.
  var work: WorkWidth
  /// The raw values that can come out.
  var result: Interval

  /// The rule that takes `raw · 2^-fractionBits`, `raw` in `range`, to `type`.
  init(range: Interval, fractionBits: Int, type: FixedPointType) {
    drop = max(0, fractionBits - type.fractionBits)
    lift = max(0, type.fractionBits - fractionBits)
    rounding = type.rounding
    overflow = type.overflow
    width = type.width
    bounds = type.rawRange
    result = type.quantizedRange(of: range, fractionBits: fractionBits)
    let places = min(lift, 126)
    fitting = Interval(-((-bounds.lower) >> places), bounds.upper >> places)
    typeFit = QuantizeRule.fit(of: type)
    fit = type.holds(range, fractionBits: fractionBits) ? .none : typeFit
    work = max(WorkWidth(holding: range), WorkWidth(storing: fit == .none ? result : bounds.union(result)))
  }

  private static func fit(of type: FixedPointType) -> Fit {
    switch type.overflow {
    case .wrap: return type.isSigned ? .wrapSigned : .wrapUnsigned
    case .saturate, .saturateSymmetric: return .saturate
    case .saturateToZero: return .zero
    }
  }

  /// Whether the rule changes no value of its range.
  var isIdentity: Bool { drop == 0 && lift == 0 && fit == .none }

  /// The same rule without what differs from neighbour to neighbour and does not matter in execution, so that elements of
  /// one type can be computed together.
  func shared(in work: WorkWidth) -> QuantizeRule {
    var rule = self
    rule.work = work
    rule.result = bounds
    if drop == 0 { rule.rounding = .truncate }
    if fit == .none, lift == 0, typeFit != .zero, WorkWidth(storing: bounds) <= work { rule.fit = typeFit }
    return rule
  }
}
