import DesignIR
import Devices
import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import ProcessorBackend
import Simulation
import TestSupport
import Testing
import Verification
import VerilogBackend

@Suite struct ReloadTests {
  private static func network(_ seed: UInt64, weightBits: Int64 = 6) -> FixedPointGraph {
    var generator = SeededGenerator(seed: seed)
    var graph = FixedPointGraph(name: "net")
    let type = FixedPointType(width: 8, integerBits: 4, rounding: .roundHalfUp, overflow: .saturate)
    func append(_ operation: FixedOperation, _ name: String, _ inputs: [FixedTensorID], _ count: Int) -> FixedTensorID {
      graph.append(
        operation,
        named: name,
        kind: "Layer",
        inputs: inputs,
        shape: [count],
        types: ElementTypes(uniform: type, count: count),
        origin: Origin(file: name)
      )
    }
    func dense(_ inputs: Int, _ outputs: Int) -> FixedOperation {
      let bound = Int64(1) << (weightBits - 1)
      return .dense(
        DenseOperation(
          inputSize: inputs,
          outputSize: outputs,
          weights: (0..<inputs * outputs).map { _ in Int64.random(in: -bound..<bound, using: &generator) },
          weightFractionBits: 4,
          bias: ConstantVector(
            raw: (0..<outputs).map { _ in Int64.random(in: -60...60, using: &generator) },
            fractionBits: 5
          )
        )
      )
    }
    let x = append(.input, "x", [], 4)
    let hidden = append(dense(4, 5), "hidden", [x], 5)
    let relu = append(.rectifier(.relu), "relu", [hidden], 5)
    graph.outputs = [append(dense(5, 3), "y", [relu], 3)]
    return graph
  }

  private static func plan(_ graph: FixedPointGraph, isMultiplierless: Bool, unroll: Int) throws -> MachinePlan {
    try MachinePlan(
      AnalysedGraph(graph.withoutDeadNeurons),
      options: ProcessorOptions(
        unroll: .lanes(unroll),
        isMultiplierless: isMultiplierless,
        isReloadable: true,
        design: designOptions()
      )
    )
  }

  /// What goes in and comes out of a machine over some cycles.
  private struct Drive {
    var cycles: [TraceRun.Cycle] = []
    /// By cycle.
    var outputs: [[Int128]] = []
    /// The events in the order of their acceptance, and how many networks had been taken over by then.
    var events: [(event: [Int128], network: Int)] = []
    var answers: [[Int128]] = []
    var versions: Set<Int128> = []
  }

  /// Drives events with pauses at both ends while the words of other networks come, again and again.
  private static func drive(
    _ machine: ProcessorMachine,
    words: [ReloadWords],
    cycles count: Int,
    seed: UInt64,
    damage: Set<Int> = []
  ) throws -> Drive {
    var generator = SeededGenerator(seed: seed)
    var evaluator = try DesignEvaluator(machine.design)
    let outputs = machine.design.signature(of: machine.design.top).outputs.map(\.name)
    let ready = try #require(outputs.firstIndex(of: "in_ready"))
    let valid = try #require(outputs.firstIndex(of: "out_valid"))
    var drive = Drive()
    var load = 0
    var word = 0
    var network = 0
    for cycle in 0..<count {
      let reset = cycle < 2
      let offers = Int.random(in: 0..<4, using: &generator) > 0
      let takes = Int.random(in: 0..<4, using: &generator) > 0
      let event = (0..<4).map { _ in Int128.random(in: -128...127, using: &generator) }
      let isLoading = !reset && load < words.count && Int.random(in: 0..<5, using: &generator) > 0
      var data = isLoading ? Int128(truncatingIfNeeded: words[load].words[word]) : 0
      if isLoading && damage.contains(load) && word == 3 { data ^= 1 }
      let inputs =
        [offers ? 1 : 0] + event + [takes ? 1 : 0] + [isLoading ? 1 : 0, isLoading && word == 0 ? 1 : 0, data]
      let result = evaluator.step(inputs, reset: reset)
      drive.cycles.append(TraceRun.Cycle(inputs, reset: reset))
      drive.outputs.append(result)
      if reset { continue }
      if offers && result[ready] == 1 { drive.events.append((event, network)) }
      if takes && result[valid] == 1 { drive.answers.append(Array(result[2..<5])) }
      drive.versions.insert(result[result.count - 2])
      guard isLoading, result[result.count - 4] == 1 else { continue }
      word += 1
      if word == words[load].words.count {
        if !damage.contains(load) { network = load + 1 }
        word = 0
        load += 1
      }
    }
    return drive
  }

  private static func answers(_ graph: FixedPointGraph, _ event: [Int128]) throws -> [Int128] {
    let type = graph[graph.inputs[0]].types[0]
    let result = try Simulator(graph).run(event.map { type.value(ofRaw: $0) }, samples: 1)
    return (0..<result.outputValues.elements).map { result.outputValues.raw(sample: 0, element: $0) }
  }

