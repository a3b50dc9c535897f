/// The registers between the stages of a pipeline, bit by bit: bits that are the same share them.
package struct BitRegisters: Sendable {
  /// A bit and the registers behind it.
  package struct Line: Sendable {
    package var source: BitLiteral
    package var owner: Int32
    /// The stage that computes the bit.
    package var stage: Int32
    /// Whether the first register is one with a control pin, which no shift register has.
    var isControlled: Bool
    /// Nodes behind the ranks, by rank.
    package var taps: [(rank: Int32, node: Int)] = []
  }

  /// Chains of this many registers or more of which only the last is read are shift registers, 16 stages a look-up table.
  package static let shiftRegisterDepth = 3

  package private(set) var lines: [Line] = []
  /// By source: its line.
  private var lineOfSource: [BitLiteral: Int] = [:]
  /// By the node behind a register: its line.
  private var lineOfNode: [Int: Int] = [:]
  /// By value: whether its first register is part of the block that computes it.
  package internal(set) var hasOwnRegister: [Bool] = []

  /// Whether a bit and its opposite share registers.
  var sharesOpposites = false

  /// The bit as it is read behind a rank.
  mutating func read(
    _ bit: BitLiteral,
    from stage: Int32,
    at rank: Int32,
    owner: Int32,
    in network: inout BitNetwork
  ) -> BitLiteral {
    if bit.isConstant || rank <= stage { return bit }
    if sharesOpposites && bit.isInverted {
      return ~read(~bit, from: stage, at: rank, owner: owner, in: &network)
    }
    let index: Int
    if !bit.isInverted, let line = lineOfNode[bit.node] {
      index = line
    } else if let line = lineOfSource[bit] {
      index = line
    } else {
      index = lines.count
      let isControlled = if case .control = network.nodes[bit.node].kind { true } else { false }
      lines.append(Line(source: bit, owner: owner, stage: stage, isControlled: isControlled))
      lineOfSource[bit] = index
    }
    if let tap = lines[index].taps.first(where: { $0.rank == rank }) { return BitLiteral(node: tap.node) }
    let result = network.add(.register, owner: owner, [lines[index].source])
    lines[index].taps.append((rank, result.node))
    lineOfNode[result.node] = index
    return result
  }

  /// What the registers take whose results are needed, for the value that each belongs to.
  package func forEachCost(isNeeded: [Bool], _ body: (_ owner: Int32, _ flipFlops: Int, _ shiftLUTs: Int) -> Void) {
    for line in lines {
      let own = !hasOwnRegister.isEmpty && hasOwnRegister[Int(line.owner)] ? 1 : 0
      var (from, flipFlops, shiftLUTs) = (Int(line.stage) + own, 0, 0)
      for (index, rank) in line.ranksRead(isNeeded).enumerated() {
        if index == 0 && line.isControlled { (from, flipFlops) = (from + 1, 1) }
        let depth = max(Int(rank) - from, 0)
        if depth >= Self.shiftRegisterDepth { shiftLUTs += (depth + 15) / 16 } else { flipFlops += depth }
        from = max(from, Int(rank))
      }
      if flipFlops + shiftLUTs > 0 { body(line.owner, flipFlops, shiftLUTs) }
    }
  }
}

extension BitRegisters.Line {
  /// The ranks behind which somebody reads the bit, ascending.
  package func ranksRead(_ isNeeded: [Bool]) -> [Int32] { taps.filter { isNeeded[$0.node] }.map(\.rank).sorted() }
}
