import DesignIR
import FirmwareFiles
import FixedPoint
import NetlistIR

/// Names of everything inside one hardware module.
struct HardwareModuleNames {
  let ports: PortNames
  private(set) var registers: [String] = []
  private(set) var memories: [String] = []
  /// By memory, the register of each read port.
  private(set) var reads: [[String]] = []
  private(set) var instances: [String] = []
  /// By instance, the net of each output port.
  private(set) var results: [[String]] = []
  /// By input port, the wire of each element.
  private(set) var elements: [[String]] = []
  /// By instance and output port, the wire of each element.
  private(set) var resultElements: [[[String]]] = []
  private(set) var values: [String] = []
  private var taken: Set<String>

  init(_ module: HardwareModule, name: String, _ children: [PortNames], _ signatures: [ModuleSignature]) {
    ports = PortNames(.module(module), name: name)
    taken = Set(ports.inputs + ports.outputs).union(["clk", "rst", "unused"])
    for register in module.registers {
      // A chain takes a name for each link, or one for its instance.
      let links = register.depth == 1 ? [] : (1..<register.depth).map { "_d\($0)" } + ["_delay"]
      registers.append(claim(register.name, also: links))
    }
    for memory in module.memories {
      memories.append(claim(memory.name, also: ["_address"]))
      reads.append(memory.readEnables.indices.map { claim("\(memory.name)_read_\($0)") })
    }
    for (index, port) in module.inputs.enumerated() { elements.append(claimElements(ports.inputs[index], port)) }
    for (index, instance) in module.instances.enumerated() {
      let name = claim(instance.name)
      instances.append(name)
      results.append(children[index].outputs.map { claim("\(name)_\($0)") })
      let outputs = signatures[index].outputs
      let wires = zip(results[index], outputs).map { claimElements($0, $1) }
      resultElements.append(wires)
    }
    for index in module.logic.values.indices {
      values.append(claim("v\(index)", also: ["_sum", "_product", "_row", "_below", "_above", "_data", "_rom"]))
    }
  }

  /// A single element is the port itself.
  private mutating func claimElements(_ name: String, _ port: DesignPort) -> [String] {
    port.elements.count == 1 ? [name] : port.elements.indices.map { claim("\(name)_\($0)") }
  }

  private mutating func claim(_ wish: String, also suffixes: [String] = []) -> String {
    let base = Identifiers.sanitized(wish)
    var name = base
    var count = 2
    while true {
      let all = [name] + suffixes.map { name + $0 }
      if taken.isDisjoint(with: all) {
        taken.formUnion(all)
        return name
      }
      name = "\(base)_n\(count)"
      count += 1
    }
  }
}
