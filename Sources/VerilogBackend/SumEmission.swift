/// The wires that one value becomes.
struct Emission {
  /// Wires that the value is made of, before it.
  var helpers: [(Net, Expression)] = []
  var value: Expression
}

/// Sums and differences of two shifted operands.
///
/// The adder covers only the bits where both operands stand; below, the bits of the unshifted one are copied.
enum SumEmission {
  /// `(a << s) + (b << t)`, the low `width` bits.
  ///
  /// - Parameters:
  ///   - isMeltable: synthesis would melt the sum with its reader into a compressor tree; see ``AdderChains``.
  ///   - isSwapped: the term with the lowest bits is written last: of two terms the carry chain itself needs the first,
  ///     while the second meets it in a look-up table.
  static func sum(
    _ a: Operand,
    shift s: Int,
    _ b: Operand,
    shift t: Int,
    width: Int,
    name: String,
    isMeltable: Bool,
    isSwapped: Bool = false
  ) -> Emission {
    if s > 0 {
      return sum(b, shift: t, a, shift: s, width: width, name: name, isMeltable: isMeltable, isSwapped: isSwapped)
    }
    if case .constant(let value) = a, t == 0 {
      return sum(b, shift: 0, a, shift: 0, width: width, name: name, isMeltable: isMeltable, constant: value)
    }
    if case .constant(let value) = b {
      return sum(a, shift: 0, b, shift: 0, width: width, name: name, isMeltable: isMeltable, constant: value << t)
    }
    return aligned(
      .add,
      a,
      b,
      shift: t,
      width: width,
      name: name,
      isMeltable: isMeltable,
      isSwapped: isSwapped
    )
  }

  /// `a + constant`: the trailing zeros of the constant copy bits; a negative one is subtracted.
  private static func sum(
    _ a: Operand,
    shift: Int,
    _ b: Operand,
    shift t: Int,
    width: Int,
    name: String,
    isMeltable: Bool,
    constant: Int128
  ) -> Emission {
    let zeros = min(constant.trailingZeroBitCount, width)
    let magnitude = constant < 0 ? -constant : constant
    return aligned(
      constant < 0 ? .subtract : .add,
      a,
      .constant(magnitude >> zeros),
      shift: zeros,
      width: width,
      name: name,
      isMeltable: isMeltable
    )
  }

  /// `(a << s) - (b << t)`, the low `width` bits.
  static func difference(
    _ a: Operand,
    shift s: Int,
    _ b: Operand,
    shift t: Int,
    width: Int,
    name: String,
    isMeltable: Bool
  ) -> Emission {
    if case .constant(let value) = b {
      return sum(
        a,
        shift: s,
        .constant(-value),
        shift: t,
        width: width,
        name: name,
        isMeltable: isMeltable
      )
    }
    if s == 0 { return aligned(.subtract, a, b, shift: t, width: width, name: name, isMeltable: isMeltable) }
    return apart(.subtract, shifted(a, by: s, width: width), b.window(width: width), name: name, isMeltable)
  }

  /// `a ± (b << shift)`, the low `width` bits.
  private static func aligned(
    _ op: BinaryOperator,
    _ a: Operand,
    _ b: Operand,
    shift: Int,
    width: Int,
    name: String,
    isMeltable: Bool,
    isSwapped: Bool = false
  ) -> Emission {
    if shift >= width { return Emission(value: a.window(width: width)) }
    let high = width - shift
    if op == .add && shift > 0 && !a.isSigned && a.width <= shift {
      return Emission(value: .joined([b.window(width: high), a.window(width: shift)]))
    }
    let terms = (a.window(low: shift, width: high), b.window(width: high))
    let (first, second) = isSwapped && op == .add ? (terms.1, terms.0) : terms
    var result = apart(op, first, second, name: name, isMeltable)
    if shift > 0 { result.value = .joined([result.value, a.window(width: shift)]) }
    return result
  }

  /// An adder that synthesis keeps apart from the adder that reads it.
  ///
  /// Its lowest bit is written a second time, as the exclusive or that it is: the reader then does not read the adder's
  /// whole output. It costs nothing, because the carry chain computes the same exclusive or.
  private static func apart(
    _ op: BinaryOperator,
    _ a: Expression,
    _ b: Expression,
    name: String,
    _ isMeltable: Bool
  ) -> Emission {
    if a.width == 1 { return Emission(value: .exclusiveOr(a, b)) }
    guard isMeltable else { return Emission(value: .binary(op, a, b)) }
    let net = Net(name: "\(name)_sum", width: a.width)
    return Emission(
      helpers: [(net, .binary(op, a, b))],
      value: .concatenation([
        .slice(net, high: net.width - 1, low: 1), .exclusiveOr(a.lowestBit, b.lowestBit),
      ])
    )
  }

  private static func shifted(_ a: Operand, by places: Int, width: Int) -> Expression {
    places >= width
      ? .literal(0, width: width) : .joined([a.window(width: width - places), .literal(0, width: places)])
  }
}

extension Expression {
  /// Of two bits; one with a constant is a wire or an inverter.
  static func exclusiveOr(_ a: Expression, _ b: Expression) -> Expression {
    switch (a, b) {
    case (.literal(let bit, _), let other), (let other, .literal(let bit, _)):
      bit & 1 == 0 ? other : .unary(.not, other)
    default: .binary(.xor, a, b)
    }
  }

  /// Bit 0 of what ``Operand/window(low:width:)`` makes.
  var lowestBit: Expression {
    switch self {
    case .slice(let net, _, let low): .slice(net, high: low, low: low)
    case .literal(let value, _): .literal(value & 1, width: 1)
    case .concatenation(let parts): parts[parts.count - 1].lowestBit
    case .replication(_, let part): part.lowestBit
    case .unary, .binary, .conditional, .signed, .product: preconditionFailure("not a window of an operand")
    }
  }
}
