import Devices
import NetlistIR

/// Uses the registers inside multiplier blocks where a stage is too short for a whole multiplication.
///
/// A block multiplies into a register in its middle and adds into one at its end. Synthesis takes the two ranks that follow a product
/// for them, so a copy follows the product, and neither is read before its own rank.
enum BlockRegisters {
  static func run(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) -> Netlist {
    guard delays.multiplier > Int(options.budget(delays)) else { return netlist }
    var result = netlist
    result.values.removeAll(keepingCapacity: true)
    var names: [ValueID] = []
    for (index, value) in netlist.values.enumerated() {
      var value = value
      value.instruction = value.instruction.mapOperands { names[$0.index] }
      result.values.append(value)
      if netlist.isProductOfBlocks(ValueID(index)) {
        value.instruction = .shiftLeft(ValueID(result.values.count - 1), places: 0)
        result.values.append(value)
      }
      names.append(ValueID(result.values.count - 1))
    }
    result.outputs = netlist.outputs.map { ($0.port, names[$0.value.index]) }
    return result
  }

  /// By value: whether it is such a product or its copy.
  static func registered(of netlist: Netlist) -> [Bool] {
    var isRegistered = [Bool](repeating: false, count: netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      guard case .shiftLeft(let product, places: 0) = value.instruction, netlist.isProductOfBlocks(product) else {
        continue
      }
      isRegistered[index] = true
      isRegistered[product.index] = true
    }
    return isRegistered
  }
}
