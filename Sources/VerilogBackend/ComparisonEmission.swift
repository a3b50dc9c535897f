/// Comparisons, with constants by the fewest bits that decide them.
enum ComparisonEmission {
  /// `a < b` of two operands.
  static func less(_ a: Operand, _ b: Operand) -> Expression {
    switch (a, b) {
    case (.constant(let x), .constant(let y)): return .literal(x < y ? 1 : 0, width: 1)
    case (.net, .constant(let bound)): return less(a, bound)
    case (.constant(let bound), .net): return less(b, bound + 1).inverted
    case (.net, .net): return ordered(a, b)
    }
  }

  /// `a < bound`, a constant.
  static func less(_ a: Operand, _ bound: Int128) -> Expression {
    if bound == 0 { return a.sign }
    let zeros = bound.trailingZeroBitCount
    let word = Operand.constant(bound).width
    // Outside the word of `a`, every value is on the same side.
    if bound > 0 && word > a.width - (a.isSigned ? 1 : 0) { return .literal(1, width: 1) }
    if bound < 0 && (!a.isSigned || word > a.width) { return .literal(0, width: 1) }
    let width = a.width - zeros
    switch bound >> zeros {
    case 1: return a.isSigned ? signOr(a, noneSetFrom: zeros) : none(a.window(low: zeros, width: width))
    case -1:
      if width == 1 { return .literal(0, width: 1) }
      return .binary(.and, a.sign, all(a.window(low: zeros, width: width - 1)).inverted)
    case let rest:
      let high = a.window(low: zeros, width: width)
      let limit = Expression.literal(rest, width: width)
      return a.isSigned ? .binary(.less, .signed(high), .signed(limit)) : .binary(.less, high, limit)
    }
  }

  /// `a == b` of two operands.
  static func equal(_ a: Operand, _ b: Operand) -> Expression {
    let width = max(1, commonWidth(a, b))
    return width == 1
      ? .binary(.xor, a.window(width: 1), b.window(width: 1)).inverted
      : .binary(.equal, a.window(width: width), b.window(width: width))
  }

  private static func ordered(_ a: Operand, _ b: Operand) -> Expression {
    let width = commonWidth(a, b)
    let (x, y) = (a.window(width: width), b.window(width: width))
    if width == 1 && !a.isSigned && !b.isSigned { return .binary(.and, x.inverted, y) }
    return a.isSigned || b.isSigned ? .binary(.less, .signed(x), .signed(y)) : .binary(.less, x, y)
  }

  /// Bits of the smallest word that holds all values of both.
  private static func commonWidth(_ a: Operand, _ b: Operand) -> Int {
    let isSigned = a.isSigned || b.isSigned
    return max(a.width + (isSigned && !a.isSigned ? 1 : 0), b.width + (isSigned && !b.isSigned ? 1 : 0))
  }

  /// Whether `a` is negative or below `2^low`.
  private static func signOr(_ a: Operand, noneSetFrom low: Int) -> Expression {
    let width = a.width - 1 - low
    return .binary(.or, a.sign, none(a.window(low: low, width: width)))
  }

  private static func none(_ word: Expression) -> Expression {
    word.width == 1 ? word.inverted : .unary(.any, word).inverted
  }

  private static func all(_ word: Expression) -> Expression {
    word.width == 1 ? word : .unary(.all, word)
  }
}
