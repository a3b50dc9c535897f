import Diagnostics
import FixedPoint
import NetlistIR
import TextForm

extension Design {
  /// Reads a design in the form of ``description``.
  ///
  /// - Throws: a ``Diagnostic`` with the line of whatever is malformed or not well formed.
  package init(parsing text: String, file: String) throws {
    var scanner = TextScanner(text, file: file)
    let start = scanner.mark
    try scanner.expectWord("design")
    let name = try scanner.name()
    var interface = try DesignInterface(parsing: &scanner)
    try scanner.endLine()
    while scanner.acceptsWord("channel") {
      interface.channels.append(try StreamChannel(parsing: &scanner))
      try scanner.endLine()
    }
    var parser = ModuleParser()
    while !scanner.isAtEnd { try parser.parse(&scanner) }
    self.init(name: name, modules: parser.modules, interface: interface)
    do {
      try DesignVerifier.verify(self)
    } catch let defect as DesignDefect {
      throw scanner.error(defect.description, at: start)
    }
  }
}

extension DesignInterface {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let handshake: Handshake = try scanner.choice("a handshake")
    try scanner.expectWord("latency")
    let latency = try scanner.integer("a latency", in: 0...Int(Int32.max))
    try scanner.expectWord("interval")
    let interval = try scanner.integer("an interval", in: 1...Int(Int32.max))
    try scanner.expectWord("period")
    self.init(handshake: handshake, latency: latency, interval: interval, clockPeriod: try scanner.number())
  }
}

extension StreamChannel {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let direction: InterfacePort.Direction = try scanner.choice("a direction")
    let name = try scanner.name()
    try scanner.expectWord("of")
    let port = try scanner.name()
    try scanner.expectWord("beats")
    let beats = try scanner.integer("beats", in: 1...Int(Int32.max))
    self.init(direction: direction, name: name, port: port, beats: beats, isPlanar: scanner.acceptsWord("planar"))
  }
}

/// Reads modules, each knowing those before it.
private struct ModuleParser {
  private(set) var modules: [DesignModule] = []
  private var signatures: [ModuleSignature] = []
  private var ids: [String: ModuleID] = [:]

  mutating func parse(_ scanner: inout TextScanner) throws {
    let start = scanner.mark
    let module: DesignModule
    if scanner.acceptsWord("pipeline") {
      let name = try scanner.name()
      let hasValid = scanner.acceptsWord("valid")
      try scanner.endLine()
      module = .pipeline(PipelineModule(name: name, circuit: try Circuit(parsing: &scanner), hasValid: hasValid))
    } else {
      try scanner.expectWord("module")
      module = .module(try hardware(&scanner))
    }
    signatures.append(module.signature)
    modules.append(module)
    guard ids.updateValue(ModuleID(modules.count - 1), forKey: module.name) == nil else {
      throw scanner.error("two modules are called '\(module.name)'", at: start)
    }
  }

  private func hardware(_ scanner: inout TextScanner) throws -> HardwareModule {
    var module = HardwareModule(name: try scanner.name())
    try scanner.endLine()
    let start = scanner.mark
    while scanner.acceptsWord("in") { module.inputs.append(try DesignPort(parsing: &scanner)) }
    while scanner.acceptsWord("out") { module.outputs.append(try DesignPort(parsing: &scanner)) }
    while scanner.acceptsWord("reg") { module.registers.append(try Register(parsing: &scanner)) }
    while scanner.acceptsWord("mem") { module.memories.append(try Memory(parsing: &scanner)) }
    while scanner.acceptsWord("inst") {
      let name = try scanner.name()
      try scanner.expectWord("of")
      let mark = scanner.mark
      let kind = try scanner.name()
      guard let id = ids[kind] else { throw scanner.error("there is no module '\(kind)' so far", at: mark) }
      module.instances.append(Instance(name: name, module: id))
      try scanner.endLine()
    }
    module.logic = try Netlist(parsing: &scanner) { _ in }
    func signature(_ id: ModuleID) -> ModuleSignature { signatures[id.index] }
    do {
      var sources: [NetlistPort: LogicSource] = [:]
      for source in module.possibleSources(signature) {
        sources[try module.netlistPort(of: source, signature)] = source
      }
      module.sources = try module.logic.inputs.map { port in
        guard let source = sources[port] else { throw DesignDefect("no source of its logic is \(port)") }
        return source
      }
      module.sinks = module.requiredSinks(signature)
    } catch let defect as DesignDefect {
      throw scanner.error("module '\(module.name)': \(defect.description)", at: start)
    }
    return module
  }
}

extension HardwareModule {
  /// Everything that the module's logic may read.
  fileprivate func possibleSources(_ signature: (ModuleID) -> ModuleSignature) -> [LogicSource] {
    var sources: [LogicSource] = []
    for (port, input) in inputs.enumerated() {
      sources += input.elements.indices.map { .port(port, element: $0) }
    }
    sources += registers.indices.map { .register(RegisterID($0)) }
    for (index, memory) in memories.enumerated() {
      sources += memory.readEnables.indices.map { .read(MemoryID(index), port: $0) }
    }
    for (index, instance) in instances.enumerated() {
      for (port, output) in signature(instance.module).outputs.enumerated() {
        sources += output.elements.indices.map { .instance(InstanceID(index), port: port, element: $0) }
      }
    }
    return sources
  }
}

extension DesignPort {
  /// More elements than any port has.
  private static let limit = 1 << 24

  /// Reads a port in the form of ``description``, and the end of its line.
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let name = try scanner.name()
    let elements = try scanner.types(limit: Self.limit)
    let ranges = scanner.acceptsWord("ranges") ? try scanner.list { try $0.interval() } : nil
    try scanner.endLine()
    self.init(name: name, elements: elements, ranges: ranges)
  }
}

extension Register {
  /// Reads a register in the form of ``description``, and the end of its line.
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let name = try scanner.name()
    let type = try scanner.type()
    try scanner.expectWord("in")
    let range = try scanner.interval()
    let reset: Int128? = scanner.acceptsWord("reset") ? try scanner.integer("a reset value") : nil
    let hasEnable = scanner.acceptsWord("enable")
    let depth = scanner.acceptsWord("depth") ? try scanner.integer("a depth", in: 2...(1 << 16)) : 1
    try scanner.endLine()
    self.init(name: name, type: type, range: range, reset: reset, depth: depth, hasEnable: hasEnable)
  }
}

extension Memory {
  /// Reads a memory in the form of ``description``, and the end of its line.
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let name = try scanner.name()
    let depth = try scanner.integer("a number of words", in: 1...(1 << 24))
    let type = try scanner.type()
    try scanner.expectWord("in")
    let range = try scanner.interval()
    let style: MemoryStyle = try scanner.choice("a style of memory")
    var reads: [Bool] = []
    while true {
      if scanner.acceptsWord("read") {
        reads.append(false)
      } else if scanner.acceptsWord("read_enable") {
        reads.append(true)
      } else {
        break
      }
    }
    let isWritten = scanner.acceptsWord("write")
    let contents: [Int128]? = scanner.acceptsWord("contents") ? try scanner.list { try $0.integer("a word") } : nil
    try scanner.endLine()
    self.init(
      name: name,
      depth: depth,
      type: type,
      range: range,
      contents: contents,
      style: style,
      readEnables: reads,
      isWritten: isWritten
    )
  }
}
