import FixedPoint

/// A sum of three terms: one expression, which synthesis makes one carry chain of, or an instance of `tricot_sum3`.
///
/// Like the adders of two operands it covers only the bits that more than one term decides; below, bits are copied.
struct TernaryEmission {
  /// A term `±(operand << shift)`; of a constant, it is the operand alone.
  private struct Term {
    var operand: Operand
    var shift: Int
    var isNegative: Bool
    /// The lowest bit that is not always zero.
    var lowest: Int

    var isConstant: Bool { if case .constant = operand { true } else { false } }
  }

  private let terms: [Term]
  private let width: Int
  private let name: String
  /// The first bit of the chain.
  private let low: Int

  init(_ terms: [(operand: Operand, shift: Int, isNegative: Bool)], width: Int, name: String) {
    self.width = width
    self.name = name
    self.terms = terms.map { operand, shift, isNegative in
      guard case .constant(let value) = operand else {
        return Term(operand: operand, shift: shift, isNegative: isNegative, lowest: shift)
      }
      let constant = (isNegative ? -value : value) << shift
      return Term(operand: .constant(constant), shift: 0, isNegative: false, lowest: constant.trailingZeroBitCount)
    }
    let second = self.terms.map(\.lowest).sorted()[1]
    low = min(self.terms.reduce(second) { $1.isNegative ? min($0, $1.lowest) : $0 }, width)
  }

  private var chainWidth: Int { width - low }

  /// The bits of a term from one on.
  private func bits(_ term: Term, from first: Int, width: Int) -> Expression {
    let zeros = min(max(term.shift - first, 0), width)
    if zeros == width { return .literal(0, width: width) }
    let window = term.operand.window(low: max(first - term.shift, 0), width: width - zeros)
    return zeros == 0 ? window : .joined([window, .literal(0, width: zeros)])
  }

  private func joined(_ high: Expression) -> Expression {
    guard low > 0, let lowest = terms.min(by: { $0.lowest < $1.lowest }) else { return high }
    let copied = bits(lowest, from: 0, width: low)
    return chainWidth == 0 ? copied : .joined([high, copied])
  }

  /// One expression.
  ///
  /// - Parameter isMeltable: synthesis would melt the sum with its reader; see ``SumEmission``.
  func expression(isMeltable: Bool) -> Emission {
    if chainWidth == 0 { return Emission(value: joined(.literal(0, width: 0))) }
    // Negative terms come last.
    let ordered = terms.filter { !$0.isNegative } + terms.filter(\.isNegative)
    let words = ordered.map { bits($0, from: low, width: chainWidth) }
    let parity = words.dropFirst().reduce(words[0].lowestBit) { .exclusiveOr($0, $1.lowestBit) }
    if chainWidth == 1 { return Emission(value: joined(parity)) }
    let sum = zip(words, ordered).dropFirst().reduce(words[0]) { sum, next in
      .binary(next.1.isNegative ? .subtract : .add, sum, next.0)
    }
    guard isMeltable else { return Emission(value: joined(sum)) }
    let net = Net(name: "\(name)_sum", width: chainWidth)
    let apart = Expression.concatenation([.slice(net, high: net.width - 1, low: 1), parity])
    return Emission(helpers: [(net, sum)], value: joined(apart))
  }

  /// The bits of the only constant term, where a Verilog parameter of 32 bits can hold them.
  private func knownBits() -> Int? {
    let constants = terms.filter(\.isConstant)
    guard constants.count == 1, chainWidth < 32, case .constant(let value) = constants[0].operand else { return nil }
    return Int((value >> low) & ((Int128(1) << chainWidth) - 1))
  }

  /// An instance over a carry chain of blocks, and what the value is made of.
  ///
  /// - Parameter carryBlock: bits of one carry block of the part.
  func instance(carryBlock: Int) -> (items: [VerilogModule.Item], value: Expression) {
    if chainWidth <= 1 { return ([], expression(isMeltable: false).value) }
    let net = Net(name: "\(name)_sum", width: chainWidth)
    var parameters = [("WIDTH", chainWidth), ("BLOCK", carryBlock)]
    var terms = terms
    // A known third operand comes last, as a parameter: its part of the carries needs no table's second output.
    if let known = knownBits(), let place = terms.firstIndex(where: \.isConstant) {
      terms.append(terms.remove(at: place))
      parameters += [("IS_KNOWN", 1), ("KNOWN", known)]
    }
    let negated = terms.enumerated().reduce(0) { $1.element.isNegative ? $0 | 1 << $1.offset : $0 }
    parameters.append(("NEGATED", negated))
    let words = zip(["a", "b", "c"], terms).map { port, term in
      VerilogModule.Connection(port: port, value: bits(term, from: low, width: chainWidth))
    }
    let instance = VerilogModule.Item.instance(
      module: FirmwareModules.ternarySum,
      name: "\(name)_sum3",
      parameters: parameters,
      connections: words + [VerilogModule.Connection(port: "sum", value: net.whole, isOutput: true)]
    )
    return ([.declaration(net), instance], joined(net.whole))
  }
}
