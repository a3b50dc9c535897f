/// The registers between the stages of a pipeline, bit by bit: bits that are the same share them.
struct BitRegisters {
  /// A bit and the registers behind it.
  private struct Line {
    var source: BitLiteral
    var owner: Int32
    /// The stage that computes the bit.
    var stage: Int32
    /// Nodes behind the ranks, by rank.
    var taps: [(rank: Int32, node: Int)] = []
  }

  /// Chains of this many registers or more that are read only at their end are shift registers, 16 stages a look-up table.
  static let shiftRegisterDepth = 3

  private var lines: [Line] = []
  /// By source: its line.
  private var lineOfSource: [BitLiteral: Int] = [:]
  /// By the node behind a register: its line.
  private var lineOfNode: [Int: Int] = [:]
  /// By value: how many of the first registers are part of the block that computes it.
  var ownRegisters: [Int] = []

  /// The bit as it is read behind a rank.
  mutating func read(
    _ bit: BitLiteral,
    from stage: Int32,
    at rank: Int32,
    owner: Int32,
    in network: inout BitNetwork
  ) -> BitLiteral {
    if bit.isConstant || rank <= stage { return bit }
    let index: Int
    if !bit.isInverted, let line = lineOfNode[bit.node] {
      index = line
    } else if let line = lineOfSource[bit] {
      index = line
    } else {
      index = lines.count
      lines.append(Line(source: bit, owner: owner, stage: stage))
      lineOfSource[bit] = index
    }
    if let tap = lines[index].taps.first(where: { $0.rank == rank }) { return BitLiteral(node: tap.node) }
    let result = network.add(.register, owner: owner, [lines[index].source])
    lines[index].taps.append((rank, result.node))
    lineOfNode[result.node] = index
    return result
  }

  /// What the registers take whose results are needed, for the value that each belongs to.
  func forEachCost(isNeeded: [Bool], _ body: (_ owner: Int32, _ flipFlops: Int, _ shiftLUTs: Int) -> Void) {
    for line in lines {
      let ranks = line.taps.filter { isNeeded[$0.node] }.map(\.rank)
      guard let last = ranks.max() else { continue }
      let own = ownRegisters.isEmpty ? 0 : ownRegisters[Int(line.owner)]
      let depth = Int(last - line.stage) - own
      // A register between the ends of a chain that somebody reads is a flip-flop.
      if depth >= Self.shiftRegisterDepth && ranks.count == 1 {
        body(line.owner, 0, (depth + 15) / 16)
      } else {
        body(line.owner, max(depth, 0), 0)
      }
    }
  }
}
