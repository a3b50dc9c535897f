/// Logic as the look-up tables of a part, each with what it holds.
///
/// Two tables of at most five inputs together are one with two outputs, if they have an input in common; a table that a carry
/// chain or a slice's multiplexer takes stays alone, or is one with the chain's other input of the same bit.
package struct MappedLogic: Sendable {
  /// A function of at most six signals.
  package struct Table: Sendable {
    /// What it gives; an inverted bit is a signal of its own.
    package var output: BitLiteral
    /// Signals: bits that inputs, tables or others give just so.
    package var inputs: [BitLiteral]
    /// The result where input `k` is bit `k` of the place.
    package var function: UInt64
    package var owner: Int32
  }

  /// A look-up table of the part.
  package struct Cell: Sendable {
    package var first: Table
    /// Its second output, of the first five inputs.
    package var second: Table?

    /// Inputs of a table with two outputs.
    static let inputsOfTwo = 5

    /// The inputs of its first function and of another.
    func inputs(with other: Table) -> Int {
      first.inputs.count + other.inputs.count { !first.inputs.contains($0) }
    }
  }

  /// In the order of the network.
  package private(set) var cells: [Cell] = []
  /// By carry chain: how many bits from the lowest up are needed.
  package let chainLengths: [Int]
  /// By node: whether anything depends on it.
  package let isNeeded: [Bool]

  package init(_ builder: BitBuilder) {
    let network = builder.network
    let needed = NeededLogic(network, sinks: builder.sinks)
    let cover = LookupCover(network, isNeeded: needed.isNeeded, roots: needed.isRoot, prices: .inPairs)
    (chainLengths, isNeeded) = (needed.lengths, needed.isNeeded)
    var tables: [Table] = []
    for (index, node) in network.nodes.enumerated() where needed.isNeeded[index] && index > 0 {
      let bit = BitLiteral(node: index)
      switch node.kind {
      case .gate:
        guard cover.isTable[index] else { continue }
        let leaves = cover.leaves[index]
        let function = LookupFunction(network, leaves: leaves).of(Int32(index))
        if needed.isRead[index] || !needed.isReadInverted[index] {
          tables.append(Self.table(bit, function, of: leaves, needed, owner: node.owner))
        }
        if needed.isReadInverted[index] {
          tables.append(Self.table(~bit, ~function, of: leaves, needed, owner: node.owner))
        }
      case .pair:
        cells.append(Cell(first: Self.table(bit, node.function, of: node.operands, needed, owner: node.owner)))
      case .majority:
        let table = Self.table(bit, node.function, of: node.operands, needed, owner: node.owner)
        // The sum's bit before it, unless that is a wire.
        if let last = cells.last, last.first.output.node == index - 1, last.inputs(with: table) <= Cell.inputsOfTwo {
          cells[cells.count - 1].second = table
        } else {
          cells.append(Cell(first: table))
        }
      case .source, .chain, .carry, .register, .multiplexer, .control, .memory, .block: break
      }
      if case .gate = node.kind { continue }
      if needed.isReadInverted[index] {
        tables.append(Table(output: ~bit, inputs: [bit], function: 0b01, owner: node.owner))
      }
    }
    cells += TablePairing(tables, fixed: Self.fixed(network, needed)).cells
    cells.sort { $0.first.output.raw < $1.first.output.raw }
  }

  private static func table(
    _ output: BitLiteral,
    _ function: UInt64,
    of operands: [Int32],
    _ needed: NeededLogic,
    owner: Int32
  ) -> Table {
    // A bit that is read inverted alone is there inverted alone.
    let inputs = operands.map { operand in
      let node = Int(operand)
      return needed.isReadInverted[node] && !needed.isRead[node] && needed.isTable(node)
        ? ~BitLiteral(node: node) : BitLiteral(node: node)
    }
    var flipped: UInt64 = 0
    let inverted = inputs.enumerated().reduce(0) { $1.element.isInverted ? $0 | 1 << $1.offset : $0 }
    for place in 0..<1 << inputs.count { flipped |= (function >> (place ^ inverted) & 1) << place }
    return Table(output: output, inputs: inputs, function: flipped, owner: owner)
  }

  /// By signal that a carry chain or a multiplexer needs from a table beside it: the one that may share the table.
  private static func fixed(_ network: BitNetwork, _ needed: NeededLogic) -> [BitLiteral: BitLiteral?] {
    var fixed: [BitLiteral: BitLiteral?] = [:]
    for (chain, length) in zip(network.chains, needed.lengths) {
      for place in 0..<length { fixed[chain.propagate[place]] = .some(chain.generate[place]) }
    }
    for (index, node) in network.nodes.enumerated() where needed.isNeeded[index] {
      guard case .multiplexer = node.kind else { continue }
      for input in node.inputs.dropFirst() { fixed[input] = .some(nil) }
    }
    return fixed
  }
}

/// The function of a table's output by what it reads.
struct LookupFunction {
  private let network: BitNetwork
  private let leaves: [Int32]

  /// By input: its value at every place.
  private static let patterns: [UInt64] = [
    0xAAAA_AAAA_AAAA_AAAA, 0xCCCC_CCCC_CCCC_CCCC, 0xF0F0_F0F0_F0F0_F0F0, 0xFF00_FF00_FF00_FF00,
    0xFFFF_0000_FFFF_0000, 0xFFFF_FFFF_0000_0000,
  ]

  init(_ network: BitNetwork, leaves: [Int32]) {
    self.network = network
    self.leaves = leaves
  }

  func of(_ node: Int32) -> UInt64 {
    var known: [Int32: UInt64] = [:]
    for (leaf, pattern) in zip(leaves, Self.patterns) { known[leaf] = pattern }
    return value(node, &known)
  }

  private func value(_ node: Int32, _ known: inout [Int32: UInt64]) -> UInt64 {
    if let value = known[node] { return value }
    let operands = network.nodes[Int(node)].operands.map { value($0, &known) }
    let result = Self.composed(network.nodes[Int(node)].function, operands[...])
    known[node] = result
    return result
  }

  /// A function of words, place by place: halved at its highest input.
  private static func composed(_ function: UInt64, _ operands: ArraySlice<UInt64>) -> UInt64 {
    guard let last = operands.last else { return function & 1 == 1 ? .max : 0 }
    let half = 1 << (operands.count - 1)
    let mask = (UInt64(1) << half) - 1
    let (low, high) = (function & mask, function >> half & mask)
    if low == high { return composed(low, operands.dropLast()) }
    return (composed(low, operands.dropLast()) & ~last) | (composed(high, operands.dropLast()) & last)
  }
}
