import FixedPoint
import NetlistIR

/// Checks what every reader of a design relies on.
///
/// Modules stand after those that they instantiate, names are unique, every port, register, memory and instance gets its
/// values and what it gets stays inside its range, addresses lie inside their memories, state may be 0 (which it is when
/// power comes), the top's ports are those of its interface, and no wire depends on itself within one cycle.
package enum DesignVerifier {
  /// - Throws: the first ``DesignDefect``.
  package static func verify(_ design: Design) throws {
    guard !design.modules.isEmpty else { throw DesignDefect("a design without modules") }
    var names: Set<String> = []
    var signatures: [ModuleSignature] = []
    for (index, module) in design.modules.enumerated() {
      guard names.insert(module.name).inserted else { throw DesignDefect("two modules are called '\(module.name)'") }
      switch module {
      case .pipeline(let leaf): try verify(leaf)
      case .module(let module):
        for instance in module.instances where !(0..<index).contains(instance.module.index) {
          throw DesignDefect("module '\(module.name)': instance '\(instance.name)' is of no earlier module")
        }
        try ModuleVerifier(module: module, signatures: signatures).verify()
      }
      signatures.append(module.signature)
    }
    try verifyInterface(design, signatures[signatures.count - 1])
    _ = try CombinationalPaths(design)
  }

  private static func verify(_ leaf: PipelineModule) throws {
    do {
      try CircuitVerifier.verify(leaf.circuit)
      try NetlistVerifier.verify(leaf.circuit.netlist)
    } catch let defect as CircuitDefect {
      throw DesignDefect("pipeline '\(leaf.name)': \(defect.description)")
    } catch let defect as NetlistDefect {
      throw DesignDefect("pipeline '\(leaf.name)': \(defect.description)")
    }
    let ports = leaf.signature.inputs + leaf.signature.outputs
    guard Set(ports.map(\.name)).count == ports.count else {
      throw DesignDefect("pipeline '\(leaf.name)': two ports have one name")
    }
  }

  private static func verifyInterface(_ design: Design, _ top: ModuleSignature) throws {
    let interface = design.interface
    for (names, ports) in [(interface.controlInputs, top.inputs), (interface.controlOutputs, top.outputs)] {
      for name in names where !ports.contains(.bit(name)) {
        throw DesignDefect("top '\(top.name)' has no bit '\(name)', which \(interface.handshake.rawValue) asks for")
      }
    }
    guard interface.latency >= 0, interface.interval >= 1, interface.clockPeriod.isFinite, interface.clockPeriod > 0
    else { throw DesignDefect("the interface states no possible timing") }
    for channel in interface.channels {
      let ports = channel.direction == .input ? top.inputs : top.outputs
      guard ports.contains(where: { $0.name == channel.port }) else {
        throw DesignDefect("top '\(top.name)' has no port '\(channel.port)', which channel '\(channel.name)' asks for")
      }
    }
    for port in top.inputs where port.ranges != port.elements.map(\.rawRange) {
      throw DesignDefect("top '\(top.name)': nobody keeps input '\(port.name)' inside its ranges")
    }
  }
}

/// Checks one module, those that it instantiates being well formed.
private struct ModuleVerifier {
  let module: HardwareModule
  let signatures: [ModuleSignature]

