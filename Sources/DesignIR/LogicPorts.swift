import FixedPoint
import NetlistIR

extension Memory {
  /// The type of an address.
  package var addressType: FixedPointType {
    .containing(Interval(0, Int128(max(0, depth - 1))), fractionBits: 0)
  }
}

extension HardwareModule {
  /// The port of the logic that a source stands for.
  package func netlistPort(
    of source: LogicSource,
    _ signature: (ModuleID) -> ModuleSignature
  ) throws -> NetlistPort {
    switch source {
    case .port(let port, let element):
      return try Self.netlistPort(inputs, port, element, prefix: "")
    case .register(let id):
      let register = try self.register(id)
      return NetlistPort(tensor: "\(register.name).value", element: 0, type: register.type, range: register.range)
    case .read(let id, let port):
      let memory = try self.memory(id)
      return NetlistPort(tensor: "\(memory.name).read", element: port, type: memory.type, range: memory.range)
    case .instance(let id, let port, let element):
      let instance = try self.instance(id)
      return try Self.netlistPort(signature(instance.module).outputs, port, element, prefix: "\(instance.name).")
    }
  }

  /// The port of the logic that a sink stands for.
  package func netlistPort(of sink: LogicSink, _ signature: (ModuleID) -> ModuleSignature) throws -> NetlistPort {
    switch sink {
    case .port(let port, let element):
      return try Self.netlistPort(outputs, port, element, prefix: "")
    case .next(let id):
      let register = try self.register(id)
      return NetlistPort(tensor: "\(register.name).next", element: 0, type: register.type, range: register.range)
    case .enable(let id): return NetlistPort(tensor: "\(try register(id).name).enable", element: 0, type: .bit)
    case .readAddress(let id, let port):
      return try address(id, "read_address", element: port)
    case .readEnable(let id, let port):
      return NetlistPort(tensor: "\(try memory(id).name).read_enable", element: port, type: .bit)
    case .writeAddress(let id): return try address(id, "write_address", element: 0)
    case .writeData(let id):
      let memory = try self.memory(id)
      return NetlistPort(tensor: "\(memory.name).write", element: 0, type: memory.type, range: memory.range)
    case .writeEnable(let id): return NetlistPort(tensor: "\(try memory(id).name).write_enable", element: 0, type: .bit)
    case .instance(let id, let port, let element):
      let instance = try self.instance(id)
      return try Self.netlistPort(signature(instance.module).inputs, port, element, prefix: "\(instance.name).")
    }
  }

  private static func netlistPort(
    _ ports: [DesignPort],
    _ port: Int,
    _ element: Int,
    prefix: String
  ) throws -> NetlistPort {
    guard ports.indices.contains(port), ports[port].elements.indices.contains(element),
      ports[port].ranges.indices.contains(element)
    else { throw DesignDefect("there is no element \(element) of port \(port)") }
    return NetlistPort(
      tensor: prefix + ports[port].name,
      element: element,
      type: ports[port].elements[element],
      range: ports[port].ranges[element]
    )
  }

  private func address(_ id: MemoryID, _ name: String, element: Int) throws -> NetlistPort {
    let memory = try memory(id)
    let range = Interval(0, Int128(max(0, memory.depth - 1)))
    return NetlistPort(tensor: "\(memory.name).\(name)", element: element, type: memory.addressType, range: range)
  }

  private func register(_ id: RegisterID) throws -> Register {
    guard registers.indices.contains(id.index) else { throw DesignDefect("there is no register \(id.index)") }
    return registers[id.index]
  }

  private func memory(_ id: MemoryID) throws -> Memory {
    guard memories.indices.contains(id.index) else { throw DesignDefect("there is no memory \(id.index)") }
    return memories[id.index]
  }

  private func instance(_ id: InstanceID) throws -> Instance {
    guard instances.indices.contains(id.index) else { throw DesignDefect("there is no instance \(id.index)") }
    return instances[id.index]
  }
}
