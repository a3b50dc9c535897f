import NetlistIR
import TextForm

/// Drops the values and ROMs that no output needs.
///
/// Inputs stay, since they are the ports of the model.
package enum DeadValueElimination {
  package static func run(_ netlist: Netlist) -> Netlist {
    let isLive = liveValues(of: netlist)
    var result = netlist
    result.values = []
    result.values.reserveCapacity(isLive.count { $0 })
    var names = [ValueID](repeating: ValueID(0), count: netlist.values.count)
    var roms = RomRenaming(netlist.roms)
    for (index, value) in netlist.values.enumerated() where isLive[index] {
      names[index] = ValueID(result.values.count)
      var kept = value
      kept.instruction = roms.rename(value.instruction.mapOperands { names[$0.index] })
      result.values.append(kept)
    }
    result.roms = roms.kept
    result.outputs = netlist.outputs.map { ($0.port, names[$0.value.index]) }
    PassTrace.record(.deadValues, result)
    return result
  }

  private static func liveValues(of netlist: Netlist) -> [Bool] {
    var isLive = [Bool](repeating: false, count: netlist.values.count)
    for output in netlist.outputs { isLive[output.value.index] = true }
    for index in netlist.values.indices.reversed() {
      let instruction = netlist.values[index].instruction
      if case .input = instruction { isLive[index] = true }
      guard isLive[index] else { continue }
      instruction.forEachOperand { isLive[$0.index] = true }
    }
    return isLive
  }
}

/// Numbers the ROMs in the order of their first use.
private struct RomRenaming {
  let all: [Rom]
  private(set) var kept: [Rom] = []
  private var names: [RomID?]

  init(_ roms: [Rom]) {
    all = roms
    names = roms.map { _ in nil }
  }

  mutating func rename(_ instruction: Instruction) -> Instruction {
    guard case .lookup(let rom, let address) = instruction else { return instruction }
    if let name = names[rom.index] { return .lookup(name, address: address) }
    let name = RomID(kept.count)
    names[rom.index] = name
    kept.append(all[rom.index])
    return .lookup(name, address: address)
  }
}
