import DesignIR
import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR
import FoundationEssentials
import NetlistIR
import Simulation
import Verification
import VerilogBackend

extension Compilation {
  /// Events that a random verification drives when no count is given.
  static let defaultSamples = 10_000

  /// Compares firmware, netlist and expected outputs with the simulator, every bit of every sample.
  ///
  /// - Parameters:
  ///   - input: A `.npy` with events; nil: random ones over the whole range of the input types.
  ///   - samples: How many events to take at most.
  ///   - expected: A `.npy` with the outputs that every event must have.
  ///   - backend: What to verify; nil: Verilog.
  public func verify(
    input: String? = nil,
    samples: Int? = nil,
    expected: String? = nil,
    backend: String? = nil,
    usesCache: Bool = true
  ) async throws -> VerificationReport {
    guard usesCache else {
      return try await RuntimeCache.$current.withValue(.none) {
        try await verify(input: input, samples: samples, expected: expected, backend: backend)
      }
    }
    try CompilationOptions.check(samples: samples)
    return try await verify(backend: backend) { quantized in
      try events(for: quantized, input: input, samples: samples, expected: expected)
    }
  }

  /// The same for events in memory.
  ///
  /// - Parameters:
  ///   - values: The inputs of all events, one after the other.
  ///   - count: How many events.
  ///   - expected: The outputs that every event must have, one after the other.
  ///   - backend: What to verify; nil: Verilog.
  public func verify(
    _ values: [Double],
    count: Int,
    expected: [Double]? = nil,
    backend: String? = nil
  ) async throws -> VerificationReport {
    try CompilationOptions.check(samples: count)
    return try await verify(backend: backend) { quantized in
      let batch = try EventBatch(values, count: count, for: quantized)
      let width = quantized.graph.outputCount
      return (batch, try expected.map { try EventBatch($0, count: count, width: width, role: "expected outputs") })
    }
  }

  private func verify(
    backend: String?,
    events: (QuantizedModel) throws -> (EventBatch, EventBatch?)
  ) async throws -> VerificationReport {
    let backend = try BackendRegistry.backend(named: backend)
    try backend.refuseIdleOptions(options, for: .proof)
    try backend.checkTools(self)
    try backend.check(self)
    let quantized = try quantized
    let graph = quantized.graph
    let (batch, answers) = try events(quantized)
    let result = try clock.measure("simulate", "simulating") {
      try simulator.run(batch.values, samples: batch.count, options: SimulationOptions(threads: options.threads))
    }
    let raw = clock.measure("simulate", "simulating") { result.rawInputs }
    var comparisons = try await backend.answers(of: self, to: raw).map { compare($0, result, graph) }
    if let answers { comparisons.append(compareExpected(answers, result, graph)) }
    let trace = try await backend.trace(of: self, to: raw)
    let accuracy = accuracy(of: result.outputs, for: batch, model: quantized)
    return VerificationReport(
      samples: batch.count,
      comparisons: comparisons,
      seconds: Dictionary(uniqueKeysWithValues: clock.seconds.map { ($0.key, $0.seconds) }),
      accuracy: accuracy,
      trace: trace
    )
  }

  private func events(
    for model: QuantizedModel,
    input: String?,
    samples: Int?,
    expected: String?
  ) throws -> (EventBatch, EventBatch?) {
    let graph = model.graph
    guard let input else {
      return (EventBatch(random: samples ?? Self.defaultSamples, for: graph, seed: options.seed), nil)
    }
    let batch = try EventBatch(reading: input, from: files, for: model)
    let answers = try expected.map { path in
      let answers = try EventBatch(
        reading: path,
        from: files,
        width: graph.outputCount,
        role: "expected outputs"
      )
      guard answers.count == batch.count else {
        throw Diagnostic.error(
          "wrong-count",
          "there are \(answers.count) expected outputs for \(batch.count) events",
          at: Origin(file: path),
          hint: "give one row for each event"
        )
      }
      return answers.prefix(samples)
    }
    return (batch.prefix(samples), answers)
  }

