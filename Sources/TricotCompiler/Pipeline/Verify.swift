import CircuitIR
import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR
import FoundationEssentials
import NetlistIR
import Simulation
import Verification
import VerilogBackend

extension Compiler {
  /// Events that a random verification drives when no count is given.
  static let defaultSamples = 10_000
  /// Events that the netlist interpreter evaluates: it is slow, and there to tell where a difference arises.
  private static let interpretedSamples = 32

  /// Compares firmware, netlist and expected outputs with the simulator, every bit of every sample.
  ///
  /// - Parameters:
  ///   - input: A `.npy` with events; nil: random ones over the whole range of the input types.
  ///   - samples: How many events to take at most.
  ///   - expected: A `.npy` with the outputs that every event must have.
  ///   - backend: What to verify.
  public func verify(
    input: String? = nil,
    samples: Int? = nil,
    expected: String? = nil,
    backend: String = "verilog"
  ) async throws -> VerificationReport {
    try check(backend: backend)
    try refuseIdleOptions(for: Product(backend: backend, isCompiled: true))
    let firmware = try backend == "hls" ? hlsUnderTest() : verilogUnderTest()
    let quantized = firmware.quantized
    let graph = quantized.graph
    let (batch, answers) = try events(for: quantized, input: input, samples: samples, expected: expected)
    let result = try clock.measure("simulate", "simulating") {
      try Simulator(graph).run(
        batch.values,
        samples: batch.count,
        options: SimulationOptions(threads: options.threads)
      )
    }
    let raw = clock.measure("simulate", "simulating") { result.rawInputs }
    var comparisons = try await firmware.compare(raw, result)
    if let answers { comparisons.append(compareExpected(answers, result, graph)) }
    let accuracy = accuracy(of: result.outputs, for: batch, model: quantized)
    return VerificationReport(
      samples: batch.count,
      comparisons: comparisons,
      seconds: Dictionary(uniqueKeysWithValues: clock.seconds.map { ($0.key, $0.seconds) }),
      accuracy: accuracy
    )
  }

  /// What is to be proven equal to the simulator, and how.
  struct FirmwareUnderTest {
    var quantized: QuantizedModel
    /// Raw inputs, and what the simulator made of them.
    var compare: (_ inputs: [[Int128]], SimulationResult) async throws -> [VerificationReport.Comparison]
  }

  private func verilogUnderTest() throws -> FirmwareUnderTest {
    try require(.verilator, hint: "'tricot simulate' works without")
    let quantized = try quantize()
    let hardware = try hardware(for: quantized)
    let project = try project(quantized, hardware)
    return FirmwareUnderTest(quantized: quantized) { raw, result in
      let netlist = clock.measure("netlist", "interpreting the netlist") {
        compareNetlist(hardware.circuit.netlist, raw, result, quantized.graph)
      }
      return [netlist, try await compareVerilator(project, raw, result, quantized.graph)]
    }
  }

  /// Refuses before anything is done what a missing tool would stop later.
  func require(_ tool: ExternalTool, hint: String) throws {
    guard !tool.isAvailable else { return }
    throw Diagnostic.error(
      "tool-missing",
      "'\(tool.rawValue)' was not found in the search path",
      hint: "install it with 'apt-get install \(tool.rawValue)'; \(hint)"
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
    let batch = try EventBatch(reading: input, for: model)
    let answers = try expected.map { path in
      let answers = try EventBatch(reading: path, width: graph.outputCount, role: "expected outputs")
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

  private func compareNetlist(
    _ netlist: Netlist,
    _ raw: [[Int128]],
    _ result: SimulationResult,
    _ graph: FixedPointGraph
  ) -> VerificationReport.Comparison {
    let interpreter = NetlistInterpreter(netlist)
    let outputs = raw.prefix(Self.interpretedSamples).map(interpreter.outputs)
    return compareRaw(outputs, against: "netlist", result, graph)
  }

  private func compareVerilator(
    _ project: FirmwareProject,
    _ raw: [[Int128]],
    _ result: SimulationResult,
    _ graph: FixedPointGraph
  ) async throws -> VerificationReport.Comparison {
    let circuit = project.hardware.circuit
    let answer = try await clock.measure("verilator", "building and running the RTL with Verilator") {
      try await runVerilator(circuit, files: project.files, top: project.quantized.graph.name, inputs: raw)
    }
    var comparison = compareRaw(answer.outputs, against: "verilator", result, graph)
    comparison.latencyCycles = answer.latency
    comparison.initiationInterval = answer.initiationInterval
    if answer.latency != circuit.latency { comparison.promisedLatencyCycles = circuit.latency }
    if answer.initiationInterval != circuit.initiationInterval {
      comparison.promisedInitiationInterval = circuit.initiationInterval
    }
    return comparison
  }

  func compareRaw(
    _ outputs: [[Int128]],
    against name: String,
    _ result: SimulationResult,
    _ graph: FixedPointGraph
  ) -> VerificationReport.Comparison {
    let simulated = result.outputValues
    return OutputComparison(graph).compare(
      against: name,
      samples: outputs.count,
      isEqual: { outputs[$0][$1] == simulated.raw(sample: $0, element: $1) },
      values: { sample, element in
        (
          simulated.doubles[sample * simulated.elements + element],
          simulated.types[element].value(ofRaw: outputs[sample][element])
        )
      }
    )
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
func runVerilator(
  _ circuit: Circuit,
  files: [ProjectFile],
  top: String,
  inputs: [[Int128]]
) async throws -> VerificationResult {
  try await inTemporaryFolder { folder in
    try await VerilatorRun(circuit, files: files, top: top, folder: folder).outputs(for: inputs)
  }
}

/// Does something in a folder that goes away, also when the command is interrupted, but stays for a look after a failure.
func inTemporaryFolder<Result>(_ body: (_ folder: String) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "tricot-\(UUID().uuidString)").path
  TemporaryFolders.register(folder)
  do {
    let result = try await body(folder)
    TemporaryFolders.remove(folder)
    return result
  } catch {
    TemporaryFolders.forget(folder)
    throw error
  }
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
