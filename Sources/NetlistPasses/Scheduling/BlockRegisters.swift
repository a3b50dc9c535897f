import Devices
import NetlistIR

/// Uses the registers inside multiplier blocks where a stage is too short for a whole multiplication.
///
/// A block multiplies into a register in its middle and adds into one at its end. Synthesis takes the two ranks that follow a product
/// for them, so the sum with a constant that the block makes, or else a copy, follows the product, and neither is read before its own rank.
enum BlockRegisters {
  static func areUsed(_ delays: DelayModel, _ options: PipelineOptions) -> Bool {
    delays.multiplier > Int(options.budget(delays))
  }

  static func run(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) -> Netlist {
    guard areUsed(delays, options) else { return netlist }
    let isAdded = Set(netlist.productsOfConstantSums().compactMap(\.self))
    var result = netlist
    result.values.removeAll(keepingCapacity: true)
    var names: [ValueID] = []
    for (index, value) in netlist.values.enumerated() {
      var value = value
      value.instruction = value.instruction.mapOperands { names[$0.index] }
      result.values.append(value)
      let id = ValueID(index)
      if netlist.isProductOfBlocks(id) && !isAdded.contains(id) {
        value.instruction = .shiftLeft(ValueID(result.values.count - 1), places: 0)
        result.values.append(value)
      }
      names.append(ValueID(result.values.count - 1))
    }
    result.outputs = netlist.outputs.map { ($0.port, names[$0.value.index]) }
    return result
  }

  /// By value: whether it is such a product, or the sum or copy at its block's end.
  static func registered(of netlist: Netlist, constantSums: [ValueID?]) -> [Bool] {
    var isRegistered = [Bool](repeating: false, count: netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      var product = constantSums[index]
      if case .shiftLeft(let copied, places: 0) = value.instruction, netlist.isProductOfBlocks(copied) {
        product = copied
      }
      guard let product else { continue }
      isRegistered[index] = true
      isRegistered[product.index] = true
    }
    return isRegistered
  }
}
