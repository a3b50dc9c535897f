import Basics
import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import NetlistPasses
import Simulation
import Testing

@Suite struct StreamMakerTests {
  private func options(clockPeriod: Double = 5) -> DesignOptions {
    DesignOptions(pipeline: PipelineOptions(clockPeriod: clockPeriod), delays: DelayModel.of(.ultraScalePlus))
  }

  /// Events and what the simulator makes of them.
  private struct Events {
    var raw: [[Int128]]
    var expected: [[Int128]]

    init(_ graph: FixedPointGraph, count: Int, inputs: [Double]) throws {
      let result = try Simulator(graph).run(inputs, samples: count)
      let quantized = result.quantizedInputs
      raw = (0..<count).map { sample in
        (0..<quantized.elements).map { quantized.raw(sample: sample, element: $0) }
      }
      expected = (0..<count).map { sample in
        (0..<result.outputValues.elements).map { result.outputValues.raw(sample: sample, element: $0) }
      }
    }

    init(_ graph: FixedPointGraph, count: Int, seed: UInt64) throws {
      var random = SeededGenerator(seed: seed)
      let inputs = (0..<count * graph.inputCount).map { _ in Double.random(in: -4...4, using: &random) }
      try self.init(graph, count: count, inputs: inputs)
    }
  }

  /// Compares a streaming design with the simulator: back to back, and with stalls on all sides after a reset in the middle.
  private func expectSimulator(_ design: Design, _ events: Events, seed: UInt64, label: String) throws {
    var driver = try StreamDriver(design)
    let free = driver.run(events.raw)
    #expect(free.outputs == events.expected, "\(label)")
    #expect(free.complaints == [], "\(label)")
    #expect(free.latency == design.interface.latency, "\(label)")
    #expect(free.interval == design.interface.interval, "\(label): \(free.ended)")
    var random = SeededGenerator(seed: seed)
    _ = driver.run(events.raw, stopAfter: design.interface.latency / 2 + 3)
    let stalled = driver.run(events.raw, stall: { Bool.random(using: &random) })
    #expect(stalled.outputs == events.expected, "\(label) with stalls")
    #expect(stalled.complaints == [], "\(label) with stalls")
  }

  @Test(arguments: SampleConvolution.all)
  func `convolutions stream`(_ sample: SampleConvolution) throws {
    let graph = sample.graph
    let design = try DesignMaker.streamed(graph.withoutDeadNeurons, options: options()).design
    try expectSimulator(design, try Events(graph, count: 12, seed: 7), seed: 3, label: sample.description)
  }

  @Test func `without padding a position passes in every cycle`() throws {
    let sample = SampleConvolution(height: 9, width: 8, channels: 2, pool: 2, dense: 3)
    let design = try DesignMaker.streamed(sample.graph, options: options()).design
    #expect(design.interface.interval == 9 * 8)
  }

  @Test func `multipliers that are shared take their cycles for every window`() throws {
    let sample = SampleConvolution(height: 6, width: 6, reuseFactor: 9)
    let design = try DesignMaker.streamed(sample.graph, options: options()).design
    // 4 × 4 windows of 9 cycles each.
    #expect(design.interface.interval >= 16 * 9 && design.interface.interval < 16 * 9 + 36)
  }

