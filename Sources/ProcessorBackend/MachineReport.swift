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

  /// A datapath, by the estimate of one of its processors.
  package struct ProcessorType: Codable, Sendable {
    package var module: String
    package var processors: Int
    package var lut: Int
    package var ff: Int
    package var dsp: Int

    package init(module: String, processors: Int, lut: Int, ff: Int, dsp: Int) {
      self.module = module
      self.processors = processors
      self.lut = lut
      self.ff = ff
      self.dsp = dsp
    }
  }

  package var processors: Int
  /// Without program memories and what the layer has for all.
  package var types: [ProcessorType]
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
  /// - Parameter cost: of a design's top.
  package init(_ machine: ProcessorMachine, cost: (Design) -> (lut: Int, ff: Int, dsp: Int)) {
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
    types = []
    let modules = machine.trace.layers.flatMap(\.modules)
    for (index, module) in machine.design.modules.enumerated() {
      let count = modules.count { $0 == module.name }
      guard count > 0 else { continue }
      let alone = Design(
        name: module.name,
        modules: Array(machine.design.modules[...index]),
        interface: machine.design.interface
      )
      let cost = cost(alone)
      types.append(
        ProcessorType(module: module.name, processors: count, lut: cost.lut, ff: cost.ff, dsp: cost.dsp)
      )
    }
    units = plan.units.count
    programBits = layers.reduce(0) { $0 + $1.programBits }
    latency = machine.design.interface.latency
    interval = plan.interval
    let slots = zip(layers, plan.layers).reduce(0) { $0 + $1.0.processors * $1.0.lanes * plan.interval }
    let useful = layers.reduce(0) { $0 + $1.multiplyAccumulates }
    utilization = slots > 0 ? Double(useful) / Double(slots) : 0
  }
}
