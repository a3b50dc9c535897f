import DesignIR
import FirmwareFiles
import FixedPoint
import NetlistIR

/// The Verilog ports of a design's top module.
package struct DesignLayout: Sendable, Hashable {
  /// Verilog's name of the top module.
  package var top: String
  /// All ports in the order of the top's signature, control bits included; elements are numbered over all of them.
  package var inputs: [Bus]
  package var outputs: [Bus]
  /// The ports that carry data; elements are numbered over these only.
  package var data: BusLayout
  package var hasClock: Bool
  package var hasReset: Bool

  package init(_ design: Design, top wish: String) {
    let module = design[design.top]
    top = PortNames.top(module, wish)
    let names = PortNames(module, name: top)
    let control = (design.interface.controlInputs, design.interface.controlOutputs)
    let signature = module.signature
    inputs = Self.buses(signature.inputs, names.inputs) { _ in true }
    outputs = Self.buses(signature.outputs, names.outputs) { _ in true }
    switch module {
    case .pipeline(let leaf): data = BusLayout(leaf.circuit.netlist, top: top)
    case .module:
      data = BusLayout(
        top: top,
        inputs: Self.buses(signature.inputs, names.inputs) { !control.0.contains($0.name) },
        outputs: Self.buses(signature.outputs, names.outputs) { !control.1.contains($0.name) }
      )
    }
    hasClock = design.needsClock.last ?? false
    hasReset = design.hasReset
  }

  /// The name that a module below the top gets, unless another has it already.
  package func moduleName(_ module: DesignModule) -> String { Identifiers.sanitized("\(top)_\(module.name)") }

  private static func buses(_ ports: [DesignPort], _ names: [String], isKept: (DesignPort) -> Bool) -> [Bus] {
    var flatIndex = 0
    return zip(ports, names).filter { isKept($0.0) }.map { port, name in
      let elements = zip(port.elements.indices, port.offsets).map { element, offset in
        let netlistPort = NetlistPort(tensor: port.name, element: element, type: port.elements[element])
        return BusElement(flatIndex: flatIndex + element, port: netlistPort, offset: offset)
      }
      flatIndex += elements.count
      return Bus(name: name, tensor: port.name, elements: elements, width: port.width)
    }
  }
}

/// Verilog's names of a module's ports.
struct PortNames {
  private(set) var inputs: [String] = []
  private(set) var outputs: [String] = []

  /// - Parameter name: Verilog's name of the module, which a pipeline's ports keep clear of.
  init(_ module: DesignModule, name: String) {
    switch module {
    case .pipeline(let leaf):
      let layout = BusLayout(leaf.circuit.netlist, top: name)
      inputs = (leaf.hasValid ? [PipelineModule.inValid] : []) + layout.inputs.map(\.name)
      outputs = (leaf.hasValid ? [PipelineModule.outValid] : []) + layout.outputs.map(\.name)
    case .module(let module):
      // Names that are identifiers already keep them, so that control ports are called what they are.
      let wishes = module.inputs.map(\.name) + module.outputs.map(\.name)
      var names = Identifiers(reserved: ["clk", "rst"])
      var claimed = wishes.map { Identifiers.sanitized($0) == $0 ? names.claim($0) : nil }
      for (index, wish) in wishes.enumerated() where claimed[index] == nil { claimed[index] = names.claim(wish) }
      let all = claimed.compactMap { $0 }
      inputs = Array(all.prefix(module.inputs.count))
      outputs = Array(all.dropFirst(module.inputs.count))
    }
  }

  /// The top module's name.
  static func top(_ module: DesignModule, _ wish: String) -> String {
    switch module {
    case .pipeline(let leaf): BusLayout(leaf.circuit.netlist, top: wish).top
    case .module: BusLayout(Netlist(name: wish), top: wish).top
    }
  }
}
