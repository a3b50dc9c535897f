import FixedPoint
import NetlistIR

/// Builds a ``HardwareModule``: arithmetic through ``logic``, state and structure through its own methods.
///
/// Defects (a register without a next value, a value that leaves its range) are found by ``finish()`` and by
/// ``DesignVerifier``.
package struct ModuleBuilder: Sendable {
  /// Makes the combinational values.
  package var logic: NetlistBuilder
  private(set) var module: HardwareModule
  private var signatures: [ModuleSignature] = []
  private var sourceValues: [LogicSource: ValueID] = [:]
  private var sinkValues: [LogicSink: ValueID] = [:]
  private var delays: [Delay: ValueID] = [:]

  private struct Delay: Hashable {
    var value: ValueID
    var cycles: Int
  }

  /// - Parameter scope: the layer that the module's own logic belongs to; nil: the module itself.
  package init(name: String, scope: NetlistScope? = nil) {
    module = HardwareModule(name: name)
    logic = NetlistBuilder(name: name)
    logic.beginScope(scope ?? NetlistScope(name: name, kind: "Module"))
  }

  // MARK: - Ports

  /// Adds an input port; its elements' values.
  package mutating func input(_ port: DesignPort) -> [ValueID] {
    module.inputs.append(port)
    let index = module.inputs.count - 1
    return port.elements.indices.map { element in
      add(
        .port(index, element: element),
        NetlistPort(tensor: port.name, element: element, type: port.elements[element], range: port.ranges[element])
      )
    }
  }

  /// Adds an input port of one bit.
  package mutating func bit(_ name: String) -> ValueID { input(.bit(name))[0] }

  /// Adds an output port that takes the values.
  package mutating func output(_ port: DesignPort, _ values: [ValueID]) {
    module.outputs.append(port)
    for (element, value) in values.enumerated() {
      sinkValues[.port(module.outputs.count - 1, element: element)] = value
    }
  }

  /// Adds an output port of one bit.
  package mutating func output(bit name: String, _ value: ValueID) { output(.bit(name), [value]) }

  // MARK: - Registers

  /// Adds a register; ``setNext(_:_:enable:)`` says what it takes.
  ///
  /// - Parameters:
  ///   - range: every value that it takes, where that is less than the type holds; 0 and the reset value belong to it.
  ///   - reset: for control state only.
  package mutating func register(
    _ name: String,
    type: FixedPointType,
    range: Interval? = nil,
    reset: Int128? = nil
  ) -> RegisterID {
    add(Register(name: name, type: type, range: poweredUp(range ?? type.rawRange, reset), reset: reset))
  }

  /// Adds a register of the smallest type for a range.
  package mutating func register(_ name: String, range: Interval, reset: Int128? = nil) -> RegisterID {
    let range = poweredUp(range, reset)
    return register(name, type: .containing(range, fractionBits: 0), range: range, reset: reset)
  }

  /// What a register shows during a cycle.
  package func value(of register: RegisterID) -> ValueID { sourceValues[.register(register)] ?? ValueID(-1) }

  /// What a register takes at the end of a cycle, where `enable` is 1.
  package mutating func setNext(_ register: RegisterID, _ value: ValueID, enable: ValueID? = nil) {
    sinkValues[.next(register)] = value
    // An enable that is always 1 is none.
    guard let enable, logic.constantValue(enable) != 1 else { return }
    module.registers[register.index].hasEnable = true
    sinkValues[.enable(register)] = enable
  }

  /// A value one cycle later, or as it was when `enable` was 1 last.
  package mutating func registered(
    _ value: ValueID,
    _ name: String,
    enable: ValueID? = nil,
    reset: Int128? = nil
  ) -> ValueID {
    let id = register(name, range: logic.range(value), reset: reset)
    setNext(id, value, enable: enable)
    return self.value(of: id)
  }

  /// A value some cycles later, by a chain of registers without reset; a constant stays what it is.
  package mutating func delayed(_ value: ValueID, by cycles: Int, name: String) -> ValueID {
    if cycles <= 0 || logic.constantValue(value) != nil { return value }
    if let known = delays[Delay(value: value, cycles: cycles)] { return known }
    let range = poweredUp(logic.range(value), nil)
    let type = FixedPointType.containing(range, fractionBits: 0)
    let id = add(Register(name: name, type: type, range: range, reset: nil, depth: cycles))
    sinkValues[.next(id)] = value
    delays[Delay(value: value, cycles: cycles)] = self.value(of: id)
    return self.value(of: id)
  }

  private mutating func add(_ register: Register) -> RegisterID {
    module.registers.append(register)
    let id = RegisterID(module.registers.count - 1)
    let port = NetlistPort(tensor: "\(register.name).value", element: 0, type: register.type, range: register.range)
    _ = add(.register(id), port)
    return id
  }

  private func poweredUp(_ range: Interval, _ reset: Int128?) -> Interval {
    range.union(Interval(0)).union(Interval(reset ?? 0))
  }

  // MARK: - Memories

  /// Adds a memory.
  ///
  /// - Parameters:
  ///   - contents: the words at power-up; a memory that nobody writes is a ROM of them.
  ///   - range: every word that occurs, where that is less than the type holds.
  package mutating func memory(
    _ name: String,
    depth: Int,
    type: FixedPointType,
    range: Interval? = nil,
    contents: [Int128]? = nil,
    style: MemoryStyle = .automatic
  ) -> MemoryID {
    let words = Interval(contents?.min() ?? 0, contents?.max() ?? 0)
    module.memories.append(
      Memory(
        name: name,
        depth: depth,
        type: type,
        range: poweredUp((range ?? type.rawRange).union(words), nil),
        contents: contents,
        style: style
      )
    )
    return MemoryID(module.memories.count - 1)
  }

  /// Adds a memory that nobody writes.
  package mutating func rom(_ name: String, contents: [Int128], style: MemoryStyle = .automatic) -> MemoryID {
    let range = Interval(min(0, contents.min() ?? 0), max(0, contents.max() ?? 0))
    return memory(
      name,
      depth: contents.count,
      type: .containing(range, fractionBits: 0),
      range: range,
      contents: contents,
      style: style
    )
  }

  /// Adds a read port: the word at the address, one cycle later; what it shows stays while `enable` is 0.
  package mutating func read(_ memory: MemoryID, address: ValueID, enable: ValueID? = nil) -> ValueID {
    let enable = enable.flatMap { logic.constantValue($0) == 1 ? nil : $0 }
    let info = module.memories[memory.index]
    let port = info.readEnables.count
    module.memories[memory.index].readEnables.append(enable != nil)
    sinkValues[.readAddress(memory, port: port)] = address
    if let enable { sinkValues[.readEnable(memory, port: port)] = enable }
    return add(
      .read(memory, port: port),
      NetlistPort(tensor: "\(info.name).read", element: port, type: info.type, range: info.range)
    )
  }

  /// Adds the write port; a memory has one.
  package mutating func write(_ memory: MemoryID, address: ValueID, data: ValueID, enable: ValueID) {
    precondition(!module.memories[memory.index].isWritten, "a memory has one write port")
    module.memories[memory.index].isWritten = true
    sinkValues[.writeAddress(memory)] = address
    sinkValues[.writeData(memory)] = data
    sinkValues[.writeEnable(memory)] = enable
  }

  // MARK: - Instances

  /// Adds an instance whose inputs ``connect(_:port:_:)`` gives later: for handshakes that go both ways.
  package mutating func declareInstance(_ name: String, of module: ModuleID, in design: DesignBuilder) -> InstanceID {
    declareInstance(name, of: module, signature: design.signature(of: module))
  }

  package mutating func declareInstance(
    _ name: String,
    of module: ModuleID,
    signature: ModuleSignature
  ) -> InstanceID {
    self.module.instances.append(Instance(name: name, module: module))
    signatures.append(signature)
    let id = InstanceID(signatures.count - 1)
    for (port, output) in signature.outputs.enumerated() {
      for element in output.elements.indices {
        let netlistPort = NetlistPort(
          tensor: "\(name).\(output.name)",
          element: element,
          type: output.elements[element],
          range: output.ranges[element]
        )
        _ = add(.instance(id, port: port, element: element), netlistPort)
      }
    }
    return id
  }

  /// The values of an instance's output ports.
  package func outputs(of instance: InstanceID) -> [[ValueID]] {
    signatures[instance.index].outputs.enumerated().map { port, output in
      output.elements.indices.map { element in
        sourceValues[.instance(instance, port: port, element: element)] ?? ValueID(-1)
      }
    }
  }

  /// The values of an instance's output port of that name; empty where there is none.
  package func output(_ name: String, of instance: InstanceID) -> [ValueID] {
    guard let port = signatures[instance.index].outputs.firstIndex(where: { $0.name == name }) else { return [] }
    return outputs(of: instance)[port]
  }

  /// Gives the values of an input port.
  package mutating func connect(_ instance: InstanceID, port: Int, _ values: [ValueID]) {
    for (element, value) in values.enumerated() {
      sinkValues[.instance(instance, port: port, element: element)] = value
    }
  }

  /// Gives the values of the input port of that name.
  package mutating func connect(_ instance: InstanceID, _ name: String, _ values: [ValueID]) {
    let port = signatures[instance.index].inputs.firstIndex { $0.name == name }
    precondition(port != nil, "'\(signatures[instance.index].name)' has no input port '\(name)'")
    if let port { connect(instance, port: port, values) }
  }

  /// Adds an instance; the values of its output ports.
  package mutating func instance(
    _ name: String,
    of module: ModuleID,
    in design: DesignBuilder,
    inputs: [[ValueID]]
  ) -> [[ValueID]] {
    let id = declareInstance(name, of: module, in: design)
    for (port, values) in inputs.enumerated() { connect(id, port: port, values) }
    return outputs(of: id)
  }

  // MARK: - End

  /// The module.
  ///
  /// - Throws: ``DesignDefect`` where a register, a port or an instance lacks a value, or has one too many.
  package func finish() throws -> HardwareModule {
    var module = module
    var logic = logic
    func signature(_ id: ModuleID) -> ModuleSignature {
      let index = module.instances.firstIndex { $0.module == id } ?? 0
      return signatures[index]
    }
    let sinks = module.requiredSinks(signature)
    for sink in sinks {
      let port = try module.netlistPort(of: sink, signature)
      guard let value = sinkValues[sink] else {
        throw DesignDefect("module '\(module.name)': nothing drives '\(port.tensor)' [\(port.element)]")
      }
      logic.output(value, as: port)
    }
    guard sinkValues.count == sinks.count else {
      throw DesignDefect("module '\(module.name)': more values than its ports and instances take")
    }
    module.sinks = sinks
    module.logic = logic.netlist
    return module
  }

  private mutating func add(_ source: LogicSource, _ port: NetlistPort) -> ValueID {
    module.sources.append(source)
    let value = logic.input(port)
    sourceValues[source] = value
    return value
  }
}
