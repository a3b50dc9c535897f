import DesignIR
import Diagnostics
import FixedPointIR
import ProcessorBackend
import Simulation

/// What the cycle-accurate simulator of a machine of processors did.
public struct MachineSimulationReport: Codable, Sendable {
  public var events: Int
  public var cycles: Int
  /// Cycles from the first event's entry to its answer.
  public var latencyCycles: Int?
  /// Where it stopped, if it was asked to.
  public var stop: Stop?

  /// The machine in the cycle in which a processor's sum was complete.
  public struct Stop: Codable, Sendable {
    public var cycle: Int
    public var processor: String
    public var registers: [Register]
  }

  public struct Register: Codable, Sendable {
    public var name: String
    public var raw: String
  }
}

extension Compilation {
  /// Runs a machine of processors cycle by cycle, as its RTL does.
  ///
  /// - Parameters:
  ///   - input: A `.npy` with events.
  ///   - samples: How many of them at most.
  ///   - trace: A file for every cycle's handshakes, program counters and accumulators.
  ///   - breakpoint: The name of a processor: stop when its first sum is complete.
  public func simulateMachine(
    input: String,
    samples: Int? = nil,
    trace: String? = nil,
    breakpoint: String? = nil,
    replacing: Bool = false
  ) throws -> MachineSimulationReport {
    if let trace { try FileWriting.check(trace, replacing: replacing) }
    try CompilationOptions.check(samples: samples)
    let batch = try EventBatch(reading: input, from: files, for: quantized).prefix(samples)
    let result = try simulator.run(batch.values, samples: batch.count)
    let machine = try clock.measure("lower", "building processors") {
      try ProcessorMachine(machinePlan, isTraced: true)
    }
    var run = try MachineRun(machine, breakpoint: breakpoint)
    let report = try clock.measure("cycles", "simulating every cycle") {
      try run.run(result.rawInputs, keepsText: trace != nil)
    }
    if let trace { try FileWriting.replace(trace, with: Array(run.text.utf8)) }
    return report
  }
}

/// A machine and its simulator, event by event and cycle by cycle.
private struct MachineRun {
  private let machine: ProcessorMachine
  private var evaluator: DesignEvaluator
  private let names: [String]
  private let breakpoint: (layer: MachineTrace.Layer, name: String)?
  private(set) var text = ""

  init(_ machine: ProcessorMachine, breakpoint: String?) throws {
    self.machine = machine
    evaluator = try DesignEvaluator(machine.design)
    names = machine.signalNames
    guard let breakpoint else {
      self.breakpoint = nil
      return
    }
    let all = machine.trace.layers.flatMap(\.processors)
    guard let layer = machine.trace.layers.first(where: { $0.processors.contains(breakpoint) }) else {
      throw Diagnostic.error(
        "unknown-processor",
        "'\(breakpoint)' is no processor of the machine",
        hint: nearestName(to: breakpoint, among: all).map { "did you mean '\($0)'?" }
          ?? "see machine.json for their names"
      )
    }
    self.breakpoint = (layer, breakpoint)
  }

  mutating func run(_ events: [[Int128]], keepsText: Bool) throws -> MachineSimulationReport {
    let idle = [Int128](repeating: 0, count: evaluator.inputCount - 2 - (events.first?.count ?? 0))
    var report = MachineSimulationReport(events: 0, cycles: 0)
    var next = 0
    var entry: Int?
    if keepsText { text = "cycle " + names.joined(separator: " ") + "\n" }
    let interface = machine.design.interface
    let limit = 2 * (events.count * interface.interval + interface.latency) + 100
    // The reset's cycle is the first.
    for cycle in 0..<limit where report.events < events.count {
      let offers = cycle > 0 && next < events.count
      let event = events[min(next, events.count - 1)]
      let outputs = evaluator.step([offers ? 1 : 0] + event + [1] + idle, reset: cycle == 0)
      report.cycles = cycle + 1
      if keepsText { text += "\(cycle) " + outputs.map { "\($0)" }.joined(separator: " ") + "\n" }
      if offers && outputs[0] == 1 {
        entry = entry ?? cycle
        next += 1
      }
      if cycle > 0 && outputs[1] == 1 {
        if report.events == 0 { report.latencyCycles = entry.map { cycle - $0 } }
        report.events += 1
      }
      if let breakpoint, let entry, cycle == entry + breakpoint.layer.start + breakpoint.layer.steps + 1 {
        report.stop = stop(cycle, breakpoint.name, outputs)
        return report
      }
    }
    return report
  }

  private func stop(_ cycle: Int, _ name: String, _ outputs: [Int128]) -> MachineSimulationReport.Stop {
    let shown = zip(names, outputs).filter { $0.0.hasSuffix(".acc") || $0.0.hasSuffix(".step") }
    let own = shown.filter { $0.0 == "\(name).acc" }
    let rest = shown.filter { $0.0 != "\(name).acc" }
    return MachineSimulationReport.Stop(
      cycle: cycle,
      processor: name,
      registers: (own + rest).map { MachineSimulationReport.Register(name: $0.0, raw: "\($0.1)") }
    )
  }
}
