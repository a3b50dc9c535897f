import DesignIR
import FixedPoint
import NetlistIR

/// A value as it stands behind register rank `rank`.
struct Tap: Hashable, Comparable {
  var value: ValueID
  var rank: Int

  static func < (a: Tap, b: Tap) -> Bool { (a.value, a.rank) < (b.value, b.rank) }
}

/// What each module holds, imports and exports.
struct FirmwarePlan {
  let circuit: Circuit
  /// Bits of every value that are carried.
  let widths: [Int]
  /// Last rank at which each value is read.
  private(set) var lastRanks: [Int]
  /// Ranks beyond its own stage at which each value is read, ascending.
  private(set) var ranksRead: [[Int]]
  /// Values of each scope that are carried, ascending.
  private(set) var members: [[ValueID]]
  /// What each scope reads of others, ascending.
  private(set) var imports: [[Tap]]
  /// What others, or the outputs, read of each scope, ascending.
  private(set) var exports: [[Tap]]
  /// Sums that synthesis would melt with the one adder that reads them.
  private(set) var isMeltable: [Bool]

  init(_ circuit: Circuit) {
    let netlist = circuit.netlist
    let widths = netlist.demandedWidths
    self.circuit = circuit
    self.widths = widths
    lastRanks = circuit.stages.map(Int.init)
    members = Array(repeating: [], count: netlist.scopes.count)
    var ranks = [Set<Int>](repeating: [], count: netlist.values.count)
    var importSets = [Set<Tap>](repeating: [], count: netlist.scopes.count)
    var exportSets = importSets

    func read(_ id: ValueID, at rank: Int, by scope: ScopeID?) {
      if widths[id.index] == 0 { return }
      ranks[id.index].insert(rank)
      let (owner, tap) = (netlist[id].scope, Tap(value: id, rank: rank))
      // The top slices inputs from their bus; their layer owns only what stands behind a register.
      if netlist[id].isInput {
        importSets[rank == 0 ? (scope ?? owner).index : owner.index].insert(Tap(value: id, rank: 0))
        if rank == 0 { return }
      }
      if let scope, scope != owner { importSets[scope.index].insert(tap) }
      if scope != owner { exportSets[owner.index].insert(tap) }
    }

    for (index, value) in netlist.values.enumerated() where widths[index] > 0 {
      members[value.scope.index].append(ValueID(index))
      for operand in value.instruction.operands {
        read(operand, at: Int(circuit.stages[index]), by: value.scope)
      }
    }
    for output in netlist.outputs { read(output.value, at: circuit.latency, by: nil) }

    ranksRead = ranks.enumerated().map { index, set in set.filter { $0 > Int(circuit.stages[index]) }.sorted() }
    for index in ranks.indices { lastRanks[index] = ranks[index].max() ?? lastRanks[index] }
    imports = importSets.map { $0.sorted() }
    exports = exportSets.map { $0.sorted() }
    isMeltable = AdderChains.meltable(netlist, widths: widths, isRegistered: ranksRead.map { !$0.isEmpty })
  }
}

extension NetlistValue {
  var isInput: Bool { if case .input = instruction { true } else { false } }
}
