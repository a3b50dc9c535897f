import DesignBuilding
import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// Builds the core of a machine: every stage starts a fixed time after an event came in.
///
/// Each vector between layers stands still for one interval of the machine, so that the layer behind can read it step by
/// step while the layer before computes the next event; what is needed later is taken over by registers.
struct MachineComposer {
  let plan: MachinePlan
  /// Whether the top shows accumulators and program counters.
  let isTraced: Bool
  private var design: DesignBuilder
  private var top: ModuleBuilder
  private var tensors: [TimedVector?]
  private var pulses: PulseLine
  private var held: [Hold: [ValueID]] = [:]
  private var finishUnits: [FinishUnit?]
  private var cores: [ProcessorCore: ModuleID] = [:]
  private var names: ModuleNames
  private(set) var trace = MachineTrace()
  private var traceValues: [(DesignPort, [ValueID])] = []
  /// Of a reloadable machine: the ports to the program memories, behind the one that says which half an event uses.
  private(set) var loadPorts: [DesignPort] = []
  private var loads: [ValueID] = []
  private var bank: TimedVector?
  private var memoryCount = 0

  /// A vector, and the first of the cycles in which it stands.
  struct TimedVector {
    var values: [ValueID]
    var time: Int
  }

  private struct Hold: Hashable {
    var name: String
    var time: Int
  }

  private var graph: FixedPointGraph { plan.graph }
  private var interval: Int { plan.interval }

  init(_ plan: MachinePlan, isTraced: Bool) {
    self.plan = plan
    self.isTraced = isTraced
    design = DesignBuilder(name: plan.graph.name)
    top = ModuleBuilder(
      name: "\(plan.graph.name)_core",
      scope: NetlistScope(name: "(machine)", kind: "Control")
    )
    pulses = PulseLine(start: top.bit("in_valid"))
    names = ModuleNames(of: plan.graph.name, taken: [plan.graph.name, "\(plan.graph.name)_core"])
    tensors = plan.graph.tensors.map { _ in nil }
    finishUnits = plan.finishes.map { _ in nil }
  }

  /// The core, its modules, and the cycles from an event's entry to its result.
  mutating func compose() throws -> (design: DesignBuilder, core: ModuleID, latency: Int) {
    for id in graph.inputs { tensors[id.index] = TimedVector(values: capture(id), time: 1) }
    if plan.options.isReloadable { declareLoadPorts() }
    for stage in plan.stages {
      switch stage {
      case .processors(let layer): try build(layer)
      case .unit(let unit): try build(unit)
      case .wires(let node, let gather): connect(gather, graph.nodes[node])
      }
    }
    let latency = graph.outputs.reduce(1) { max($0, tensors[$1.index]?.time ?? 0) }
    top.output(bit: "out_valid", pulses.pulse(at: latency, in: &top))
    var names = Set(["in_valid", "out_valid"] + graph.inputs.map { graph[$0].name })
    for output in graph.outputs {
      var name = graph[output].name
      while !names.insert(name).inserted { name += "_again" }
      let types = graph[output].types.all
      // A module's ports are words: what they never hold is not known of them.
      top.output(DesignPort(name: name, elements: types, ranges: types.map(\.wordRange)), vector(output, at: latency))
    }
    for (port, values) in traceValues { top.output(port, values) }
    let core = design.add(try top.finish())
    return (design, core, latency)
  }

  private mutating func capture(_ id: FixedTensorID) -> [ValueID] {
    let tensor = graph[id]
    let port = top.input(DesignPort(name: tensor.name, elements: tensor.types.all))
    return port.enumerated().map { element, value in
      top.registered(value, "\(tensor.name)_\(element)", enable: pulses.start)
    }
  }

  // MARK: - Loading

  private mutating func declareLoadPorts() {
    let memories = plan.programMemories
    let port = LoadPort(memories: memories, latency: 1)
    let half = top.bit("bank")
    bank = TimedVector(values: [top.registered(half, "bank", enable: pulses.start)], time: 1)
    func range(_ last: Int) -> FixedPointType { .containing(Interval(0, Int128(max(1, last))), fractionBits: 0) }
    loadPorts = [
      .bit("load_write"), .bit("load_bank"),
      DesignPort(name: "load_memory", elements: [range(memories.count - 1)]),
      DesignPort(name: "load_step", elements: [range((memories.map(\.depth).max() ?? 1) - 1)]),
      DesignPort(name: "load_data", elements: [.unsigned(port.dataBits)]),
    ]
    loads = loadPorts.map { top.input($0)[0] }
  }

