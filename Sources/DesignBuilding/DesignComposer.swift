import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR
import NetlistPasses

/// Builds the module that holds all segments of a model: every segment starts when the last of its operands is there, and
/// whatever comes earlier waits in delay lines.
///
/// All times are fixed, so that the whole needs no handshakes inside; where segments take several cycles for an event, events
/// have to keep that distance, which ``ReadyValidWrapper`` sees to.
struct DesignComposer {
  let model: FormedGraph
  let options: DesignOptions
  private let analysis: RangeAnalysis
  private var builder: DesignBuilder
  private var top: ModuleBuilder
  /// By tensor.
  private var tensors: [TimedTensor?]
  /// A one in the cycle in which an event comes in, and in those after.
  private var pulses: PulseLine
  private var names: ModuleNames
  /// Cycles between events.
  private var interval = 1
  private var bound: IntervalBound?

  private var graph: FixedPointGraph { model.graph }
  /// What reports call the delay lines between layers.
  private static let alignment = "(alignment)"

  /// The model's layer that a part is of; nil where the parts are the model's layers.
  private let layer: ((NetlistScope) -> NetlistScope)?

  /// - Parameters:
  ///   - inputs: what is proven of the inputs, inside their types; nil: nothing more.
  ///   - layer: the model's layer that a part is of, where the graph is a kernel.
  init(
    _ model: FormedGraph,
    options: DesignOptions,
    inputs: [[Interval]]? = nil,
    layer: ((NetlistScope) -> NetlistScope)? = nil
  ) {
    var model = model
    if let layer { model.layers = model.layers.map(layer) }
    self.model = model
    self.options = options
    self.layer = layer
    analysis = inputs.map { RangeAnalysis(model.graph, inputs: $0) } ?? RangeAnalysis(model.graph)
    builder = DesignBuilder(name: model.graph.name)
    let isEveryCycle = model.forms.allSatisfy(\.isEveryCycle)
    top = ModuleBuilder(
      name: model.graph.name + (isEveryCycle ? "" : "_core"),
      scope: NetlistScope(name: Self.alignment, kind: "Delays")
    )
    names = ModuleNames(of: model.graph.name, taken: [model.graph.name, "\(model.graph.name)_core"])
    tensors = model.graph.tensors.map { _ in nil }
    pulses = PulseLine(start: top.bit("in_valid"))
  }

  mutating func design() throws -> Design { try finish(latency: compose()) }

  /// The module alone, as a part of another design: `in_valid` and data in, `out_valid` and data out.
  mutating func core(in design: inout DesignBuilder) throws -> StartedModule {
    builder = design
    let latency = try compose()
    let module = builder.add(try top.finish())
    design = builder
    return StartedModule(module: module, latency: latency, interval: interval)
  }

  /// Builds everything inside; the cycles from an event to its result.
  private mutating func compose() throws -> Int {
    for input in graph.inputs {
      let tensor = graph[input]
      var port = DesignPort(name: tensor.name, elements: tensor.types.all)
      // What feeds a kernel are words: what a type never holds is not known of them.
      if layer != nil {
        port = DesignPort(name: tensor.name, elements: port.elements, ranges: port.elements.map(\.wordRange))
      }
      let values = top.input(port)
      tensors[input.index] = TimedTensor(values: values, time: 0)
    }
    for segment in Segment.all(of: model) where !segment.outputs.isEmpty { try build(segment) }
    let latency = graph.outputs.reduce(max(1, options.pipeline.latency ?? 1)) { max($0, tensors[$1.index]?.time ?? 0) }
    top.output(bit: "out_valid", pulses.pulse(at: latency, in: &top))
    var names = Set(["in_valid", "out_valid"] + graph.inputs.map { graph[$0].name })
    for output in graph.outputs {
      var name = graph[output].name
      while !names.insert(name).inserted { name += "_again" }
      let values = narrowed(output, aligned(output, at: latency))
      let types = graph[output].types.all
      // A module's ports are words: what they never hold is not known of them.
      top.output(DesignPort(name: name, elements: types, ranges: types.map(\.wordRange)), values)
    }
    return latency
  }

