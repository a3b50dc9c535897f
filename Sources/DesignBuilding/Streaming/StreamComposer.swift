import DesignIR
import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR
import NetlistPasses

/// Builds a streaming design: stages, the queues between them, and channels with valid, ready and last around.
struct StreamComposer {
  private let plan: StreamPlan
  private let options: DesignOptions
  private var builder: DesignBuilder
  private var modules: [ModuleID] = []
  private var stages: [StageModule] = []
  private let edges: [StreamPlan.Edge]

  /// - Parameter graph: a graph without dead neurons.
  init(_ graph: FixedPointGraph, options: DesignOptions) throws {
    plan = try StreamPlanner.plan(graph)
    self.options = options
    builder = DesignBuilder(name: graph.name)
    edges = plan.edges
  }

  /// - Parameter depths: of the queues; nil: those that keep the full rate.
  mutating func compose(depths given: [Int]? = nil) throws -> StreamedDesign {
    try buildStages()
    let timing = timing
    let depths = given.map { QueueDepths(timing, depths: $0) } ?? QueueDepths(timing)
    let top = try top(depths.depths)
    _ = builder.add(top.module)
    let interface = DesignInterface(
      handshake: .stream,
      latency: depths.latency,
      interval: depths.interval,
      clockPeriod: options.pipeline.clockPeriod,
      channels: top.channels
    )
    let queues = edges.enumerated().map { index, edge in
      StreamQueue(
        from: maker(of: edge.stream),
        to: reader(of: edge),
        bits: plan[edge.stream].words.reduce(0) { $0 + $1.width },
        depth: depths.depths[index],
        least: depths.least[index]
      )
    }
    var design = try builder.finish(interface: interface)
    design.bound = bound
    return StreamedDesign(design: design, queues: queues, paces: paces)
  }

  /// The slowest stage, if it is slower than a beat a cycle.
  private var bound: IntervalBound? {
    func cycles(_ module: StageModule) -> Int {
      max(module.stage.raster.steps, module.stage.raster.firings * module.kernel.interval)
    }
    guard let slowest = stages.max(by: { cycles($0) < cycles($1) }), cycles(slowest) > 1 else { return nil }
    var cause = IntervalBound.Cause.work(cycles: cycles(slowest))
    switch slowest.stage.work {
    case .recurrence(let recurrence) where slowest.kernel.interval > 1:
      cause = .loop(steps: recurrence.scan.steps, cycles: slowest.kernel.interval)
    case .recurrence, .kernel, .accumulation: break
    }
    return IntervalBound(layer: slowest.stage.layer.name, cause: cause)
  }

  /// By layer, the cycles of its stage for an event that never has to wait.
  private var paces: [String: Int] {
    var paces: [String: Int] = [:]
    for module in stages {
      let raster = module.stage.raster
      var layers = [module.stage.layer.name]
      if case .kernel(let kernel) = module.stage.work { layers += kernel.layers.values.map(\.name) }
      let cycles = max(raster.steps, raster.firings * module.kernel.interval)
      for layer in layers { paces[layer] = max(paces[layer] ?? 0, cycles) }
    }
    return paces
  }

  // MARK: - Stages

  private mutating func buildStages() throws {
    // What adds up as tokens come takes the time that the rest leaves it.
    for (index, stage) in plan.stages.enumerated() {
      let name = "\(plan.name)_\(stage.name)"
      let kernel: KernelModule
      switch stage.work {
      case .kernel(let work):
        kernel = try KernelModule(
          work,
          name: "\(name)_kernel",
          ranges: plan.inputRanges(of: work, operands: stage.operands),
          options: options,
          in: &builder
        )
      case .accumulation(let sum):
        let token = plan[stage.operands[0]]
        kernel = try KernelModule(
          sum,
          name: "\(name)_sums",
          layer: stage.layer,
          token: token,
          reuseFactor: sum.reuseFactor ?? freeReuse(of: token, before: index),
          options: options,
          in: &builder
        )
      case .recurrence(let work):
        kernel = try KernelModule(
          work,
          name: "\(name)_cell",
          layer: stage.layer,
          tokens: stage.operands.map { plan[$0] },
          options: options,
          in: &builder
        )
      }
      let module = StageModule(name: "\(name)_stage", plan: plan, stage: stage, kernel: kernel)
      modules.append(builder.add(try module.module(in: &builder)))
      stages.append(module)
    }
  }