  /// What a layer of a reloadable machine takes besides its operands.
  private mutating func loadValues(at time: Int) -> [[ValueID]] {
    guard let bank else { return [] }
    return [hold(bank, "(bank)", until: time)] + loads.map { [$0] }
  }

  // MARK: - Stages

  private mutating func build(_ layer: ProcessorLayer) throws {
    let name = names.name(layer.name)
    let time = arrival(of: layer.inputs)
    let shapes = try self.shapes(of: layer, name: name)
    let operands = layer.inputs.map { vector($0, at: time) }
    let ports = layer.inputs.enumerated().map { number, id in
      DesignPort(
        name: "x\(number)",
        elements: operands[number].map { .containing(top.logic.range($0), fractionBits: 0) }
      )
    }
    let modules = try shapes.map { try core($0, layer) }
    let slowest = shapes.map { latency(of: $0) }.max() ?? 0
    let hardware = LayerHardware(
      layer: layer,
      name: name,
      operandPorts: ports,
      cores: modules,
      coreShapes: shapes,
      firstMemory: memoryCount,
      loadPorts: loadPorts,
      isTraced: isTraced
    )
    let module = try hardware.module(in: &design)
    memoryCount += layer.programMemories.count
    let finish = time + layer.steps + 1 + slowest
    let control = [time, time + 1, finish].map { pulses.pulse(at: $0, in: &top) }
    let outputs = top.instance(
      name + "_i",
      of: module,
      in: design,
      inputs: control.map { [$0] } + operands + loadValues(at: time)
    )
    var values = (0..<graph[layer.output].count).map { _ in top.logic.constant(0) }
    for (processor, value) in zip(layer.processors, outputs[0]) { values[processor.element] = value }
    tensors[layer.output.index] = TimedVector(values: narrowed(layer.output, values), time: finish + 1)
    trace.layers.append(
      MachineTrace.Layer(
        name: layer.name,
        processors: layer.processors.map(\.program.name),
        modules: modules.map { design.signature(of: $0).name },
        steps: layer.steps,
        start: time,
        result: finish + 1
      )
    )
    if isTraced { addTrace(layer, name, outputs, shapes) }
  }

  /// The datapaths of a layer's processors.
  private mutating func shapes(of layer: ProcessorLayer, name: String) throws -> [ProcessorCore] {
    let starts = layer.processors.reduce(Interval(0)) { $0.union(Interval($1.program.start)) }
    for processor in layer.processors where finishUnits[processor.finish] == nil {
      finishUnits[processor.finish] = try FinishUnit(
        plan.finishes[processor.finish],
        name: names.name("finish\(processor.finish)"),
        layer: layer.scope,
        options: plan.options.design,
        in: &design
      )
    }
    let slowest = layer.processors.reduce(0) { max($0, finishUnits[$1.finish]?.latency ?? 0) }
    return layer.processors.map { processor in
      let group = layer.groups[processor.group]
      return ProcessorCore(
        arithmetic: layer.arithmetic,
        startsApart: layer.startsApart,
        lanes: group.ranges.map { FixedPointType.containing($0, fractionBits: 0).rawRange },
        weights: FixedPointType.containing(layer.weights, fractionBits: 0).rawRange,
        starts: layer.isReloadable
          ? processor.accumulator.wordRange : FixedPointType.containing(starts, fractionBits: 0).rawRange,
        productFractionBits: group.fractionBits + layer.weightFractionBits,
        accumulator: processor.accumulator,
        finish: processor.finish,
        padding: slowest - (finishUnits[processor.finish]?.latency ?? 0)
      )
    }
  }

  private mutating func core(_ shape: ProcessorCore, _ layer: ProcessorLayer) throws -> ModuleID {
    if let known = cores[shape] { return known }
    guard let unit = finishUnits[shape.finish] else { preconditionFailure("finishing units are built before cores") }
    let name = names.name("processor\(cores.count)")
    let module = try shape.module(name: name, scope: layer.scope, finish: unit, in: &design)
    cores[shape] = module
    return module
  }

  private func latency(of shape: ProcessorCore) -> Int { shape.padding + (finishUnits[shape.finish]?.latency ?? 0) }

