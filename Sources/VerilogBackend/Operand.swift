/// What an instruction reads: a net with the meaning of its top bit, or a constant.
enum Operand {
  /// - `isWhole`: whether all bits of the value are there, so that it can be extended; otherwise only its low bits are.
  case net(Net, isSigned: Bool, isWhole: Bool)
  case constant(Int128)

  /// Bits `low ..< low + width` of the value, extended without end by its sign.
  ///
  /// The sign bit is copied by concatenation, never by a signed context: synthesis then sees more than one reader of it
  /// and keeps adders apart (docs/verilog-style.md).
  func window(low: Int = 0, width: Int) -> Expression {
    switch self {
    case .constant(let value): return .literal(value >> min(low, 127), width: width)
    case .net(let net, let isSigned, let isWhole):
      let inside = max(0, min(net.width - low, width))
      let outside = width - inside
      precondition(outside == 0 || isWhole, "bits of '\(net.name)' are read that it does not carry")
      let sign = Expression.slice(net, high: net.width - 1, low: net.width - 1)
      let copies: Expression = isSigned ? .repeated(outside, sign) : .literal(0, width: outside)
      let slice: Expression? = inside > 0 ? .slice(net, high: low + inside - 1, low: low) : nil
      return outside == 0 ? (slice ?? .concatenation([])) : .joined([copies] + (slice.map { [$0] } ?? []))
    }
  }

  /// Bits that hold the value; of a constant, those of its smallest word.
  var width: Int {
    switch self {
    case .net(let net, _, _): net.width
    case .constant(let value): value < 0 ? 129 - (~value).leadingZeroBitCount : 128 - value.leadingZeroBitCount
    }
  }

  var isSigned: Bool {
    switch self {
    case .net(_, let isSigned, _): isSigned
    case .constant(let value): value < 0
    }
  }

  /// The sign bit, or a 0 where no negative value occurs.
  var sign: Expression {
    isSigned ? window(low: width - 1, width: 1) : .literal(0, width: 1)
  }
}
