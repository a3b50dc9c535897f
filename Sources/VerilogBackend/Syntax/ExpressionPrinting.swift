extension Expression {
  /// The expression as Verilog-2005.
  var text: String {
    switch self {
    case .slice(let net, let high, let low):
      if high == net.width - 1 && low == 0 { return net.name }
      return high == low ? "\(net.name)[\(low)]" : "\(net.name)[\(high):\(low)]"
    case .literal(let value, let width): return Self.literalText(value, width: width)
    case .concatenation(let parts): return "{\(Self.list(parts.map(\.text)))}"
    case .replication(let count, let part):
      if case .concatenation = part { return "{\(count)\(part.text)}" }
      return "{\(count){\(part.text)}}"
    case .unary(let op, let operand): return op.rawValue + operand.operandText
    case .binary(let op, .binary(let inner, let a, let b), let c) where op.isSum && inner.isSum:
      return "\(Expression.binary(inner, a, b).text) \(op.rawValue) \(c.operandText)"
    case .binary(let op, let a, let b): return "\(a.operandText) \(op.rawValue) \(b.operandText)"
    case .conditional(let condition, let a, let b):
      let otherwise = if case .conditional = b { b.text } else { b.operandText }
      return "\(condition.operandText) ? \(a.operandText) : \(otherwise)"
    case .signed(let a): return "$signed(\(a.text))"
    case .product(let a, let b): return "\(a.operandText) * \(b.operandText)"
    }
  }

  /// Parts of a concatenation on a line: Verilator takes at most some 10,000.
  private static let partsPerLine = 200

  private static func list(_ parts: [String]) -> String {
    stride(from: 0, to: parts.count, by: partsPerLine).map { first in
      parts[first..<min(first + partsPerLine, parts.count)].joined(separator: ", ")
    }.joined(separator: ",\n    ")
  }

  /// The text as an operand: in parentheses where it is an operation itself.
  private var operandText: String {
    switch self {
    case .slice, .literal, .concatenation, .replication, .signed: text
    case .unary, .binary, .conditional, .product: "(\(text))"
    }
  }

  /// `8'd200`; words of more than 16 bits in hexadecimal.
  private static func literalText(_ value: Int128, width: Int) -> String {
    let pattern = UInt128(truncatingIfNeeded: value) & (width >= 128 ? .max : (1 << width) - 1)
    if pattern < 10 || width <= 16 { return "\(width)'d\(pattern)" }
    return "\(width)'h\(String(pattern, radix: 16))"
  }
}
