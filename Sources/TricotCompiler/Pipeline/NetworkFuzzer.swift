// Whoever makes random networks needs seeded numbers.
@_exported import Basics
import DesignBuilding
import DesignIR
import Devices
import FixedPointIR
import Fuzzing
import Lowering
import NetlistIR
import NetlistPasses
import Simulation
import Verification
import VerilogBackend

/// Random small networks through simulator, netlist and Verilator; all must agree on every bit.
///
/// Every fourth network is one of images or sequences, with windows and joins: its Verilog is made in three forms, all in one
/// pipeline, with instances and shared multipliers, and streaming. Networks are joined side by side, some to a Verilator build;
/// every second build has sums of three operands, as expressions or as primitives, and every second network products without
/// multipliers.
public struct NetworkFuzzer: Sendable {
  let seed: UInt64
  let count: Int
  let samples: Int
  let clock: StageClock
  /// Networks that share a build.
  fileprivate static let batchSize = 20
  /// Among how many networks one is of images.
  private static let imagePeriod = 4

  public init(seed: UInt64, count: Int, samples: Int, clock: StageClock = StageClock()) {
    self.seed = seed
    self.count = count
    self.samples = samples
    self.clock = clock
  }

  /// Runs all networks.
  public func run() async throws -> FuzzReport {
    let start = ContinuousClock.now
    var report = FuzzReport(
      seed: seed,
      networks: count,
      samples: samples,
      comparedValues: 0,
      seconds: 0,
      failures: []
    )
    for areImages in [false, true] {
      let numbers = (0..<count).filter { ($0 % Self.imagePeriod == Self.imagePeriod - 1) == areImages }
      for first in stride(from: 0, to: numbers.count, by: Self.batchSize) {
        let own = Array(numbers[first..<min(first + Self.batchSize, numbers.count)])
        try await run(try FuzzBatch(own, areImages: areImages, fuzzer: self), into: &report)
      }
    }
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  private func run(_ batch: FuzzBatch, into report: inout FuzzReport) async throws {
    let words = batch.words
    let result = try clock.measure("simulate", words) {
      try Simulator(batch.union).run(batch.events.flatMap { $0 }, samples: samples)
    }
    let raw = result.rawInputs
    let circuit = try clock.measure("lower", words) {
      try PassVerification.watching {
        PipelineScheduler.schedule(
          try Lowering.lower(batch.union),
          delays: DelayModel.of(batch.part.family),
          options: batch.pipeline
        )
      }
    }
    let interpreter = NetlistInterpreter(circuit.netlist)
    var answers = [("netlist", clock.measure("netlist", words) { raw.map(interpreter.outputs) })]
    var designs = [("verilator", Design(circuit))]
    if batch.areImages {
      designs += try clock.measure("lower", words) {
        [("shared", try batch.shared), ("streamed", try batch.streamed)]
      }
    }
    for (form, design) in designs {
      let answer = try await clock.measure("verilator", "\(words), \(form), under Verilator") {
        let options = VerilogOptions(top: "fuzz", part: batch.part, usesPrimitives: batch.adders == .primitives)
        let files = try VerilogBackend.emit(design, options: options)
        return try await runVerilator(design, files: files, top: "fuzz", inputs: raw)
      }
      answers.append((form, answer.outputs))
    }
    for (name, outputs) in answers {
      report.comparedValues += samples * batch.union.outputCount
      report.failures += failures(name, outputs, result.outputValues, batch)
    }
  }

  private func failures(
    _ name: String,
    _ outputs: [[Int128]],
    _ simulated: SampleValues,
    _ batch: FuzzBatch
  ) -> [FuzzReport.Failure] {
    var offset = 0
    return zip(batch.numbers, batch.networks).compactMap { number, network in
      let elements = offset..<offset + network.outputCount
      offset = elements.upperBound
      let mismatches = outputs.indices.reduce(0) { sum, sample in
        sum + elements.count { outputs[sample][$0] != simulated.raw(sample: sample, element: $0) }
      }
      guard mismatches > 0 else { return nil }
      return FuzzReport.Failure(
        network: number,
        against: name,
        mismatches: mismatches,
        graph: network.description
      )
    }
  }
}

/// Random networks side by side, and events for them.
private struct FuzzBatch {
  let numbers: [Int]
  let areImages: Bool
  /// How sums are built.
  let adders: HardwareChoices.Adders
  private(set) var networks: [FixedPointGraph] = []
  /// By event, the inputs of all networks.
  private(set) var events: [[Double]]
  let union: FixedPointGraph

  let part = PartCatalogue.all[0]
  static let clockPeriod = 5.0

  /// What a user sees while it runs.
  var words: String { "\(areImages ? "image networks" : "networks") \(numbers[0]) to \(numbers[numbers.count - 1])" }

  init(_ numbers: [Int], areImages: Bool, fuzzer: NetworkFuzzer) throws {
    self.numbers = numbers
    self.areImages = areImages
    adders = Self.adders[(numbers[0] / NetworkFuzzer.batchSize) % Self.adders.count]
    events = [[Double]](repeating: [], count: fuzzer.samples)
    for number in numbers {
      // Each network has a seed of its own, so that one can be looked at alone.
      var random = RandomFixedPointGraph(seed: fuzzer.seed &+ UInt64(number) &* 0x9E37_79B9)
      var network = areImages ? Self.image(&random) : random.graph(layers: random.int(1...6))
      if !areImages && number.isMultiple(of: 2) { network.setImplementation(strategy: .logic) }
      try FixedPointGraphVerifier.verify(network)
      for sample in events.indices { events[sample] += random.inputs(for: network) }
      networks.append(network)
    }
    union = FixedPointGraph.union(of: networks, named: "fuzz")
  }

  /// A network of images that all forms can build: in some, sums would be wider than hardware may be.
  private static func image(_ random: inout RandomFixedPointGraph) -> FixedPointGraph {
    while true {
      let network = random.imageGraph(layers: random.int(1...5))
      guard (try? FixedPointGraphVerifier.verify(network)) != nil, (try? Lowering.lower(network)) != nil,
        (try? DesignMaker.streamed(network.withoutDeadNeurons, options: options)) != nil
      else { continue }
      return network
    }
  }

  private static let adders: [HardwareChoices.Adders] = [.primitives, .binary, .ternary, .binary]

  var pipeline: PipelineOptions { PipelineOptions(clockPeriod: Self.clockPeriod, joinsSums: adders != .binary) }

  /// For what depends on nothing but the network.
  private static var options: DesignOptions {
    DesignOptions(
      pipeline: PipelineOptions(clockPeriod: clockPeriod),
      delays: DelayModel.of(PartCatalogue.all[0].family)
    )
  }

  private var options: DesignOptions {
    var options = Self.options
    options.pipeline = pipeline
    return options
  }

  /// A module for every kernel, multipliers shared where a network says so.
  var shared: Design {
    get throws {
      var options = options
      options.hierarchy = .shared
      return try DesignMaker.design(of: union, options: options)
    }
  }

  /// Position by position.
  var streamed: Design {
    get throws { try DesignMaker.streamed(union.withoutDeadNeurons, options: options).design }
  }
}