  private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    guard condition else { throw DesignDefect("module '\(module.name)': \(message())") }
  }

  func verify() throws {
    try verifyPorts()
    for register in module.registers { try verify(register) }
    for memory in module.memories { try verify(memory) }
    let names = module.registers.map(\.name) + module.memories.map(\.name) + module.instances.map(\.name)
    try require(Set(names).count == names.count, "two parts have one name")
    try verifySources()
    try verifySinks()
    do {
      try NetlistVerifier.verify(module.logic)
    } catch let defect as NetlistDefect {
      try require(false, defect.description)
    }
  }

  private func verifyPorts() throws {
    let ports = module.inputs + module.outputs
    try require(Set(ports.map(\.name)).count == ports.count, "two ports have one name")
    for port in ports {
      try require(!["clk", "rst"].contains(port.name), "'\(port.name)' is no port: clock and reset go without saying")
      try require(port.elements.count == port.ranges.count, "port '\(port.name)' has a type without a range")
      for (type, range) in zip(port.elements, port.ranges) { try verify(type, range, "port '\(port.name)'") }
    }
  }

  private func verify(_ type: FixedPointType, _ range: Interval, _ owner: String) throws {
    try require((0...FixedPointType.maximumWidth).contains(type.width), "\(owner) is \(type.width) bits wide")
    try require(type.wordRange.contains(range), "\(owner) of type \(type) cannot hold \(range)")
  }

  private func verify(_ register: Register) throws {
    let owner = "register '\(register.name)'"
    try verify(register.type, register.range, owner)
    try require(register.range.contains(0), "\(owner) is 0 when power comes, which is outside \(register.range)")
    try require(register.reset.map(register.range.contains) ?? true, "\(owner) is reset to a value outside its range")
    try require(register.depth <= 1 << 16, "\(owner) is a delay of \(register.depth)")
    let isPlain = register.reset == nil && !register.hasEnable
    try require(register.depth == 1 || (register.depth > 1 && isPlain), "\(owner) is no delay of \(register.depth)")
  }

  private func verify(_ memory: Memory) throws {
    let owner = "memory '\(memory.name)'"
    try require((1...(1 << 24)).contains(memory.depth), "\(owner) has \(memory.depth) words")
    try require(memory.type.width > 0, "\(owner) has words without bits")
    try verify(memory.type, memory.range, owner)
    try require(memory.range.contains(0), "\(owner) shows 0 when power comes, which is outside \(memory.range)")
    try require(memory.isWritten || memory.contents != nil, "\(owner) has no contents and nobody writes it")
    guard let contents = memory.contents else { return }
    try require(contents.count == memory.depth, "\(owner) of \(memory.depth) words holds \(contents.count)")
    try require(contents.allSatisfy(memory.range.contains), "\(owner) holds a word outside \(memory.range)")
  }

  private func verifySources() throws {
    let inputs = module.logic.inputs
    try require(inputs.count == module.sources.count, "its logic reads what is no source")
    try require(Set(module.sources).count == module.sources.count, "a source stands twice")
    var names: Set<Name> = []
    for (source, input) in zip(module.sources, inputs) {
      let port = try netlistPort(source)
      try require(names.insert(Name(port)).inserted, "two sources are called '\(port.tensor)'")
      try require(port == input, "source '\(port.tensor)' [\(port.element)] is another one in its logic")
    }
  }

  private func verifySinks() throws {
    let required = module.requiredSinks { signatures[$0.index] }
    let driven = Set(module.sinks)
    for sink in required where !driven.contains(sink) {
      let port = try netlistPort(sink)
      try require(false, "nothing drives '\(port.tensor)' [\(port.element)]")
    }
    try require(
      module.sinks == required && module.sinks.count == module.logic.outputs.count,
      "it drives what is no sink"
    )
    var names: Set<Name> = []
    for (sink, output) in zip(module.sinks, module.logic.outputs) {
      let port = try netlistPort(sink)
      try require(names.insert(Name(port)).inserted, "two sinks are called '\(port.tensor)'")
      try require(port == output.port, "sink '\(port.tensor)' [\(port.element)] is another one in its logic")
      try require(module.logic.values.indices.contains(output.value.index), "'\(port.tensor)' reads no value")
      let (range, room) = (module.logic[output.value].range, port.range ?? port.type.rawRange)
      try require(
        room.contains(range),
        "'\(port.tensor)' [\(port.element)] takes \(range), and only \(room) is allowed"
      )
    }
  }

  /// By what a text form tells ports apart.
  private struct Name: Hashable {
    let tensor: String
    let element: Int

    init(_ port: NetlistPort) { (tensor, element) = (port.tensor, port.element) }
  }

  private func netlistPort(_ source: LogicSource) throws -> NetlistPort {
    do {
      return try module.netlistPort(of: source) { signatures[$0.index] }
    } catch let defect as DesignDefect {
      throw DesignDefect("module '\(module.name)': \(defect.description)")
    }
  }

  private func netlistPort(_ sink: LogicSink) throws -> NetlistPort {
    try module.netlistPort(of: sink) { signatures[$0.index] }
  }
}
