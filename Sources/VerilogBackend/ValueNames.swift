import DesignIR
import FirmwareFiles
import FixedPoint
import NetlistIR

/// Names the wires: `fc1_12` for a layer's output element, `fc1_12_v7` on the way there, `_s3` behind register rank 3.
struct ValueNames {
  /// A name for each scope, unique among scopes.
  let scopes: [String]
  private let values: [String]

  init(_ plan: FirmwarePlan, layout: BusLayout) {
    let netlist = plan.circuit.netlist
    var scopeNames = Identifiers()
    scopes = netlist.scopes.map { scopeNames.claim($0.name, isWhole: false) }
    var names = [String](repeating: "", count: netlist.values.count)
    var wires = WireNames(reserved: (layout.inputs + layout.outputs).map(\.name))
    for scope in plan.members.indices {
      let results = Self.results(of: scope, plan)
      for (ordinal, id) in plan.members[scope].enumerated() {
        let element = netlist[id].element
        var wish = element >= 0 ? "\(scopes[scope])_\(element)" : scopes[scope]
        if case .input(let index) = netlist[id].instruction {
          let port = netlist.inputs[Int(index)]
          wish = "\(Identifiers.sanitized(port.tensor, isWhole: false))_\(port.element)"
        } else if element < 0 || results[element] != id {
          wish += "_v\(ordinal)"
        }
        names[id.index] = wires.claim(wish, ranks: plan.ranksUsed(id))
      }
    }
    values = names
  }

  /// The last exported value of each element: the one that bears its name.
  private static func results(of scope: Int, _ plan: FirmwarePlan) -> [Int32: ValueID] {
    var results: [Int32: ValueID] = [:]
    for tap in plan.exports[scope] { results[plan.circuit.netlist[tap.value].element] = tap.value }
    return results
  }

  /// The wire of a value as it is computed.
  subscript(_ id: ValueID) -> String { values[id.index] }
}

/// Claims a wire's name together with those of its registers.
private struct WireNames {
  private var taken: Set<String>

  init(reserved: [String]) { taken = Set(reserved).union(BusLayout.controlPorts).union(["unused", "valid"]) }

  mutating func claim(_ wish: String, ranks: ClosedRange<Int>) -> String {
    var name = wish
    var count = 2
    while true {
      let all =
        [name] + ranks.map { "\(name)_s\($0)" } + [
          "\(name)_sum", "\(name)_product", "\(name)_row", "\(name)_below", "\(name)_above", "\(name)_data",
        ]
      if taken.isDisjoint(with: all) {
        taken.formUnion(all)
        return name
      }
      name = "\(wish)_n\(count)"
      count += 1
    }
  }
}

extension FirmwarePlan {
  /// Ranks from the value's stage to the last one that reads it.
  func ranksUsed(_ id: ValueID) -> ClosedRange<Int> {
    let stage = circuit.stage(of: id)
    return stage...max(stage, lastRanks[id.index])
  }

  /// The net of a tap.
  func net(_ tap: Tap, _ names: ValueNames) -> Net {
    let isBare = tap.rank == circuit.stage(of: tap.value)
    return Net(name: names[tap.value] + (isBare ? "" : "_s\(tap.rank)"), width: widths[tap.value.index])
  }

  /// How a value is read at a rank.
  func operand(_ id: ValueID, at rank: Int, _ names: ValueNames) -> Operand {
    let value = circuit.netlist[id]
    if value.range.isConstant { return .constant(value.range.lower) }
    // Nobody needs any bit of it: what stands in its place does not matter.
    if widths[id.index] == 0 { return .constant(0) }
    let isWhole = widths[id.index] == value.width
    return .net(net(Tap(value: id, rank: rank), names), isSigned: isWhole && value.isSigned, isWhole: isWhole)
  }
}
