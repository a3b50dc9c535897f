/// A named wire, register or port.
struct Net: Hashable {
  var name: String
  /// Bits; at least 1.
  var width: Int

  /// The whole net as an expression.
  var whole: Expression { .slice(self, high: width - 1, low: 0) }
}

/// A Verilog expression.
///
/// Operands have the widths that the operator wants: nothing is extended implicitly.
indirect enum Expression {
  /// Bits `low … high` of a net, unsigned.
  case slice(Net, high: Int, low: Int)
  /// The low `width` bits of a two's complement number, at most 128.
  case literal(Int128, width: Int)
  /// Most significant part first.
  case concatenation([Expression])
  case replication(Int, Expression)
  case unary(UnaryOperator, Expression)
  case binary(BinaryOperator, Expression, Expression)
  case conditional(Expression, Expression, Expression)
  /// `$signed(e)`
  case signed(Expression)
  /// A product of two signed or two unsigned factors, all its bits: its width is the sum of theirs.
  case product(Expression, Expression)
}

enum UnaryOperator: String {
  case not = "~"
  case all = "&"
  case any = "|"
}

enum BinaryOperator: String {
  case add = "+"
  case subtract = "-"
  case less = "<"
  case equal = "=="
  case and = "&"
  case or = "|"
  case xor = "^"
}

extension BinaryOperator {
  /// Whether it adds: sums are written without parentheses.
  var isSum: Bool {
    switch self {
    case .add, .subtract: true
    case .less, .equal, .and, .or, .xor: false
    }
  }
}

extension Expression {
  /// Bits of the result.
  var width: Int {
    switch self {
    case .slice(_, let high, let low): high - low + 1
    case .literal(_, let width): width
    case .concatenation(let parts): parts.reduce(0) { $0 + $1.width }
    case .replication(let count, let part): count * part.width
    case .unary(let op, let operand):
      switch op {
      case .all, .any: 1
      case .not: operand.width
      }
    case .binary(let op, let a, _):
      switch op {
      case .less, .equal: 1
      case .add, .subtract, .and, .or, .xor: a.width
      }
    case .conditional(_, let a, _): a.width
    case .signed(let a): a.width
    case .product(let a, let b): a.width + b.width
    }
  }

  /// The parts, most significant first, without the empty ones.
  static func joined(_ parts: [Expression]) -> Expression {
    var flat: [Expression] = []
    for part in parts where part.width > 0 {
      if case .concatenation(let inner) = part { flat += inner } else { flat.append(part) }
    }
    return flat.count == 1 ? flat[0] : .concatenation(flat)
  }

  /// `count` copies of a bit.
  static func repeated(_ count: Int, _ bit: Expression) -> Expression {
    count == 1 ? bit : .replication(count, bit)
  }

  /// The opposite of a bit or of every bit of a word.
  var inverted: Expression {
    switch self {
    case .unary(.not, let inner): return inner
    case .binary(.or, let a, let b): return .binary(.and, a.inverted, b.inverted)
    case .binary(.and, let a, let b): return .binary(.or, a.inverted, b.inverted)
    case .slice, .literal, .concatenation, .replication, .unary, .binary, .conditional, .signed, .product:
      return .unary(.not, self)
    }
  }

  /// Calls the function for every net slice that is read.
  func forEachRead(_ body: (Net, _ high: Int, _ low: Int) -> Void) {
    switch self {
    case .slice(let net, let high, let low): body(net, high, low)
    case .literal: break
    case .concatenation(let parts): for part in parts { part.forEachRead(body) }
    case .replication(_, let a), .unary(_, let a), .signed(let a): a.forEachRead(body)
    case .binary(_, let a, let b), .product(let a, let b):
      a.forEachRead(body)
      b.forEachRead(body)
    case .conditional(let condition, let a, let b):
      condition.forEachRead(body)
      a.forEachRead(body)
      b.forEachRead(body)
    }
  }
}
