/// The single bits of a circuit: gates, and what is no gate — ports, carry chains, registers, memories.
///
/// Equal gates are one, and gates with constants are less, as synthesis finds them. Operands come before their users.
package struct BitNetwork: Sendable {
  package enum Kind: Sendable, Hashable {
    /// A bit of an input.
    case source(bit: Int)
    /// A function of at most six other nodes.
    case gate
    /// A look-up table with two outputs: a bit of a sum of three, by the bits of its words and what comes from below.
    case pair
    /// The second output of such a table, which goes to the next.
    case majority
    /// A bit of a carry chain's result, by its position there.
    case chain(Int, bit: Int)
    /// What a carry chain carries out of a bit.
    case carry(Int, bit: Int)
    /// A bit behind a register.
    case register
    /// A multiplexer of a slice: `inputs` are its condition and what is chosen by one and by zero.
    case multiplexer(Int)
    /// What a register takes that a control pin sets to `level`: `inputs` are the pin and the data.
    case control(level: Bool)
    /// A bit of a memory's word; `inputs` are the address.
    case memory(bit: Int)
    /// A bit of something else that needs all its operands: a multiplier, a register with an enable.
    case block
  }

  package struct Node: Sendable {
    package var kind: Kind
    /// The value that it was made for.
    package var owner: Int32
    /// The nodes that it reads, each once.
    package var operands: [Int32]
    /// Of gates and sums of three: the result where operand `k` is bit `k` of the place.
    package var function: UInt64 = 0
    /// Of what is no function: the bits that it reads, as they are read.
    package var inputs: [BitLiteral] = []
  }

  /// What the look-up tables before a carry chain make, bit by bit.
  package struct Chain: Sendable {
    package var owner: Int32
    /// Whether the carry goes on, and what goes on where it does not.
    package var propagate: [BitLiteral] = []
    package var generate: [BitLiteral] = []
    /// What comes into the lowest bit.
    package var carriesIn: Bool
  }

  /// Node 0 is the constant zero.
  package private(set) var nodes = [Node(kind: .block, owner: 0, operands: [])]
  package private(set) var chains: [Chain] = []
  /// How the logic is written.
  let style: LogicStyle
  private var known: [GateKey: BitLiteral] = [:]
  private var tables: [TableKey: BitLiteral] = [:]

  private struct TableKey: Hashable {
    var function: UInt64
    var operands: [Int32]
  }

  private struct GateKey: Hashable {
    var function: Function
    var a: BitLiteral
    var b: BitLiteral
    var c = BitLiteral.zero
  }

  private enum Function { case xor, and, select }

  init(style: LogicStyle) { self.style = style }

  /// Something that is no function of its operands.
  mutating func add(_ kind: Kind, owner: Int32, _ inputs: [BitLiteral] = []) -> BitLiteral {
    nodes.append(Node(kind: kind, owner: owner, operands: Self.distinct(inputs), inputs: inputs))
    return BitLiteral(node: nodes.count - 1)
  }

  /// The nodes that are read, each once.
  private static func distinct(_ inputs: [BitLiteral]) -> [Int32] {
    var distinct: [Int32] = []
    for input in inputs where !input.isConstant {
      if !distinct.contains(Int32(input.node)) { distinct.append(Int32(input.node)) }
    }
    return distinct
  }

  // MARK: Functions

  /// A function of bits, of which at most six are different and not constant; equal ones are one.
  ///
  /// - Parameter value: the function, where input `k` is bit `k` of its argument.
  mutating func function(
    _ kind: Kind = .gate,
    of inputs: [BitLiteral],
    owner: Int32,
    _ value: (_ place: Int) -> Bool
  ) -> BitLiteral {
    var operands = Self.distinct(inputs)
    var function: UInt64 = 0
    let ones = inputs.indices.reduce(0) { inputs[$1] == .one ? $0 | 1 << $1 : $0 }
    let readers = operands.map { node in inputs.indices.filter { inputs[$0].node == Int(node) } }
    for pattern in 0..<1 << operands.count {
      var place = ones
      for (position, readers) in readers.enumerated() {
        for reader in readers where (pattern >> position & 1 == 1) != inputs[reader].isInverted { place |= 1 << reader }
      }
      if value(place) { function |= 1 << pattern }
    }
    // Inputs that make no difference go.
    for position in operands.indices.reversed() {
      let (low, high) = Self.cofactors(function, at: position, of: operands.count)
      guard low == high else { continue }
      function = low
      operands.remove(at: position)
    }
    if operands.isEmpty { return .constant(function & 1 == 1) }
    if operands.count == 1 {
      let bit = BitLiteral(node: Int(operands[0]))
      return function & 0b11 == 0b10 ? bit : ~bit
    }
    let key = TableKey(function: function, operands: operands)
    if kind == .gate, let result = tables[key] { return result }
    nodes.append(Node(kind: kind, owner: owner, operands: operands, function: function))
    let result = BitLiteral(node: nodes.count - 1)
    if kind == .gate { tables[key] = result }
    return result
  }

  /// A function without one of its inputs, where that is 0 and where it is 1.
  private static func cofactors(_ function: UInt64, at position: Int, of count: Int) -> (low: UInt64, high: UInt64) {
    var (low, high): (UInt64, UInt64) = (0, 0)
    for pattern in 0..<1 << (count - 1) {
      let below = pattern & ((1 << position) - 1)
      let place = (pattern >> position) << (position + 1) | below
      low |= (function >> place & 1) << pattern
      high |= (function >> (place | 1 << position) & 1) << pattern
    }
    return (low, high)
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
    let result =
      switch function {
      case .xor: self.function(of: [a, b], owner: owner) { $0 == 0b01 || $0 == 0b10 }
      case .and: self.function(of: [a, b], owner: owner) { $0 == 0b11 }
      case .select: self.function(of: [a, b, c], owner: owner) { $0 & 0b001 != 0 ? $0 & 0b010 != 0 : $0 & 0b100 != 0 }
      }
    known[key] = result
    return result
  }

  // MARK: Carry chains

  /// A carry chain whose bits go on as `propagate` says; every bit of the result is one of its outputs.
  mutating func chain(
    propagate: [BitLiteral],
    generate: [BitLiteral],
    carriesIn: Bool,
    owner: Int32
  ) -> [BitLiteral] {
    chains.append(Chain(owner: owner, propagate: propagate, generate: generate, carriesIn: carriesIn))
    return propagate.indices.map { add(.chain(chains.count - 1, bit: $0), owner: owner) }
  }

  /// What such a chain carries out of its highest bit.
  mutating func carry(propagate: [BitLiteral], generate: [BitLiteral], owner: Int32) -> BitLiteral {
    chains.append(Chain(owner: owner, propagate: propagate, generate: generate, carriesIn: false))
    return add(.carry(chains.count - 1, bit: propagate.count - 1), owner: owner)
  }
}