  private mutating func finish(latency: Int) throws -> Design {
    let core = builder.add(try top.finish())
    guard interval > 1 || model.forms.contains(where: { !$0.isEveryCycle }) else {
      return try builder.finish(
        interface: DesignInterface(
          handshake: .fixedLatency,
          latency: latency,
          interval: 1,
          clockPeriod: options.pipeline.clockPeriod
        )
      )
    }
    let wrapper = ReadyValidWrapper(name: graph.name, core: core, latency: latency, interval: interval)
    _ = builder.add(try wrapper.module(in: builder))
    var design = try builder.finish(
      interface: DesignInterface(
        handshake: .readyValid,
        latency: latency + CreditQueue.addedLatency,
        interval: interval,
        clockPeriod: options.pipeline.clockPeriod
      )
    )
    design.bound = bound
    return design
  }

  // MARK: - Segments

  private mutating func build(_ segment: Segment) throws {
    switch segment.form {
    case .flat: try buildPipeline(segment)
    case .instances: try buildInstances(segment)
    case .rounds(let parallel): try buildRounds(segment, parallel)
    case .timeMultiplexed(let reuseFactor): try buildTimeMultiplexed(segment, reuseFactor)
    case .sequential: try buildSequential(segment)
    }
  }

  private mutating func buildPipeline(_ segment: Segment) throws {
    let part = segment.graph(of: graph)
    let circuit = try Pipelining(options: options).circuit(
      of: part,
      inputs: segment.inputs.map { analysis[$0] },
      layer: { [makers = makers(of: segment.inputs), layer] scope in
        // What a segment reads is of the layer that made it.
        if scope.kind == "Input", let maker = makers[scope.name] { return maker }
        return layer?(scope) ?? scope
      }
    )
    let name = names.name(part.name)
    let module = builder.add(circuit, name: name)
    let time = arrival(of: segment.inputs)
    let inputs = segment.inputs.map { narrowed($0, aligned($0, at: time)) }
    let outputs = top.instance("\(name)_i", of: module, in: builder, inputs: inputs)
    for (id, values) in zip(segment.outputs, outputs) {
      tensors[id.index] = TimedTensor(values: values, time: time + circuit.latency)
    }
  }

  /// By name of a tensor, the layer that it comes from.
  private func makers(of ids: [FixedTensorID]) -> [String: NetlistScope] {
    var makers: [String: NetlistScope] = [:]
    for (index, node) in graph.nodes.enumerated() where ids.contains(node.output) {
      makers[graph[node.output].name] = model.layers[index]
    }
    return makers
  }

  /// The kernel of a map as a pipeline.
  private func kernelCircuit(of index: Int, _ map: MapOperation, _ kernel: RangeAnalysis) throws -> Circuit {
    let parts = model.parts[graph.nodes[index].name] ?? [:]
    return try Pipelining(options: options).circuit(
      of: map.body,
      inputs: map.body.inputs.map { kernel[$0] },
      layer: { [layer = model.layers[index]] in parts[$0.name] ?? layer }
    )
  }

  /// A few instances of the kernel, each for several positions.
  private mutating func buildRounds(_ segment: Segment, _ parallel: Int) throws {
    let index = segment.nodes[0]
    let node = graph.nodes[index]
    guard case .map(let map) = node.operation, let kernel = analysis.kernels[index] else { return }
    let name = names.name(model.layers[index].name)
    let engine = RoundEngine(
      name: name,
      layer: model.layers[index],
      map: map,
      kernel: try kernelCircuit(of: index, map, kernel),
      shapes: node.inputs.map { graph[$0].shape },
      inputTypes: node.inputs.map { graph[$0].types },
      inputRanges: node.inputs.map { analysis[$0] },
      rounds: RoundEngine.rounds(of: map, parallel: parallel)
    )
    let made = try engine.module(in: &builder)
    start(made, name, segment)
  }

  /// One module for the kernel, and an instance for every firing.
  private mutating func buildInstances(_ segment: Segment) throws {
    let index = segment.nodes[0]
    let node = graph.nodes[index]
    guard case .map(let map) = node.operation, let kernel = analysis.kernels[index] else { return }
    let circuit = try kernelCircuit(of: index, map, kernel)
    let name = names.name(model.layers[index].name)
    let module = builder.add(circuit, name: name)
    let time = arrival(of: node.inputs)
    let operands = node.inputs.map { narrowed($0, aligned($0, at: time)) }
    var results: [ValueID] = []
    map.forEachPoint { _, point in
      let inputs = map.accesses.enumerated().map { input, access in
        let types = map.body[map.body.inputs[input]].types
        let id = node.inputs[input]
        return access.sources(at: point, shape: graph[id].shape).enumerated().map { tap, source in
          let grid = types[tap].fractionBits
          guard let source else { return top.logic.constant(access.padding?.raw(on: grid) ?? 0) }
          // Elements without bits stand on any grid.
          return top.logic.shiftLeft(operands[input][source], max(0, grid - graph[id].types[source].fractionBits))
        }
      }
      let place = point.map(String.init).joined(separator: "_")
      results += top.instance("\(name)_at_\(place)", of: module, in: builder, inputs: inputs)[0]
    }
    tensors[node.output.index] = TimedTensor(values: results, time: time + circuit.latency)
  }

