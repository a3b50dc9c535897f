import DesignIR
import FixedPoint
import Fuzzing
import NetlistIR

/// Random small designs: registers with and without enable and reset, delays, memories, ROMs, modules that stand several
/// times, pipelines with and without a valid bit, and feedback through all of them.
package struct RandomDesign {
  private var logic: RandomLogic
  private var design: DesignBuilder

  private init(seed: UInt64) {
    logic = RandomLogic(seed: seed)
    design = DesignBuilder(name: "random \(seed)")
  }

  package static let interface = DesignInterface(handshake: .everyCycle, latency: 1, interval: 1, clockPeriod: 5)

  package static func make(seed: UInt64) throws -> Design {
    var random = RandomDesign(seed: seed)
    var children: [ModuleID] = []
    for index in 0..<random.logic.int(0...2) { children.append(random.pipeline("leaf \(index)")) }
    for index in 0..<random.logic.int(0...2) {
      children.append(try random.module("part \(index)", children: children, steps: 10))
    }
    _ = try random.module("top", children: children, steps: 16)
    return try random.design.finish(interface: interface)
  }

  /// Designs side by side in one top, their ports with a number before the name: many then share one build.
  package static func union(of designs: [Design]) throws -> Design {
    var union = DesignBuilder(name: "union")
    var tops: [ModuleID] = []
    for (number, design) in designs.enumerated() {
      let offset = union.modules.count
      for module in design.modules {
        switch module {
        case .pipeline(let leaf):
          tops.append(union.add(leaf.circuit, name: "d\(number) \(leaf.name)", hasValid: leaf.hasValid))
        case .module(var module):
          module.name = "d\(number) \(module.name)"
          for index in module.instances.indices {
            module.instances[index].module = ModuleID(module.instances[index].module.index + offset)
          }
          tops.append(union.add(module))
        }
      }
      tops.removeLast(design.modules.count - 1)
      tops[number] = ModuleID(union.modules.count - 1)
    }
    var top = ModuleBuilder(name: "union")
    for (number, id) in tops.enumerated() {
      let signature = union.signature(of: id)
      let inputs = signature.inputs.map { port in
        top.input(DesignPort(name: "d\(number)_\(port.name)", elements: port.elements))
      }
      let outputs = top.instance("d\(number)", of: id, in: union, inputs: inputs)
      for (port, values) in zip(signature.outputs, outputs) {
        top.output(DesignPort(name: "d\(number)_\(port.name)", elements: port.elements, ranges: port.ranges), values)
      }
    }
    _ = union.add(try top.finish())
    return try union.finish(interface: interface)
  }

  /// Raw values of all input ports: corners as often as anything else.
  package static func inputs(of design: Design, _ generator: inout SeededGenerator) -> [Int128] {
    design.signature(of: design.top).inputs.flatMap(\.elements).map { type in
      let range = type.rawRange
      switch Int.random(in: 0...5, using: &generator) {
      case 0: return range.lower
      case 1: return range.upper
      case 2: return range.nearest(to: Int128(Int.random(in: -2...2, using: &generator)))
      default: return Int128.random(in: range.lower...range.upper, using: &generator)
      }
    }
  }

  // MARK: - Pipelines

  private mutating func pipeline(_ name: String) -> ModuleID {
    while true {
      if let circuit = circuit(name) { return design.add(circuit, name: name, hasValid: logic.chance(40)) }
    }
  }

  /// A circuit whose registers may all be 0, or nil where chance made another one.
  private mutating func circuit(_ name: String) -> Circuit? {
    var builder = NetlistBuilder(name: name)
    (logic.words, logic.conditions, logic.keepsZero) = ([], [], true)
    defer { logic.keepsZero = false }
    builder.beginScope(NetlistScope(name: "in", kind: "Input"))
    for element in 0..<logic.int(1...3) {
      let port = NetlistPort(tensor: element == 2 ? "w" : "x", element: element % 2, type: logic.type(maximum: 12))
      logic.keep(builder.input(port), builder)
    }
    guard let first = logic.words.first else { return nil }
    logic.conditions.append(builder.isNegative(builder.difference(first, builder.constant(3))))
    for layer in 0..<2 {
      builder.beginScope(NetlistScope(name: "layer \(layer)", kind: "Random"))
      for _ in 0..<5 { logic.step(&builder) }
    }
    for element in 0..<logic.int(1...3) {
      let id = element == 0 ? logic.words[logic.words.count - 1] : logic.word()
      let type = FixedPointType.containing(builder.range(id), fractionBits: logic.int(0...3))
      builder.output(id, as: NetlistPort(tensor: element == 0 ? "y" : "z", element: element, type: type))
    }
    var stages: [Int32] = []
    for value in builder.netlist.values {
      let earliest = value.instruction.operands.map { stages[$0.index] }.max() ?? 0
      stages.append(value.instruction.operands.isEmpty ? 0 : earliest + [0, 0, 0, 1, 3][logic.int(0...4)])
    }
    let latency = Int(stages.max() ?? 0) + 1
    let circuit = Circuit(
      netlist: builder.netlist,
      stages: stages,
      latency: latency,
      clockPeriod: 5,
      worstStageDelay: 0
    )
    let isSafe = zip(circuit.lastRanks, stages).enumerated().allSatisfy { index, ranks in
      ranks.0 == ranks.1 || builder.netlist.values[index].range.contains(0)
    }
    return isSafe ? circuit : nil
  }

  // MARK: - Modules

  private mutating func module(_ name: String, children: [ModuleID], steps: Int) throws -> ModuleID {
    var builder = ModuleBuilder(name: name)
    (logic.words, logic.conditions) = ([], [])
    addInputs(&builder, isTop: name == "top")
    let registers = addRegisters(&builder)
    let memories = addMemories(&builder)
    var open: [InstanceID] = []
    for _ in 0..<(children.isEmpty ? 0 : logic.int(1...3)) {
      let child = children[logic.int(0...children.count - 1)]
      let instance = builder.declareInstance("part \(open.count)", of: child, in: design)
      // Only a pipeline may read what is computed from its results.
      if case .module = design.modules[child.index] { connect(instance, child, &builder) }
      for value in builder.outputs(of: instance).joined() { logic.keep(value, builder.logic) }
      open.append(instance)
      if case .pipeline = design.modules[child.index] { late.append((instance, child)) }
    }
    for _ in 0..<steps { logic.step(&builder.logic) }
    for memory in memories { use(memory, &builder) }
    for _ in 0..<4 { logic.step(&builder.logic) }
    for (instance, child) in late { connect(instance, child, &builder) }
    late = []
    for (register, type, range) in registers {
      let next = logic.word(in: range, of: type, &builder.logic)
      builder.setNext(register, next, enable: logic.chance(50) ? logic.condition() : nil)
    }
    addOutputs(&builder)
    return design.add(try builder.finish())
  }

  private var late: [(InstanceID, ModuleID)] = []

  private mutating func addInputs(_ builder: inout ModuleBuilder, isTop: Bool) {
    let go = builder.bit("go")
    (logic.words, logic.conditions) = ([go], [go])
    for port in 0..<logic.int(1...2) {
      let types = (0..<logic.int(1...3)).map { _ in logic.type() }
      let isNarrow = !isTop && logic.chance(30)
      let ranges = types.map { isNarrow ? Interval($0.rawRange.lower / 2, $0.rawRange.upper / 3) : $0.rawRange }
      let values = builder.input(DesignPort(name: "in \(port)", elements: types, ranges: ranges))
      for value in values { logic.keep(value, builder.logic) }
    }
  }

  private mutating func addRegisters(
    _ builder: inout ModuleBuilder
  ) -> [(RegisterID, FixedPointType, Interval)] {
    (0..<logic.int(1...4)).map { index in
      let type = logic.type()
      var range = type.rawRange
      if logic.chance(30) { range = Interval(range.lower / 3, range.upper / 2) }
      let reset: Int128? = logic.chance(50) ? range.nearest(to: Int128(logic.int(-5...5))) : nil
      let register = builder.register("r\(index)", type: type, range: range, reset: reset)
      logic.keep(builder.value(of: register), builder.logic)
      return (register, type, range)
    }
  }

  private mutating func addMemories(_ builder: inout ModuleBuilder) -> [RandomMemory] {
    (0..<[0, 0, 1, 1, 2][logic.int(0...4)]).map { index in
      let depth = logic.int(1...20)
      let type = logic.type()
      let contents = (0..<depth).map { _ in type.rawRange.nearest(to: Int128(logic.int(-3000...3000))) }
      let hasContents = logic.chance(70)
      let style = MemoryStyle.allCases[logic.int(0...2)]
      let memory = builder.memory(
        "m\(index)",
        depth: depth,
        type: type,
        contents: hasContents ? contents : nil,
        style: style
      )
      return RandomMemory(id: memory, depth: depth, type: type, hasContents: hasContents)
    }
  }

  private struct RandomMemory {
    var id: MemoryID
    var depth: Int
    var type: FixedPointType
    var hasContents: Bool
  }

  private mutating func use(_ memory: RandomMemory, _ builder: inout ModuleBuilder) {
    if !memory.hasContents || logic.chance(60) {
      let (address, enable) = (address(memory.depth, &builder), logic.condition())
      let data = logic.word(in: memory.type.rawRange, of: memory.type, &builder.logic)
      builder.write(memory.id, address: address, data: data, enable: enable)
    }
    for _ in 0..<logic.int(1...2) {
      let enable = logic.chance(50) ? logic.condition() : nil
      let word = builder.read(memory.id, address: address(memory.depth, &builder), enable: enable)
      logic.keep(word, builder.logic)
    }
    let delayed = builder.delayed(logic.word(), by: logic.int(1...5), name: "delay \(memory.id.index)")
    logic.keep(delayed, builder.logic)
  }

  private mutating func address(_ depth: Int, _ builder: inout ModuleBuilder) -> ValueID {
    let last = Interval(0, Int128(depth - 1))
    let type = FixedPointType.containing(last, fractionBits: 0)
    return depth == 1 ? builder.logic.constant(0) : logic.word(in: last, of: type, &builder.logic)
  }

  private mutating func connect(_ instance: InstanceID, _ child: ModuleID, _ builder: inout ModuleBuilder) {
    for (index, port) in design.signature(of: child).inputs.enumerated() {
      let values = zip(port.elements, port.ranges).map { logic.word(in: $1, of: $0, &builder.logic) }
      builder.connect(instance, port: index, values)
    }
  }

  private mutating func addOutputs(_ builder: inout ModuleBuilder) {
    builder.output(bit: "done", logic.condition())
    for port in 0..<logic.int(1...3) {
      let values = (0..<logic.int(1...3)).map { _ in logic.word() }
      let ranges = values.map(builder.logic.range)
      let types = ranges.map { FixedPointType.containing($0, fractionBits: logic.int(0...2)) }
      builder.output(DesignPort(name: "out \(port)", elements: types, ranges: ranges), values)
    }
  }
}
