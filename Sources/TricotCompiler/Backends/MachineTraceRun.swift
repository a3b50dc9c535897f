import Basics
import DesignIR
import FirmwareFiles
import FixedPointIR
import ProcessorBackend
import Verification
import VerilogBackend

/// Drives a machine under Verilator and in its simulator with the same events, stalls and resets, and compares every
/// port, program counter and accumulator in every cycle.
struct MachineTraceRun {
  private let project: ProcessorProject
  private let machine: ProcessorMachine
  private let seed: UInt64

  /// Cycles at most: every one of them shows the whole machine.
  private static let longest = 4000
  private static let fewestEvents = 6

  init(_ project: ProcessorProject, seed: UInt64) throws {
    self.project = project
    self.seed = seed
    machine = try ProcessorMachine(project.machine.plan, isTraced: true)
  }

  func report(on events: [[Int128]]) async throws -> TraceReport {
    let cycles = cycles(for: events)
    var evaluator = try DesignEvaluator(machine.design)
    let expected = cycles.map { evaluator.step($0.inputs, reset: $0.reset) }
    let top = project.verilog.layout.top
    let files = try VerilogBackend.emit(
      machine.design,
      options: VerilogOptions(top: top, part: project.verilog.hardware.part)
    )
    let measured = try await inTemporaryFolder { folder in
      try await TraceRun(machine.design, files: files, top: top, folder: folder).outputs(for: cycles)
    }
    let differing = zip(expected, measured).enumerated().filter { $0.element.0 != $0.element.1 }
    return TraceReport(
      cycles: cycles.count,
      signals: expected.first?.count ?? 0,
      differences: differing.count,
      firstDifference: differing.first.map { text(cycle: $0.offset, $0.element.0, $0.element.1) }
    )
  }

  /// Events back to back, then with pauses at both ends, and a reset while some are on their way.
  private func cycles(for events: [[Int128]]) -> [TraceRun.Cycle] {
    let interface = machine.design.interface
    let calm = 2 * interface.latency + Self.fewestEvents * interface.interval
    let count = min(Self.longest, max(200, 3 * calm))
    let reset = 2 * count / 3
    var generator = SeededGenerator(seed: seed)
    var next = 0
    // Another network comes while events do, with pauses of its own.
    var loads = loadWords(&generator)[...]
    return (0..<count).map { cycle in
      let pauses = cycle > calm
      let offers = !events.isEmpty && (!pauses || Bool.random(using: &generator))
      let takes = !pauses || Bool.random(using: &generator)
      // What is offered changes when it is not taken, too: the simulator must do the same with it.
      let event = events.isEmpty ? [] : events[next % events.count]
      next += 1
      var load: [Int128] = []
      if machine.plan.options.isReloadable {
        let comes = Int.random(in: 0..<4, using: &generator) > 0
        load = [comes ? 1 : 0, loads.first?.isFirst == true ? 1 : 0, loads.first?.word ?? 0]
        if comes && !loads.isEmpty { loads.removeFirst() }
      }
      return TraceRun.Cycle(
        [offers ? 1 : 0] + event + [takes ? 1 : 0] + load,
        reset: cycle < 2 || cycle == reset
      )
    }
  }

  /// The words of a network of the same shape: the programs' own, in another order.
  private func loadWords(_ generator: inout SeededGenerator) -> [(word: Int128, isFirst: Bool)] {
    guard machine.plan.options.isReloadable else { return [] }
    let plan = machine.plan.withOtherPrograms(&generator)
    let words = ReloadWords(
      plan,
      for: ReloadMap(machine.plan),
      version: UInt32.random(in: 0 ... .max, using: &generator)
    )
    return words.words.enumerated().map { (Int128(truncatingIfNeeded: $1), $0 == 0) }
  }

  private func text(cycle: Int, _ expected: [Int128], _ measured: [Int128]) -> String {
    let index = zip(expected, measured).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
    let names = machine.signalNames
    let name = index < names.count ? names[index] : "output \(index)"
    return "cycle \(cycle), \(name): simulator \(expected[index]), RTL \(measured[index])"
  }
}