  private mutating func buildTimeMultiplexed(_ segment: Segment, _ reuseFactor: Int) throws {
    let node = graph.nodes[segment.nodes[0]]
    guard case .dense(let dense) = node.operation else { return }
    let layer = model.layers[segment.nodes[0]]
    let name = names.name(layer.name)
    let engine = DenseEngine(
      name: name,
      layer: layer,
      dense: dense,
      schedule: ReuseSchedule(reuseFactor: reuseFactor, for: dense),
      inputTypes: graph[node.inputs[0]].types,
      inputRanges: analysis[node.inputs[0]],
      sumTypes: graph[node.output].types.all,
      pipelining: Pipelining(options: options)
    )
    let made = try engine.module(in: &builder)
    start(made, name, segment)
  }

  private mutating func buildSequential(_ segment: Segment) throws {
    let index = segment.nodes[0]
    let node = graph.nodes[index]
    guard case .scan(let scan) = node.operation, let kernel = analysis.kernels[index] else { return }
    let layer = model.layers[index]
    let name = names.name(layer.name)
    let engine = ScanEngine(
      name: name,
      layer: layer,
      scan: scan,
      kernel: kernel,
      inputTypes: node.inputs.map { graph[$0].types },
      inputRanges: node.inputs.map { analysis[$0] },
      pipelining: Pipelining(options: options)
    )
    let made = try engine.module(in: &builder)
    start(made, name, segment)
  }

  /// Adds a module that a pulse starts.
  private mutating func start(_ engine: StartedModule, _ name: String, _ segment: Segment) {
    let node = graph.nodes[segment.nodes[0]]
    let time = arrival(of: node.inputs)
    let operands = node.inputs.map { narrowed($0, aligned($0, at: time)) }
    let pulse = pulses.pulse(at: time, in: &top)
    let outputs = top.instance("\(name)_i", of: engine.module, in: builder, inputs: [[pulse]] + operands)
    tensors[node.output.index] = TimedTensor(values: outputs[0], time: time + engine.latency)
    guard engine.interval > interval else { return }
    interval = engine.interval
    var cause = IntervalBound.Cause.work(cycles: interval)
    if segment.form == .sequential, case .scan(let scan) = node.operation {
      cause = .loop(steps: scan.steps, cycles: interval / scan.steps)
    }
    bound = IntervalBound(layer: model.layers[segment.nodes[0]].name, cause: cause)
  }

  // MARK: - Time

  private func arrival(of ids: [FixedTensorID]) -> Int { ids.reduce(0) { max($0, tensors[$1.index]?.time ?? 0) } }

  /// A tensor as it is some cycles after the event came in.
  private mutating func aligned(_ id: FixedTensorID, at time: Int) -> [ValueID] {
    guard let tensor = tensors[id.index] else { preconditionFailure("segments stand in topological order") }
    return tensor.values.enumerated().map { element, value in
      top.delayed(value, by: time - tensor.time, name: delayName(id, element, time - tensor.time))
    }
  }

  /// A tensor's values in words of what is proven of them: what a module shows at its ports is known by their types only.
  private mutating func narrowed(_ id: FixedTensorID, _ values: [ValueID]) -> [ValueID] {
    values.enumerated().map { element, value in
      let proven = FixedPointType.containing(analysis[id][element], fractionBits: 0)
      return top.logic.wrap(value, width: proven.width, signed: proven.isSigned)
    }
  }

  private func delayName(_ id: FixedTensorID, _ element: Int, _ cycles: Int) -> String {
    "\(graph[id].name)_\(element)_after_\(cycles)"
  }
}

/// A module that takes its operands in the cycle of a pulse, its first port, and gives its result a fixed time later.
struct StartedModule {
  var module: ModuleID
  var latency: Int
  /// Cycles from a pulse to the next.
  var interval: Int
}