  /// Cycles that the products of a token may take without being the slowest: others take more anyway.
  private func freeReuse(of token: TokenStream, before index: Int) -> Int {
    let firings = stages.map { $0.kernel.interval * $0.stage.raster.firings }
    let steps = plan.stages.map(\.raster.steps)
    let slowest = max(firings.max() ?? 1, steps.max() ?? 1)
    return min(max(slowest / token.positions, 1), token.elements)
  }

  private var timing: StreamTiming { plan.timing { (stages[$0].latency, stages[$0].kernel.interval) } }

  // MARK: - Top

  /// One queue as an instance in the top.
  private struct Queue {
    var instance: InstanceID
    var room: ValueID
    var valid: ValueID
    var head: [ValueID]
  }

  private mutating func top(_ depths: [Int]) throws -> (module: HardwareModule, channels: [StreamChannel]) {
    var top = ModuleBuilder(name: plan.name, scope: NetlistScope(name: "(channels)", kind: "Control"))
    var names = PortNaming()
    var channels: [StreamChannel] = []
    // Ports first, in the order of the channels.
    let prefixes = (Self.prefixes("in", plan.inputs.count), Self.prefixes("out", plan.outputs.count))
    func append(_ id: StreamID, _ prefix: String, _ direction: InterfacePort.Direction, isPlanar: Bool) {
      let (port, beats) = (names.claim(plan[id].name), plan[id].positions)
      channels.append(
        StreamChannel(direction: direction, name: prefix, port: port, beats: beats, isPlanar: isPlanar)
      )
    }
    for (index, (id, prefix)) in zip(plan.inputs, prefixes.0).enumerated() {
      names.reserve(prefix)
      append(id, prefix, .input, isPlanar: plan.planarInputs.contains(index))
    }
    for prefix in prefixes.1 { names.reserve(prefix) }
    for (index, (id, prefix)) in zip(plan.outputs, prefixes.1).enumerated() {
      append(id, prefix, .output, isPlanar: plan.planarOutputs.contains(index))
    }
    let queues = try queues(&top, depths)
    for (index, id) in plan.inputs.enumerated() { input(&top, id, channels[index], queues) }
    for (index, module) in modules.enumerated() { connect(&top, index, module, queues) }
    for (index, id) in plan.outputs.enumerated() {
      let edge = edges.firstIndex { $0.reader == .output(index) } ?? 0
      output(&top, id, channels[plan.inputs.count + index], queues[edge])
    }
    return (try top.finish(), channels)
  }

  private static func prefixes(_ word: String, _ count: Int) -> [String] {
    count == 1 ? [word] : (0..<count).map { "\(word)\($0)" }
  }

  private mutating func queues(_ top: inout ModuleBuilder, _ depths: [Int]) throws -> [Queue] {
    try edges.enumerated().map { index, edge in
      let name = "\(plan.name)_queue\(index)"
      let module = QueueModule(
        name: name,
        layer: NetlistScope(name: "(queues)", kind: "Queues"),
        words: plan[edge.stream].words,
        depth: depths[index]
      )
      let id = builder.add(try module.module())
      let instance = top.declareInstance(
        "\(maker(of: edge.stream))_to_\(reader(of: edge))_\(index)",
        of: id,
        in: builder
      )
      return Queue(
        instance: instance,
        room: top.output("room", of: instance)[0],
        valid: top.output("valid", of: instance)[0],
        head: top.output("head", of: instance)
      )
    }
  }

  private func input(_ top: inout ModuleBuilder, _ id: StreamID, _ channel: StreamChannel, _ queues: [Queue]) {
    let valid = top.bit(channel.valid)
    let last = top.bit(channel.last)
    let data = top.input(DesignPort(name: channel.port, elements: plan[id].types))
    let own = edges.indices.filter { edges[$0].stream == id }
    let ready = own.reduce(top.logic.constant(1)) { top.logic.and($0, queues[$1].room) }
    let taken = top.logic.and(valid, ready)
    for edge in own { push(&top, queues[edge], plan[id], data, reserve: taken, push: taken) }
    top.output(bit: channel.ready, ready)
    let isLast = isLastBeat(&top, channel, taken)
    let isOdd = top.logic.and(taken, top.logic.not(top.logic.equal(last, isLast)))
    let misplaced = top.register("\(channel.name)_misplaced", range: .bit, reset: 0)
    let before = top.value(of: misplaced)
    top.setNext(misplaced, top.logic.or(before, isOdd))
    top.output(bit: channel.misplaced, before)
  }