  @Test func `every queue is as short as it can be`() throws {
    let graph = SampleConvolution(height: 6, width: 6, padding: 1, pool: 2, dense: 3, isResidual: true).graph
    let made = try DesignMaker.streamed(graph, options: options())
    let (design, queues) = (made.design, made.queues)
    let events = try Events(graph, count: 12, seed: 7)
    // The short side of the fork holds what the window of the long side holds back: a row and more.
    #expect(queues.contains { $0.depth > 6 })
    for index in queues.indices where queues[index].depth > 1 {
      var depths = queues.map(\.depth)
      depths[index] -= 1
      let slower = try DesignMaker.streamed(graph, options: options(), depths: depths).design
      var driver = try StreamDriver(slower)
      let answer = driver.run(events.raw, limit: 1000)
      let isStuck = answer.outputs.count < events.expected.count
      #expect(
        isStuck || answer.latency > design.interface.latency || answer.interval > design.interface.interval,
        "queue \(index) of \(queues)"
      )
      #expect(isStuck || answer.outputs == events.expected)
    }
  }

  @Test func `the least depths let all events through, and one place less does not`() throws {
    let graph = SampleConvolution(height: 6, width: 6, padding: 1, isResidual: true).graph
    let queues = try DesignMaker.streamed(graph, options: options()).queues
    let events = try Events(graph, count: 12, seed: 7)
    let least = queues.map(\.least)
    var driver = try StreamDriver(try DesignMaker.streamed(graph, options: options(), depths: least).design)
    #expect(driver.run(events.raw, limit: 1000).outputs == events.expected)
    #expect(least.contains { $0 > 1 })
    for index in least.indices where least[index] > 1 {
      var depths = least
      depths[index] -= 1
      var stuck = try StreamDriver(try DesignMaker.streamed(graph, options: options(), depths: depths).design)
      #expect(stuck.run(events.raw, limit: 1000).outputs.isEmpty, "queue \(index) of \(queues)")
    }
  }

  @Test func `random image networks equal the simulator`() throws {
    var (streamed, kinds) = (0, Set<String>())
    for seed in 0..<100 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      let graph = random.imageGraph(layers: random.int(1...5))
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let made: StreamedDesign
      do {
        made = try DesignMaker.streamed(
          graph.withoutDeadNeurons,
          options: options(clockPeriod: [2, 5, 25].randomElement(using: &random.generator) ?? 5)
        )
      } catch let refusal as Diagnostic {
        #expect(refusal.code == "too-wide", "seed \(seed): \(refusal)")
        continue
      }
      streamed += 1
      for queue in made.queues { kinds.insert(queue.depth > 2 ? "memory" : "registers") }
      for channel in made.design.interface.channels where channel.isPlanar && channel.beats > 1 {
        kinds.insert("planar \(channel.direction)")
      }
      let inputs = (0..<12).flatMap { _ in random.inputs(for: graph) }
      try expectSimulator(
        made.design,
        try Events(graph, count: 12, inputs: inputs),
        seed: UInt64(seed),
        label: "seed \(seed)"
      )
    }
    #expect(streamed > 60)
    #expect(kinds == ["memory", "registers", "planar input", "planar output"])
  }

  /// A kernel that treats each channel of a position by itself, behind a layer that it is built with.
  @Test func `channels by themselves stream`() throws {
    var graph = SampleConvolution(height: 4, width: 4, filters: 3, padding: 1).graph
    let last = graph.outputs[0]
    let types = graph[last].types
    var body = FixedPointGraph(name: "kernel")
    let (origin, type) = (Origin(file: "sample"), ElementTypes(uniform: types[0], count: 1))
    let scale = DenseOperation(inputSize: 1, outputSize: 1, weights: [3], weightFractionBits: 1)
    let window = body.append(.input, named: "w", kind: "Input", inputs: [], shape: [1], types: type, origin: origin)
    body.outputs = [
      body.append(.dense(scale), named: "d", kind: "Dense", inputs: [window], shape: [1], types: type, origin: origin)
    ]
    let shape = graph[last].shape
    let access = WindowAccess(axes: shape.indices.map { .each(domainAxis: $0) })
    graph.outputs = [
      graph.append(
        .map(MapOperation(domain: shape, body: body, accesses: [access])),
        named: "depthwise",
        kind: "DepthwiseConv2D",
        inputs: [last],
        shape: shape,
        types: types,
        origin: origin
      )
    ]
    try FixedPointGraphVerifier.verify(graph)
    let design = try DesignMaker.streamed(graph, options: options()).design
    try expectSimulator(design, try Events(graph, count: 6, seed: 2), seed: 4, label: "depthwise")
  }

  /// Channels that are always 0 stand on any grid: sums are then on a coarser one than the types say.
  @Test func `a channel without values does not move the sums of shared multipliers`() throws {
    let origin = Origin(file: "sample")
    var graph = FixedPointGraph(name: "silent")
    func append(_ operation: FixedOperation, _ name: String, _ inputs: [FixedTensorID], _ types: [FixedPointType]) {
      let isFlat = types.count == 2
      graph.outputs = [
        graph.append(
          operation,
          named: name,
          kind: "Sample",
          inputs: inputs,
          shape: isFlat ? [2] : [4, 2],
          types: ElementTypes(each: types),
          origin: origin,
          implementation: ImplementationChoice(strategy: .resource, reuseFactor: 2)
        )
      ]
    }
    func channels(_ silent: FixedPointType) -> [FixedPointType] {
      (0..<4).flatMap { _ in [silent, FixedPointType(width: 4, integerBits: 4)] }
    }
    append(.input, "x", [], channels(FixedPointType(width: 0, integerBits: 0)))
    append(.requantize, "y", graph.outputs, channels(FixedPointType(width: 4, integerBits: 1)))
    let dense = DenseOperation(
      inputSize: 8,
      outputSize: 2,
      weights: (0..<16).map { Int64($0 * 7 % 15 - 7) },
      weightFractionBits: 2
    )
    let sums = FixedPointType(width: 12, integerBits: 9)
    append(.dense(dense), "head", graph.outputs, [sums, sums])
    try FixedPointGraphVerifier.verify(graph)
    let events = try Events(graph, count: 8, seed: 5)
    #expect(events.expected.contains { $0 != [0, 0] })
    let streamed = try DesignMaker.streamed(graph.withoutDeadNeurons, options: options()).design
    #expect(streamed.interface.interval == 8)
    try expectSimulator(streamed, events, seed: 1, label: "streamed")
  }

  @Test func `images with their channels first come pixel by pixel`() throws {
    var graph = SampleConvolution(height: 6, width: 5, channels: 3, padding: 1).graph
    // The sample's image behind a transposition, and its result before one.
    graph.turnInput(planes: 3)
    graph.turnOutput()
    try FixedPointGraphVerifier.verify(graph)
    let design = try DesignMaker.streamed(graph, options: options()).design
    #expect(design.interface.channels.map(\.beats) == [30, 30])
    #expect(design.interface.channels.map(\.isPlanar) == [true, true])
    #expect(design.description.contains("beats 30 planar"))
    let again = try Design(parsing: design.description, file: "text")
    #expect(again.interface == design.interface)
    try expectSimulator(design, try Events(graph, count: 8, seed: 7), seed: 3, label: "planes")
  }

  @Test func `a design with channels reads back from its text`() throws {
    let design = try DesignMaker.streamed(SampleConvolution.all[1].graph, options: options()).design
    let again = try Design(parsing: design.description, file: "text")
    #expect(again.description == design.description)
    #expect(again.interface == design.interface && design.interface.channels.map(\.beats) == [25, 25])
  }

  @Test func `what would need a whole image in another order is refused by name`() throws {
    var graph = SampleConvolution(height: 40, width: 40, padding: 1).graph
    let last = graph.outputs[0]
    let count = graph[last].count
    let sources = (0..<count).reversed().map { GatherOperation.Source(input: 0, element: $0) }
    graph.outputs = [
      graph.append(
        .gather(GatherOperation(sources: sources)),
        named: "backwards",
        kind: "Transpose",
        inputs: [last],
        shape: graph[last].shape,
        types: graph[last].types,
        origin: Origin(file: "sample")
      )
    ]
    let refusal = #expect(throws: Diagnostic.self) { try DesignMaker.streamed(graph, options: options()) }
    #expect(refusal?.code == "not-streamable" && refusal?.description.contains("'backwards'") == true)
  }
}

