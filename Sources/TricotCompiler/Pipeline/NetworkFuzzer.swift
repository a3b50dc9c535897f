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
/// Networks are joined side by side, a few dozen to a Verilator build.
public struct NetworkFuzzer: Sendable {
  let seed: UInt64
  let count: Int
  let samples: Int
  let clock: StageClock
  /// Networks that share a build.
  private static let batchSize = 25

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
    for first in stride(from: 0, to: count, by: Self.batchSize) {
      try await run(first..<min(first + Self.batchSize, count), into: &report)
    }
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  private func run(_ numbers: Range<Int>, into report: inout FuzzReport) async throws {
    var networks: [FixedPointGraph] = []
    var events = [[Double]](repeating: [], count: samples)
    for number in numbers {
      // Each network has a seed of its own, so that one can be looked at alone.
      var random = RandomFixedPointGraph(seed: seed &+ UInt64(number) &* 0x9E37_79B9)
      let network = random.graph(layers: random.int(1...6))
      try FixedPointGraphVerifier.verify(network)
      for sample in events.indices { events[sample] += random.inputs(for: network) }
      networks.append(network)
    }
    let union = FixedPointGraph.union(of: networks, named: "fuzz")
    let words = "networks \(numbers.lowerBound) to \(numbers.upperBound - 1)"
    let result = try clock.measure("simulate", words) {
      try Simulator(union).run(events.flatMap { $0 }, samples: samples)
    }
    let raw = result.rawInputs
    let part = PartCatalogue.all[0]
    let circuit = try clock.measure("lower", words) {
      try PassVerification.watching {
        PipelineScheduler.schedule(
          try Lowering.lower(union),
          delays: DelayModel.of(part.family),
          options: PipelineOptions(clockPeriod: 5)
        )
      }
    }
    let interpreter = NetlistInterpreter(circuit.netlist)
    let interpreted = clock.measure("netlist", words) { raw.map(interpreter.outputs) }
    let answers = try await clock.measure("verilator", words + " under Verilator") {
      let files = try VerilogBackend.emit(circuit, options: VerilogOptions(top: "fuzz", part: part))
      return try await runVerilator(Design(circuit), files: files, top: "fuzz", inputs: raw)
    }
    for (name, outputs) in [("netlist", interpreted), ("verilator", answers.outputs)] {
      report.comparedValues += samples * union.outputCount
      report.failures += failures(name, outputs, result.outputValues, networks, first: numbers.lowerBound)
    }
  }

  private func failures(
    _ name: String,
    _ outputs: [[Int128]],
    _ simulated: SampleValues,
    _ networks: [FixedPointGraph],
    first: Int
  ) -> [FuzzReport.Failure] {
    var offset = 0
    return networks.enumerated().compactMap { index, network in
      let elements = offset..<offset + network.outputCount
      offset = elements.upperBound
      let mismatches = outputs.indices.reduce(0) { sum, sample in
        sum + elements.count { outputs[sample][$0] != simulated.raw(sample: sample, element: $0) }
      }
      guard mismatches > 0 else { return nil }
      return FuzzReport.Failure(
        network: first + index,
        against: name,
        mismatches: mismatches,
        graph: network.description
      )
    }
  }
}