  private func output(_ top: inout ModuleBuilder, _ id: StreamID, _ channel: StreamChannel, _ queue: Queue) {
    let ready = top.bit(channel.ready)
    let taken = top.logic.and(queue.valid, ready)
    top.connect(queue.instance, "pop", [taken])
    top.output(bit: channel.valid, queue.valid)
    top.output(bit: channel.last, isLastBeat(&top, channel, taken))
    let types = plan[id].types
    top.output(DesignPort(name: channel.port, elements: types, ranges: types.map(\.wordRange)), queue.head)
  }

  /// Counts the beats of an event as they are taken.
  private func isLastBeat(_ top: inout ModuleBuilder, _ channel: StreamChannel, _ taken: ValueID) -> ValueID {
    guard channel.beats > 1 else { return top.logic.constant(1) }
    let last = Int128(channel.beats - 1)
    let register = top.register("\(channel.name)_beat", range: Interval(0, last), reset: 0)
    let beat = top.value(of: register)
    top.setNext(register, top.following(beat, last: last), enable: taken)
    return top.logic.equal(beat, top.logic.constant(last))
  }

  private func connect(_ top: inout ModuleBuilder, _ index: Int, _ module: ModuleID, _ queues: [Queue]) {
    let stage = plan.stages[index]
    let instance = top.declareInstance("\(stage.name)_i", of: module, in: builder)
    let operands = edges.indices.filter { edge in
      if case .stage(index, _) = edges[edge].reader { true } else { false }
    }
    top.connect(instance, "valid", [operands.reduce(top.logic.constant(1)) { top.logic.and($0, queues[$1].valid) }])
    let take = top.output("take", of: instance)[0]
    for (operand, edge) in operands.enumerated() {
      top.connect(instance, "x\(operand)", queues[edge].head)
      top.connect(queues[edge].instance, "pop", [take])
    }
    let results = edges.indices.filter { stage.outputs.contains(edges[$0].stream) }
    top.connect(instance, "room", [results.reduce(top.logic.constant(1)) { top.logic.and($0, queues[$1].room) }])
    let (reserve, entered) = (top.output("reserve", of: instance)[0], top.output("push", of: instance)[0])
    for edge in results {
      let result = stage.outputs.firstIndex(of: edges[edge].stream) ?? 0
      let data = top.output("y\(result)", of: instance)
      push(&top, queues[edge], plan[edges[edge].stream], data, reserve: reserve, push: entered)
    }
  }

  private func push(
    _ top: inout ModuleBuilder,
    _ queue: Queue,
    _ stream: TokenStream,
    _ data: [ValueID],
    reserve: ValueID,
    push: ValueID
  ) {
    top.connect(queue.instance, "reserve", [reserve])
    top.connect(queue.instance, "push", [push])
    let words = zip(data, stream.words).map { top.logic.wrap($0, width: $1.width, signed: $1.isSigned) }
    top.connect(queue.instance, "data", words)
  }

  // MARK: - Names

  /// What a stream comes from, as its user knows it.
  private func maker(of id: StreamID) -> String {
    plan.stages.first { $0.outputs.contains(id) }?.name ?? plan[id].name
  }

  private func reader(of edge: StreamPlan.Edge) -> String {
    switch edge.reader {
    case .stage(let stage, _): plan.stages[stage].name
    case .output: "output"
    }
  }
}

/// A streaming design, what its queues need, and how long its layers take.
package struct StreamedDesign: Sendable {
  package var design: Design
  package var queues: [StreamQueue]
  /// By layer of the model, cycles for an event: the slowest is what limits the rate.
  package var paces: [String: Int]
}

/// A queue of a streaming design.
package struct StreamQueue: Hashable, Sendable {
  /// The layers, or the tensors of the model, at its ends.
  package var from: String
  package var to: String
  /// Of a token.
  package var bits: Int
  /// Tokens that it has room for: the least that keep the full rate.
  package var depth: Int
  /// The least room with which no event is stuck.
  package var least: Int
}

/// Names of ports, each once, and none that a channel's control ports have.
private struct PortNaming {
  private var taken: Set<String> = ["clk", "rst"]

  mutating func reserve(_ channel: String) {
    for word in ["valid", "ready", "last", "misplaced"] { taken.insert("\(channel)_\(word)") }
  }

  mutating func claim(_ wish: String) -> String {
    var name = wish
    while !taken.insert(name).inserted { name += "_again" }
    return name
  }
}
