import DesignIR
import FixedPoint

/// What a machine is made of, in numbers.
package struct MachineReport: Codable, Sendable {
  package struct Instruction: Codable, Sendable {
    package var mnemonic: String
    package var count: Int
  }

  package struct Layer: Codable, Sendable {
    package var name: String
    package var processors: Int
    package var lanes: Int
    package var steps: Int
    package var programBits: Int
    package var multiplyAccumulates: Int
    /// The share of the lanes' cycles, over one interval of the machine, that add something.
    package var utilization: Double
  }

  package var processors: Int
  package var processorTypes: Int
  package var units: Int
  package var programBits: Int
  package var latency: Int
  package var interval: Int
  package var utilization: Double
  /// In alphabetical order.
  package var instructions: [Instruction]
  package var layers: [Layer]
}

extension MachineReport {
  package init(_ machine: ProcessorMachine) {
    let plan = machine.plan
    var counts: [String: Int] = [:]
    layers = plan.layers.map { layer in
      let width = layer.arithmetic == .shiftAndAdd ? 2 : max(1, layer.weights.bitWidth)
      var useful = 0
      for instruction in layer.processors.flatMap({ $0.program.words.joined() }) {
        counts[instruction.mnemonic(layer.arithmetic), default: 0] += 1
        if instruction.factor != 0 { useful += 1 }
      }
      let slots = layer.processors.count * layer.lanes * plan.interval
      return Layer(
        name: layer.name,
        processors: layer.processors.count,
        lanes: layer.lanes,
        steps: layer.steps,
        programBits: layer.processors.count * layer.lanes * layer.steps * width,
        multiplyAccumulates: useful,
        utilization: slots > 0 ? Double(useful) / Double(slots) : 0
      )
    }
    counts["LDI"] = plan.processorCount
    counts["SEND"] = plan.processorCount
    instructions = counts.keys.sorted().map { Instruction(mnemonic: $0, count: counts[$0] ?? 0) }
    processors = plan.processorCount
    processorTypes = Set(machine.trace.layers.flatMap(\.modules)).count
    units = plan.units.count
    programBits = layers.reduce(0) { $0 + $1.programBits }
    latency = machine.design.interface.latency
    interval = plan.interval
    let slots = zip(layers, plan.layers).reduce(0) { $0 + $1.0.processors * $1.0.lanes * plan.interval }
    let useful = layers.reduce(0) { $0 + $1.multiplyAccumulates }
    utilization = slots > 0 ? Double(useful) / Double(slots) : 0
  }
}
