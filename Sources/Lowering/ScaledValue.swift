import FixedPoint
import FixedPointIR
import NetlistIR

/// An exact number in a netlist: `id · 2^-fractionBits`, and what is proven about the raw integer.
///
/// Trailing zeros are not kept as wires: a shifted value is the value on a coarser grid.
struct ScaledValue {
  var id: ValueID
  var fractionBits: Int
  /// The raw values that can occur; it may be narrower than the netlist's own interval.
  var range: Interval

  var isZero: Bool { range == Interval(0) }

  /// The range on a grid that is not coarser.
  func range(on grid: Int) -> Interval { isZero ? range : range.shifted(by: grid - fractionBits) }

  /// Places by which the raw integer is shifted to stand on a grid.
  func shift(to grid: Int) -> Int { isZero ? 0 : grid - fractionBits }

  /// The finer grid of two numbers; zero stands on all.
  static func grid(_ a: ScaledValue, _ b: ScaledValue) -> Int {
    if a.isZero { return b.fractionBits }
    return b.isZero ? a.fractionBits : max(a.fractionBits, b.fractionBits)
  }
}

extension NetlistBuilder {
  /// A value of the netlist as a number; `range` is what is proven of its raw integer beyond the netlist's interval.
  mutating func scaled(_ id: ValueID, fractionBits: Int, range proven: Interval? = nil) -> ScaledValue {
    let known = proven.flatMap { range(id).intersection($0) } ?? range(id)
    if known.isConstant { return scaled(ExactValue(raw: known.lower, fractionBits: fractionBits)) }
    guard case .shiftLeft(let inner, let places) = instruction(id) else {
      return ScaledValue(id: id, fractionBits: fractionBits, range: known)
    }
    return ScaledValue(
      id: inner,
      fractionBits: fractionBits - Int(places),
      range: known.shifted(by: -Int(places)).intersection(range(inner)) ?? range(inner)
    )
  }

  mutating func scaled(_ value: ExactValue) -> ScaledValue {
    let zeros = value.raw == 0 ? 0 : value.raw.trailingZeroBitCount
    let raw = value.raw >> zeros
    return ScaledValue(
      id: constant(raw),
      fractionBits: value.raw == 0 ? 0 : value.fractionBits - zeros,
      range: Interval(raw)
    )
  }

  /// The raw integer on a grid that is not coarser.
  mutating func raw(of value: ScaledValue, on grid: Int) -> ValueID { shiftLeft(value.id, value.shift(to: grid)) }

  mutating func sum(_ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    let grid = ScaledValue.grid(a, b)
    let id = sum(a.id, shift: a.shift(to: grid), b.id, shift: b.shift(to: grid))
    return scaled(id, fractionBits: grid, range: a.range(on: grid) + b.range(on: grid))
  }

  mutating func difference(_ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    let grid = ScaledValue.grid(a, b)
    let id = difference(a.id, shift: a.shift(to: grid), b.id, shift: b.shift(to: grid))
    return scaled(id, fractionBits: grid, range: a.range(on: grid) - b.range(on: grid))
  }

  mutating func negate(_ a: ScaledValue) -> ScaledValue {
    scaled(negate(a.id), fractionBits: a.fractionBits, range: -a.range)
  }

  mutating func product(_ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    scaled(product(a.id, b.id), fractionBits: a.fractionBits + b.fractionBits, range: a.range * b.range)
  }

  /// Whether `a < b`, as a condition.
  mutating func less(_ a: ScaledValue, _ b: ScaledValue) -> ValueID {
    let grid = ScaledValue.grid(a, b)
    if a.range(on: grid).upper < b.range(on: grid).lower { return constant(1) }
    if a.range(on: grid).lower >= b.range(on: grid).upper { return constant(0) }
    let (left, right) = (raw(of: a, on: grid), raw(of: b, on: grid))
    return less(left, right)
  }

  /// The choice `condition ? a : b`.
  mutating func select(_ condition: ValueID, _ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    if let value = constantValue(condition) { return value != 0 ? a : b }
    let grid = ScaledValue.grid(a, b)
    let (left, right) = (raw(of: a, on: grid), raw(of: b, on: grid))
    let id = select(condition, left, right)
    return scaled(id, fractionBits: grid, range: a.range(on: grid).union(b.range(on: grid)))
  }

  mutating func maximum(_ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    extremum(less(a, b), b, a) { Interval(max($0.lower, $1.lower), max($0.upper, $1.upper)) }
  }

  mutating func minimum(_ a: ScaledValue, _ b: ScaledValue) -> ScaledValue {
    extremum(less(b, a), b, a) { Interval(min($0.lower, $1.lower), min($0.upper, $1.upper)) }
  }

  /// `condition ? a : b` where the condition says which of them is the extreme one.
  private mutating func extremum(
    _ condition: ValueID,
    _ a: ScaledValue,
    _ b: ScaledValue,
    range: (Interval, Interval) -> Interval
  ) -> ScaledValue {
    let grid = ScaledValue.grid(a, b)
    let proven = range(a.range(on: grid), b.range(on: grid))
    if let clamped = clamped(a, b, on: grid, to: proven) { return clamped }
    let selected = select(condition, a, b)
    return scaled(raw(of: selected, on: grid), fractionBits: grid, range: proven)
  }

  /// The extremum of a value and a constant: a clamp.
  private mutating func clamped(
    _ a: ScaledValue,
    _ b: ScaledValue,
    on grid: Int,
    to proven: Interval
  ) -> ScaledValue? {
    guard a.range.isConstant != b.range.isConstant else { return nil }
    let variable = a.range.isConstant ? b : a
    let id = raw(of: variable, on: grid)
    // A side that the constant does not move is left alone.
    let old = variable.range(on: grid)
    let bounds = Interval(
      proven.lower > old.lower ? proven.lower : min(range(id).lower, proven.lower),
      proven.upper < old.upper ? proven.upper : max(range(id).upper, proven.upper)
    )
    return scaled(clamp(id, to: bounds), fractionBits: grid, range: proven)
  }

  /// The exact sum of several numbers as a balanced tree.
  mutating func balancedSum(_ terms: [ScaledValue]) -> ScaledValue {
    var level = terms
    while level.count > 1 {
      var next: [ScaledValue] = []
      for index in stride(from: 0, to: level.count, by: 2) {
        next.append(index + 1 < level.count ? sum(level[index], level[index + 1]) : level[index])
      }
      level = next
    }
    return level.first ?? scaled(ExactValue(raw: 0, fractionBits: 0))
  }
}