  private mutating func build(_ unit: FunctionUnit) throws {
    let node = graph.nodes[unit.node]
    let part = graph.single(node)
    let circuit = try Pipelining(options: plan.options.design)
      .circuit(
        of: part,
        inputs: part.inputs.enumerated().map { number, _ in plan.ranges[graph.sources(of: node)[number]] },
        layer: { _ in NetlistScope(name: node.name, kind: node.kind) }
      )
    let name = names.name(unit.name)
    let module = design.add(circuit, name: name)
    let time = arrival(of: unit.inputs)
    let inputs = graph.sources(of: node).map { vector($0, at: time) }
    let outputs = top.instance(name + "_i", of: module, in: design, inputs: inputs)
    tensors[unit.output.index] = TimedVector(
      values: narrowed(unit.output, outputs[0]),
      time: time + circuit.latency
    )
    trace.units.append(MachineTrace.Unit(start: time, result: time + circuit.latency))
  }

  private mutating func connect(_ gather: GatherOperation, _ node: FixedNode) {
    let time = arrival(of: node.inputs)
    let inputs = node.inputs.map { vector($0, at: time) }
    tensors[node.output.index] = TimedVector(
      values: gather.sources.map { inputs[$0.input][$0.element] },
      time: time
    )
  }

  private mutating func addTrace(
    _ layer: ProcessorLayer,
    _ name: String,
    _ outputs: [[ValueID]],
    _ shapes: [ProcessorCore]
  ) {
    let steps = FixedPointType.containing(Interval(0, Int128(max(1, layer.steps - 1))), fractionBits: 0)
    traceValues.append((DesignPort(name: "\(name)_step", elements: [steps]), outputs[1]))
    traceValues.append(
      (
        DesignPort(
          name: "\(name)_acc",
          elements: shapes.map(\.accumulator),
          ranges: shapes.map(\.accumulator.wordRange)
        ), outputs[2]
      )
    )
  }

  // MARK: - Time

  private func arrival(of ids: [FixedTensorID]) -> Int { ids.reduce(0) { max($0, tensors[$1.index]?.time ?? 0) } }

  /// A vector from a later cycle on.
  private mutating func vector(_ id: FixedTensorID, at time: Int) -> [ValueID] {
    guard let tensor = tensors[id.index] else { preconditionFailure("stages stand in topological order") }
    return hold(tensor, graph[id].name, until: time)
  }

  private mutating func hold(_ vector: TimedVector, _ name: String, until time: Int) -> [ValueID] {
    var now = vector.time
    var values = vector.values
    while now < time {
      // Registers take it over in the last cycle in which it stands.
      let taken = min(now + interval, time) - 1
      if let known = held[Hold(name: name, time: taken + 1)] {
        values = known
      } else {
        let enable = pulses.pulse(at: taken, in: &top)
        values = values.enumerated().map { element, value in
          top.logic.constantValue(value) != nil
            ? value : top.registered(value, "\(name)_\(element)_at_\(taken + 1)", enable: enable)
        }
        held[Hold(name: name, time: taken + 1)] = values
      }
      now = taken + 1
    }
    return values
  }

  /// Values in words of what is proven of them.
  private mutating func narrowed(_ id: FixedTensorID, _ values: [ValueID]) -> [ValueID] {
    values.enumerated().map { element, value in
      let type = graph[id].types[element]
      let proven = FixedPointType.containing(plan.ranges[id][element], fractionBits: 0)
      return top.logic.wrap(value, width: min(type.width, proven.width), signed: proven.isSigned)
    }
  }
}

extension FixedPointGraph {
  /// The tensors that a node reads, each once.
  func sources(of node: FixedNode) -> [FixedTensorID] {
    var sources: [FixedTensorID] = []
    for input in node.inputs where !sources.contains(input) { sources.append(input) }
    return sources
  }

  /// One node as a graph of its own.
  func single(_ node: FixedNode) -> FixedPointGraph {
    var result = FixedPointGraph(name: node.name)
    var names: [FixedTensorID: FixedTensorID] = [:]
    for source in sources(of: node) {
      names[source] = result.append(
        .input,
        named: self[source].name,
        kind: "Input",
        inputs: [],
        shape: self[source].shape,
        types: self[source].types,
        origin: node.origin
      )
    }
    var copy = node
    copy.inputs = node.inputs.compactMap { names[$0] }
    copy.output = FixedTensorID(result.tensors.count)
    result.tensors.append(self[node.output])
    result.nodes.append(copy)
    result.outputs = [copy.output]
    return result
  }
}
