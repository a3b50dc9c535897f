/// One bit of a ``BitNetwork``: what a node gives, or the opposite of it.
struct BitLiteral: Hashable, Sendable {
  let raw: Int32

  init(node: Int) { raw = Int32(node) << 1 }
  private init(raw: Int32) { self.raw = raw }

  static let zero = BitLiteral(raw: 0)
  static let one = BitLiteral(raw: 1)
  static func constant(_ bit: Bool) -> BitLiteral { bit ? one : zero }

  var node: Int { Int(raw >> 1) }
  var isInverted: Bool { raw & 1 != 0 }
  var isConstant: Bool { raw < 2 }

  /// Inverters cost nothing: look-up tables and the inputs of carry chains take them in.
  static prefix func ~ (a: BitLiteral) -> BitLiteral { BitLiteral(raw: a.raw ^ 1) }
}

/// The single bits of a circuit: gates, and what is no gate — ports, carry chains, registers, memories.
///
/// Equal gates are one, and gates with constants are less, as synthesis finds them. Operands come before their users.
struct BitNetwork {
  enum Kind {
    /// A port.
    case source
    /// A function of at most six other nodes.
    case gate
    /// A look-up table with two outputs: a bit of a sum of three, and what goes to the next.
    case pair
    /// A bit of a carry chain's result, by its position there.
    case chain(Int, bit: Int)
    /// A bit behind a register.
    case register
    /// A bit of something that needs all its operands: a memory, a multiplier, a register with a control pin.
    case block
  }

  struct Node {
    var kind: Kind
    /// The value that it was made for.
    var owner: Int32
    var operands: [Int32]
  }

  /// What the look-up tables before a carry chain make, bit by bit.
  struct Chain {
    var owner: Int32
    /// Whether the carry goes on, and what goes on where it does not.
    var propagate: [BitLiteral] = []
    var generate: [BitLiteral] = []
  }

  /// Node 0 is the constant zero.
  private(set) var nodes = [Node(kind: .source, owner: 0, operands: [])]
  private(set) var chains: [Chain] = []
  private var known: [GateKey: BitLiteral] = [:]
  private var tables: [TableKey: BitLiteral] = [:]

  private struct TableKey: Hashable {
    var values: [Bool]
    var inputs: [BitLiteral]
  }

  private struct GateKey: Hashable {
    var function: Function
    var a: BitLiteral
    var b: BitLiteral
    var c = BitLiteral.zero
  }

  private enum Function { case xor, and, select }

  mutating func add(_ kind: Kind, owner: Int32, _ operands: [BitLiteral] = []) -> BitLiteral {
    var distinct: [Int32] = []
    for operand in operands where !operand.isConstant {
      if !distinct.contains(Int32(operand.node)) { distinct.append(Int32(operand.node)) }
    }
    nodes.append(Node(kind: kind, owner: owner, operands: distinct))
    return BitLiteral(node: nodes.count - 1)
  }

  // MARK: Gates

  mutating func xor(_ a: BitLiteral, _ b: BitLiteral, owner: Int32) -> BitLiteral {
    if a.isConstant { return a == .one ? ~b : b }
    if b.isConstant { return b == .one ? ~a : a }
    if a.node == b.node { return a == b ? .zero : .one }
    let (low, high) = a.node < b.node ? (a, b) : (b, a)
    let plain = gate(
      .xor,
      BitLiteral(node: low.node),
      BitLiteral(node: high.node),
      owner: owner
    )
    return low.isInverted != high.isInverted ? ~plain : plain
  }

  mutating func and(_ a: BitLiteral, _ b: BitLiteral, owner: Int32) -> BitLiteral {
    if a == .zero || b == .zero || a == ~b { return .zero }
    if a == .one || a == b { return b }
    if b == .one { return a }
    return a.raw < b.raw ? gate(.and, a, b, owner: owner) : gate(.and, b, a, owner: owner)
  }

  mutating func or(_ a: BitLiteral, _ b: BitLiteral, owner: Int32) -> BitLiteral { ~and(~a, ~b, owner: owner) }

  /// Chooses `a` where the condition holds, else `b`.
  mutating func select(_ condition: BitLiteral, _ a: BitLiteral, _ b: BitLiteral, owner: Int32) -> BitLiteral {
    if condition.isConstant { return condition == .one ? a : b }
    if a == b { return a }
    if a == ~b { return xor(condition, b, owner: owner) }
    if a == .zero { return and(~condition, b, owner: owner) }
    if b == .zero { return and(condition, a, owner: owner) }
    if a == .one { return or(condition, b, owner: owner) }
    if b == .one { return or(~condition, a, owner: owner) }
    if condition.isInverted { return select(~condition, b, a, owner: owner) }
    return gate(.select, condition, a, b, owner: owner)
  }

  /// A function of up to six bits that depends on all of them, by its values.
  mutating func table(_ values: [Bool], _ inputs: [BitLiteral], owner: Int32) -> BitLiteral {
    if inputs.count == 1 { return values.first == true ? ~inputs[0] : inputs[0] }
    let key = TableKey(values: values, inputs: inputs)
    if let result = tables[key] { return result }
    let result = table(inputs, owner: owner)
    tables[key] = result
    return result
  }

  /// Any function of up to six bits that depends on all of them.
  mutating func table(_ inputs: [BitLiteral], owner: Int32) -> BitLiteral {
    let gate = add(.gate, owner: owner, inputs)
    let operands = nodes[gate.node].operands
    // Of one bit, it is the bit or its opposite.
    return operands.count == 1 ? BitLiteral(node: Int(operands[0])) : gate
  }

  /// A tree of conjunctions; of nothing, true.
  mutating func all(_ bits: [BitLiteral], owner: Int32) -> BitLiteral {
    var level = bits
    while level.count > 1 {
      var next: [BitLiteral] = []
      for start in stride(from: 0, to: level.count - 1, by: 2) {
        next.append(and(level[start], level[start + 1], owner: owner))
      }
      if level.count % 2 != 0 { next.append(level[level.count - 1]) }
      level = next
    }
    return level.first ?? .one
  }

  private mutating func gate(
    _ function: Function,
    _ a: BitLiteral,
    _ b: BitLiteral,
    _ c: BitLiteral = .zero,
    owner: Int32
  ) -> BitLiteral {
    let key = GateKey(function: function, a: a, b: b, c: c)
    if let result = known[key] { return result }
    let result = add(.gate, owner: owner, function == .select ? [a, b, c] : [a, b])
    known[key] = result
    return result
  }

  // MARK: Carry chains

  /// A carry chain whose bits go on as `propagate` says; every bit of the result is one of its outputs.
  mutating func chain(propagate: [BitLiteral], generate: [BitLiteral], owner: Int32) -> [BitLiteral] {
    chains.append(Chain(owner: owner, propagate: propagate, generate: generate))
    return propagate.indices.map { add(.chain(chains.count - 1, bit: $0), owner: owner) }
  }
}
