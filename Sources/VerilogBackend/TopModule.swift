import DesignIR
import FixedPoint
import NetlistIR

/// Writes the top: buses into elements, the layers, elements into buses, and the valid bit beside them.
struct TopModule {
  let plan: FirmwarePlan
  let names: ValueNames
  let layout: BusLayout
  let layers: [(layer: LayerModule, module: VerilogModule)]
  /// Whether a valid bit travels beside the data.
  let hasValid: Bool

  private var netlist: Netlist { plan.circuit.netlist }
  private let clk = Net(name: "clk", width: 1)
  private let inValid = Net(name: "in_valid", width: 1)

  func emit() -> VerilogModule {
    var module = VerilogModule(name: layout.top, header: header, ports: ports)
    module.items += inputItems
    for (layer, emitted) in layers { module.items += instance(of: layer, emitted) }
    module.items += outputItems { index, width in
      plan.operand(netlist.outputs[index].value, at: plan.circuit.latency, names).window(width: width)
    }
    module.items += hasValid ? validItems : []
    module.declareUnused()
    return module
  }

  var header: [String] {
    var lines = [
      "'\(netlist.name.singleLine)', written by Tricot.", "",
      "Latency \(plan.circuit.latency) cycles; a new event may enter every cycle.",
    ]
    lines +=
      hasValid
      ? [
        "An event on the input buses with in_valid = 1 leaves on the output buses, with out_valid = 1,",
        "\(plan.circuit.latency) cycles later. rst (synchronous) clears the valid bits only.", "",
      ] : [""]
    for bus in layout.inputs + layout.outputs {
      lines.append("Bus '\(bus.name)', \(bus.width) bits, tensor '\(bus.tensor.singleLine)': element at bits, type")
      for element in bus.elements where element.width > 0 {
        let bits = "\(element.offset + element.width - 1):\(element.offset)"
        lines.append("  \(element.port.element) at [\(bits)], \(element.port.type.shortDescription)")
      }
      let empty = bus.elements.filter { $0.width == 0 }.map { String($0.port.element) }
      if !empty.isEmpty { lines.append("  always 0 and without bits: \(empty.joined(separator: ", "))") }
    }
    return lines
  }

  var ports: [VerilogModule.Port] {
    let control = [clk] + (hasValid ? [Net(name: "rst", width: 1), inValid] : [])
    var ports = control.map { VerilogModule.Port(direction: .input, net: $0) }
    ports += layout.inputs.filter { $0.width > 0 }.map { .init(direction: .input, net: $0.net) }
    if hasValid { ports.append(.init(direction: .output, net: Net(name: "out_valid", width: 1))) }
    return ports + layout.outputs.filter { $0.width > 0 }.map { .init(direction: .output, net: $0.net) }
  }

  private var inputItems: [VerilogModule.Item] {
    let isRead = Set(plan.imports.joined().filter { $0.rank == 0 }.map(\.value))
    var ids: [Int32: ValueID] = [:]
    for (index, value) in netlist.values.enumerated() {
      if case .input(let input) = value.instruction { ids[input] = ValueID(index) }
    }
    var items: [VerilogModule.Item] = []
    for bus in layout.inputs {
      for element in bus.elements {
        guard let id = ids[Int32(element.flatIndex)], isRead.contains(id) else { continue }
        let net = plan.net(Tap(value: id, rank: 0), names)
        let high = element.offset + net.width - 1
        items.append(.wire(net, .slice(bus.net, high: high, low: element.offset), comment: nil))
      }
    }
    return items.isEmpty ? [] : [.blank, .comment("Elements of the input buses.")] + items
  }

  private func instance(of layer: LayerModule, _ module: VerilogModule) -> [VerilogModule.Item] {
    let info = netlist.scopes[layer.scope.index]
    let exports = plan.exports[layer.scope.index].map { plan.net($0, names) }
    let connections = module.ports.map { port in
      VerilogModule.Connection(port: port.net.name, value: port.net.whole, isOutput: port.direction != .input)
    }
    return [.blank, .comment("Layer '\(info.name.singleLine)' (\(info.kind.singleLine)).")]
      + exports.map { .declaration($0) }
      + [
        .instance(
          module: layer.name,
          name: "layer_\(names.scopes[layer.scope.index])",
          parameters: [],
          connections: connections
        )
      ]
  }

  /// - Parameter word: of an output, the lowest bits.
  func outputItems(_ word: (_ index: Int, _ width: Int) -> Expression) -> [VerilogModule.Item] {
    var items: [VerilogModule.Item] = []
    for bus in layout.outputs where bus.width > 0 {
      items += [.blank, .comment("Tensor '\(bus.tensor.singleLine)'.")]
      for element in bus.elements where element.width > 0 {
        items.append(
          .assign(
            bus.net,
            high: element.offset + element.width - 1,
            low: element.offset,
            word(element.flatIndex, element.width),
            comment: "element \(element.port.element), \(element.port.type.shortDescription)"
          )
        )
      }
    }
    return items
  }

  var validItems: [VerilogModule.Item] {
    let valid = Net(name: "valid", width: plan.circuit.latency)
    let last = Expression.slice(valid, high: valid.width - 1, low: valid.width - 1)
    return [
      .blank, .comment("The valid bit travels beside the data."), .register(valid),
      .validPipeline(valid, in: inValid),
      .assign(Net(name: "out_valid", width: 1), high: 0, low: 0, last, comment: nil),
    ]
  }
}

extension Bus {
  fileprivate var net: Net { Net(name: name, width: max(1, width)) }
}