  private func compare(
    _ answer: FirmwareAnswer,
    _ result: SimulationResult,
    _ graph: FixedPointGraph
  ) -> VerificationReport.Comparison {
    let simulated = result.outputValues
    let outputs = answer.outputs
    var comparison = OutputComparison(graph).compare(
      against: answer.by,
      samples: outputs.count,
      isEqual: { outputs[$0][$1] == simulated.raw(sample: $0, element: $1) },
      values: { sample, element in
        (
          simulated.doubles[sample * simulated.elements + element],
          simulated.types[element].value(ofRaw: outputs[sample][element])
        )
      }
    )
    comparison.latencyCycles = answer.latency?.measured
    comparison.initiationInterval = answer.initiationInterval?.measured
    comparison.promisedLatencyCycles = answer.latency?.brokenPromise
    comparison.promisedInitiationInterval = answer.initiationInterval?.brokenPromise
    return comparison
  }

  private func compareExpected(
    _ answers: EventBatch,
    _ result: SimulationResult,
    _ graph: FixedPointGraph
  ) -> VerificationReport.Comparison {
    func pair(_ sample: Int, _ element: Int) -> (simulator: Double, other: Double) {
      let index = sample * answers.width + element
      return (result.outputs[index], answers.values[index])
    }
    return OutputComparison(graph).compare(
      against: "expected",
      samples: answers.count,
      isEqual: { sample, element in
        let (simulator, other) = pair(sample, element)
        return simulator == other
      },
      values: pair
    )
  }
}

/// Runs firmware in a folder that goes away, unless Verilator itself failed.
///
/// - Parameter seed: of the stalls, where events are taken with ready and valid.
func runVerilator(
  _ design: Design,
  files: [ProjectFile],
  top: String,
  inputs: [[Int128]],
  seed: UInt64 = 1
) async throws -> VerificationResult {
  try await inTemporaryFolder { folder in
    switch design.interface.handshake {
    case .everyCycle, .fixedLatency:
      return try await VerilatorRun(design, files: files, top: top, folder: folder).outputs(for: inputs)
    case .readyValid, .stream:
      // The interval shows only between two events, of streams when the design has found its rhythm.
      let isStream = design.interface.handshake == .stream
      var events = inputs
      while events.count < (isStream ? 4 : 2), !inputs.isEmpty { events += inputs }
      let result = try await StreamRun(design, files: files, top: top, folder: folder).outputs(for: events, seed: seed)
      return VerificationResult(
        outputs: Array(result.outputs.prefix(inputs.count)),
        latency: isStream ? result.latency : max(result.latency, result.longestLatency),
        initiationInterval: result.interval,
        secondsBuild: result.secondsBuild,
        secondsRun: result.secondsRun
      )
    }
  }
}

/// Does something in a folder that goes away, also when the work is interrupted, but stays for a look after a failure.
func inTemporaryFolder<Result>(_ body: (_ folder: String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "tricot-\(UUID().uuidString)").path
  TemporaryFolders.register(folder)
  do {
    let result = try await body(folder)
    TemporaryFolders.remove(folder)
    return result
  } catch {
    if Task.isCancelled { TemporaryFolders.remove(folder) } else { TemporaryFolders.forget(folder) }
    throw error
  }
}

extension FirmwareAnswer.Timing {
  /// What was promised, where it was not kept.
  fileprivate var brokenPromise: Int? { measured == promised ? nil : promised }
}

extension SimulationResult {
  /// The inputs as the firmware sees them, event by event.
  var rawInputs: [[Int128]] {
    let inputs = quantizedInputs
    return (0..<inputs.samples).map { sample in
      (0..<inputs.elements).map { inputs.raw(sample: sample, element: $0) }
    }
  }
}