  @Test(
    "networks loaded under traffic: every event is computed by one of them alone, none is lost or doubled",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [(false, 1), (false, 2), (false, 5), (true, 1)]
  )
  func traffic(isMultiplierless: Bool, unroll: Int) async throws {
    let networks = (1...4).map { Self.network(UInt64($0)) }
    let plan = try Self.plan(networks[0], isMultiplierless: isMultiplierless, unroll: unroll)
    let machine = try ProcessorMachine(plan)
    let map = ReloadMap(plan)
    let words = try networks.dropFirst().enumerated().map { number, network in
      let other = try Self.plan(network, isMultiplierless: isMultiplierless, unroll: unroll)
      try map.check(other, file: "network")
      return ReloadWords(other, for: map, version: UInt32(number + 2))
    }
    // The second one arrives damaged, and must never be used.
    let drive = try Self.drive(machine, words: words, cycles: 2500, seed: 5, damage: [1])
    let used = Set(drive.events.map(\.network))
    #expect(used == [0, 1, 3])
    #expect(drive.versions == [0, 2, 4])
    #expect(drive.answers.count > 60 && drive.events.count >= drive.answers.count)
    for (accepted, answer) in zip(drive.events, drive.answers) {
      #expect(try Self.answers(networks[accepted.network], accepted.event) == answer)
    }
    // Nothing is lost: what is missing at the end is on its way.
    #expect(drive.events.count - drive.answers.count <= machine.design.interface.latency + 4)

    let options = VerilogOptions(top: "net", part: PartCatalogue.all[0])
    let files = try VerilogBackend.emit(machine.design, options: options)
    let actual = try await TraceRun(machine.design, files: files, top: "net").outputs(for: drive.cycles)
    #expect(actual == drive.outputs)
  }

  @Test(
    "a network loaded by AXI4-Lite",
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed")
  )
  func axi() async throws {
    let plan = try Self.plan(Self.network(1), isMultiplierless: false, unroll: 1)
    let words = ReloadWords(
      try Self.plan(Self.network(2), isMultiplierless: false, unroll: 1),
      for: ReloadMap(plan),
      version: 77
    )
    let design = try #require(try ProcessorMachine(plan).axiDesign)
    let signature = design.signature(of: design.top)
    let inputs = signature.inputs.flatMap { port in port.elements.indices.map { _ in port.name } }
    let outputs = signature.outputs.flatMap { port in port.elements.indices.map { _ in port.name } }
    var evaluator = try DesignEvaluator(design)
    var generator = SeededGenerator(seed: 9)
    // "Announce the first", then every word.
    var writes = [(address: Int128(8), data: Int128(0))][...]
    writes += words.words.map { (address: 0, data: Int128(truncatingIfNeeded: $0)) }
    var cycles: [TraceRun.Cycle] = []
    var expected: [[Int128]] = []
    var versions: [Int128] = []
    for cycle in 0..<600 {
      var row = inputs.map { _ in Int128(0) }
      func set(_ name: String, _ value: Int128) {
        for index in inputs.indices where inputs[index] == name { row[index] = value }
      }
      let isWriting = cycle > 2 && !writes.isEmpty && Bool.random(using: &generator)
      set("out_ready", 1)
      set("s_axi_awvalid", isWriting ? 1 : 0)
      set("s_axi_wvalid", isWriting ? 1 : 0)
      set("s_axi_awaddr", writes.first?.address ?? 0)
      set("s_axi_wdata", writes.first?.data ?? 0)
      set("s_axi_bready", Bool.random(using: &generator) ? 1 : 0)
      set("s_axi_arvalid", 1)
      set("s_axi_araddr", 4)
      set("s_axi_rready", 1)
      let result = evaluator.step(row, reset: cycle < 2)
      func value(_ name: String) -> Int128 { outputs.firstIndex(of: name).map { result[$0] } ?? -1 }
      if isWriting && value("s_axi_awready") == 1 { writes.removeFirst() }
      if value("s_axi_rvalid") == 1 { versions.append(value("s_axi_rdata")) }
      cycles.append(TraceRun.Cycle(row, reset: cycle < 2))
      expected.append(result)
    }
    #expect(writes.isEmpty)
    #expect(versions.first == 0 && versions.last == 77)
    let files = try VerilogBackend.emit(design, options: VerilogOptions(top: "net", part: PartCatalogue.all[0]))
    let actual = try await TraceRun(design, files: files, top: "net").outputs(for: cycles)
    #expect(actual == expected)
  }

  @Test func `a network that does not fit is refused with the reason`() throws {
    let map = ReloadMap(try Self.plan(Self.network(1), isMultiplierless: false, unroll: 1))
    func refusal(_ change: (inout FixedPointGraph) -> Void) throws -> String {
      var graph = Self.network(2)
      change(&graph)
      let plan = try Self.plan(graph, isMultiplierless: false, unroll: 1)
      let error = try #require(throws: Diagnostic.self) { try map.check(plan, file: "other") }
      #expect(error.code == "does-not-fit")
      return "\(error.message)"
    }
    func changeDense(_ graph: inout FixedPointGraph, _ change: (inout DenseOperation) -> Void) {
      guard case .dense(var dense) = graph.nodes[1].operation else { return }
      change(&dense)
      graph.nodes[1].operation = .dense(dense)
    }
    #expect(try refusal { changeDense(&$0) { $0.weights[3] = 64 } }.contains("needs more than the machine's"))
    #expect(try refusal { changeDense(&$0) { $0.bias.raw[2] = 1 << 20 } }.contains("could overflow"))
    #expect(try refusal { changeDense(&$0) { $0.weightFractionBits = 5 } }.contains("fraction bits in its weights"))
    #expect(try refusal { $0.nodes[2].operation = .requantize }.contains("another activation"))
    #expect(
      try refusal { graph in
        graph[graph.inputs[0]].types = ElementTypes(uniform: FixedPointType(width: 8, integerBits: 3), count: 4)
      }.contains("of other types")
    )
  }
}