extension FixedPointGraph {
  /// Gives the first input its channels in front, and lets its readers read it turned.
  fileprivate mutating func turnInput(planes: Int) {
    let (shape, types) = (self[inputs[0]].shape, self[inputs[0]].types)
    let positions = types.count / planes
    var turned = FixedPointGraph(name: name)
    let origin = Origin(file: "sample")
    let input = turned.append(
      .input,
      named: "planes",
      kind: "Input",
      inputs: [],
      shape: [planes] + shape.dropLast(),
      types: types,
      origin: origin
    )
    let sources = (0..<types.count).map { index in
      GatherOperation.Source(input: 0, element: index % planes * positions + index / planes)
    }
    var ids = [
      turned.append(
        .gather(GatherOperation(sources: sources)),
        named: "turned",
        kind: "Transpose",
        inputs: [input],
        shape: shape,
        types: types,
        origin: origin
      )
    ]
    for node in nodes.dropFirst() {
      let tensor = self[node.output]
      ids.append(
        turned.append(
          node.operation,
          named: node.name,
          kind: node.kind,
          inputs: node.inputs.map { ids[$0.index] },
          shape: tensor.shape,
          types: tensor.types,
          origin: origin,
          implementation: node.implementation
        )
      )
    }
    turned.outputs = outputs.map { ids[$0.index] }
    self = turned
  }

  /// Hands out the first output with its channels in front.
  fileprivate mutating func turnOutput() {
    let (shape, types) = (self[outputs[0]].shape, self[outputs[0]].types)
    let channels = shape[shape.count - 1]
    let positions = types.count / channels
    let sources = (0..<types.count).map { index in
      GatherOperation.Source(input: 0, element: index % positions * channels + index / positions)
    }
    outputs = [
      append(
        .gather(GatherOperation(sources: sources)),
        named: "planes_out",
        kind: "Transpose",
        inputs: outputs,
        shape: [channels] + shape.dropLast(),
        types: types,
        origin: Origin(file: "sample")
      )
    ]
  }
}
