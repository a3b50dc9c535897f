import DesignIR
import Devices
import FixedPoint
import LogicMapping
import NetlistIR

/// What a design takes of a part: each module counted once, and as often as it is instantiated.
///
/// Latency and interval are exact.
package struct DesignEstimate: Sendable, Hashable {
  /// By name: the model's layers, and what lies between them.
  package var layers: [LayerEstimate]
  package var total: ResourceCount
  package var latencyCycles: Int
  package var initiationInterval: Int
  /// In nanoseconds.
  package var clockPeriod: Double
  package var latencyNanoseconds: Double { Double(latencyCycles) * clockPeriod }

  /// - Parameter logic: how the logic of pipelines is written.
  package init(_ design: Design, logic: LogicStyle = .expressions) {
    let counts = design.instanceCounts
    var rows: [LayerEstimate] = []
    var positions: [String: Int] = [:]
    func add(_ layer: LayerEstimate, times: Int) {
      let position = positions[layer.name] ?? rows.count
      if position == rows.count {
        positions[layer.name] = position
        rows.append(LayerEstimate(name: layer.name, kind: layer.kind, resources: ResourceCount(), stages: layer.stages))
      }
      for _ in 0..<times { rows[position].resources += layer.resources }
    }
    total = ResourceCount()
    for (module, count) in zip(design.modules, counts) where count > 0 {
      switch module {
      case .pipeline(let leaf):
        for layer in LayerEstimate.layers(of: leaf.circuit, logic: logic) { add(layer, times: count) }
        // The valid bit passes every rank.
        if leaf.hasValid { total += ResourceCount(ff: leaf.circuit.latency * count) }
      case .module(let module): add(module.estimate, times: count)
      }
    }
    layers = rows
    total = rows.reduce(total) { $0 + $1.resources }
    latencyCycles = design.interface.latency
    initiationInterval = design.interface.interval
    clockPeriod = design.interface.clockPeriod
  }
}

extension HardwareModule {
  /// The module's own logic, registers and memories, without its instances.
  fileprivate var estimate: LayerEstimate {
    let products = ProductCost(logic)
    let tables = TableCost(self)
    let controls = RegisterControls(self)
    let builder = BitBuilder(logic, tables: tables, isAbsorbed: controls.isAbsorbed)
    var count = LogicCost(builder, style: .expressions).resources.reduce(ResourceCount(), +)
    for id in logic.values.indices.map({ ValueID($0) }) {
      count += products.resources(of: id) + tables.resources(of: id)
    }
    for register in registers {
      if register.depth >= BitRegisters.shiftRegisterDepth {
        // Shift registers of 16 stages a LUT.
        count += ResourceCount(lut: register.type.width * ((register.depth + 15) / 16))
      } else {
        count += ResourceCount(ff: register.type.width * register.depth)
      }
    }
    for memory in memories { count += memory.resources }
    let scope = logic.scopes.first ?? NetlistScope(name: name, kind: "Module")
    return LayerEstimate(name: scope.name, kind: scope.kind, resources: count, stages: 0...0)
  }
}

extension Memory {
  /// A twentieth of a block of 18 kbit.
  private static let leastBlockBits = 922

  /// Block memories where they pay, else LUTs: 64 words of a bit each, and a register for what is read.
  ///
  /// Up to 64 words, such as the queues and line buffers of streams, are left to LUTs, as yosys did on qkeras_mnist_cnn.
  fileprivate var resources: ResourceCount {
    let ports = max(readEnables.count, 1)
    let isBlock = style == .block || style == .automatic && depth > 64 && depth * type.width >= Self.leastBlockBits
    if isBlock {
      var (words, bits) = (512, 36)
      while words < depth && bits > 1 { (words, bits) = (words * 2, bits / 2) }
      return ResourceCount(bram18: (type.width + bits - 1) / bits * ((depth + words - 1) / words) * ports)
    }
    let luts = depth <= 32 ? (type.width + 1) / 2 : type.width * ((depth + 63) / 64)
    return ResourceCount(lut: luts * ports, ff: type.width * ports)
  }
}
