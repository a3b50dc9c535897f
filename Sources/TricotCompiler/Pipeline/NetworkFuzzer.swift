// Whoever makes random networks needs seeded numbers.
@_exported import Basics
import DesignIR
import Devices
import FixedPointIR
import Lowering
import NetlistIR
import NetlistPasses
import Simulation
import Verification
import VerilogBackend

/// Random small networks through simulator, netlist, Verilator and compiled HLS C++; all must agree on every bit.
///
/// Every second network is a chain of layers in one pipeline. The others are images, recurrences and networks on particles, each
/// made in three forms: all in one pipeline; with instances, shared multipliers and one cell for all steps; and streaming.
/// Networks are joined side by side, some to a build; every second build has sums of three operands, as expressions or as
/// primitives, and every second chain products without multipliers.
public struct NetworkFuzzer: Sendable {
  let seed: UInt64
  let count: Int
  let samples: Int
  /// A new folder for the networks as text, one file each.
  let output: String?
  let replacing: Bool
  let clock: StageClock

  /// - Parameters:
  ///   - output: A new folder for the networks as text, one file each, and the report.
  ///   - replacing: Whether such a folder of an earlier run may be replaced.
  public init(
    seed: UInt64,
    count: Int,
    samples: Int,
    output: String? = nil,
    replacing: Bool = false,
    clock: StageClock = StageClock()
  ) {
    self.seed = seed
    self.count = count
    self.samples = samples
    self.output = output
    self.replacing = replacing
    self.clock = clock
  }

  /// The file of the report in the folder of networks.
  static let reportName = "fuzz.json"

  /// Runs all networks.
  public func run() async throws -> FuzzReport {
    let writer = try output.map { try FolderWriter(path: $0, marker: Self.reportName, replacing: replacing) }
    do {
      var networks: [(path: String, bytes: [UInt8])] = []
      let report = try await run { networks.append(("network-\($0).tricot", Array($1.description.utf8))) }
      try writer?.write(networks + [(Self.reportName, Array(try jsonText(report).utf8))])
      return report
    } catch {
      writer?.discard()
      throw error
    }
  }

  private func run(_ drawn: (_ number: Int, _ network: FixedPointGraph) -> Void) async throws -> FuzzReport {
    let start = ContinuousClock.now
    let headers = ExternalTool.gxx.isAvailable ? ApTypes.find() : nil
    var report = FuzzReport(
      seed: seed,
      networks: count,
      samples: samples,
      comparesCpp: headers != nil,
      forms: [],
      comparedValues: 0,
      seconds: 0,
      failures: []
    )
    for family in FuzzFamily.allCases {
      let numbers = (0..<count).filter { FuzzFamily(ofNetwork: $0) == family }
      for (index, first) in stride(from: 0, to: numbers.count, by: family.batchSize).enumerated() {
        let own = Array(numbers[first..<min(first + family.batchSize, numbers.count)])
        let batch = try FuzzBatch(own, family: family, index: index, seed: seed, samples: samples)
        zip(batch.numbers, batch.networks).forEach(drawn)
        try await run(batch, headers: headers, into: &report)
      }
    }
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return report
  }

  private func run(_ batch: FuzzBatch, headers: ApTypes?, into report: inout FuzzReport) async throws {
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
    let all = Array(batch.networks.indices)
    func compare(_ form: String, _ members: [Int], _ outputs: [[Int128]]) {
      report.add(form: form, networks: members.count)
      report.comparedValues += outputs.reduce(0) { $0 + $1.count }
      report.failures += batch.failures(form, members, outputs, result.outputValues)
    }
    compare("netlist", all, clock.measure("netlist", words) { raw.map(interpreter.outputs) })
    var designs = [("verilator", Design(circuit))]
    if batch.family.hasForms {
      designs += try clock.measure("lower", words) {
        [("shared", try batch.shared), ("streamed", try batch.streamed)]
      }
    }
    for (form, design) in designs {
      let answer = try await clock.measure("verilator", "\(words), \(form), under Verilator") {
        let options = VerilogOptions(
          top: "fuzz",
          part: batch.part,
          usesPrimitives: batch.adders == .primitives,
          logic: batch.logic
        )
        let files = try VerilogBackend.emit(design, options: options)
        return try await runVerilator(design, files: files, top: "fuzz", inputs: raw)
      }
      compare(form, all, answer.outputs)
    }
    guard let headers, batch.isWrittenAsCpp else { return }
    for isStreamed in batch.family.hasForms ? [false, true] : [false] {
      let form = isStreamed ? "hls-streamed" : "hls"
      let answer = try await clock.measure("cpp", "\(words), \(form), as compiled C++") {
        try await batch.cppAnswer(isStreamed: isStreamed, inputs: raw, headers: headers)
      }
      if let answer { compare(form, answer.members, answer.outputs) }
    }
  }

}
