import Basics
import DesignBuilding
import DesignIR
import Devices
import FixedPointIR
import NetlistIR
import NetlistPasses
import TestSupport
import Testing

/// That a cell starts every event from the same state, and that what is broken about it is seen.
@Suite struct RecurrentStateTests {
  enum Form: CaseIterable { case sequential, streaming }

  private func design(_ form: Form) throws -> Design {
    let graph = try FixedPointGraph(parsing: AddingCell.text, file: "cell")
    let options = DesignOptions(
      pipeline: PipelineOptions(clockPeriod: 5),
      delays: DelayModel.of(.ultraScalePlus),
      recurrence: .sequential
    )
    switch form {
    case .sequential: return try DesignMaker.design(of: graph, options: options)
    case .streaming: return try DesignMaker.streamed(graph, options: options).design
    }
  }

  /// Whether the design gives the right sums back to back, with stalls, and after resets at any time.
  private func isRight(_ design: Design, _ form: Form) throws -> Bool {
    let numbers = AddingCell.events(6)
    let events = numbers.map { $0.map { Int128($0) } }
    let expected = AddingCell.sums(numbers, leaks: false).map { $0.map { Int128($0) } }
    let period = design.interface.latency + design.interface.interval
    for stalls in [false, true] {
      for cycles in [nil] + (1...period).map(Optional.some) {
        var random = SeededGenerator(seed: UInt64(cycles ?? 0))
        switch form {
        case .sequential:
          var run = EventRun(design: design, generator: random)
          let answer = try run.run(events, stalls: stalls, resetAfter: cycles)
          if answer.outputs != expected || answer.strays > 0 { return false }
        case .streaming:
          var driver = try StreamDriver(design)
          let stall = stalls ? { Bool.random(using: &random) } : nil
          if let cycles { _ = driver.run(events, stall: stall, stopAfter: cycles) }
          let answer = driver.run(events, stall: stall, limit: 200)
          if answer.outputs != expected || !answer.complaints.isEmpty { return false }
        }
      }
    }
    return true
  }

  /// The design with something changed about the module of the cell.
  private func mutated(_ design: Design, _ change: (inout HardwareModule) -> Void) -> Design {
    var design = design
    for (index, part) in design.modules.enumerated() {
      guard case .module(var module) = part, module.name.contains("rnn") else { continue }
      change(&module)
      design.modules[index] = .module(module)
    }
    return design
  }

  @Test(arguments: Form.allCases)
  func `a cell starts every event from the same state`(form: Form) throws {
    #expect(try isRight(design(form), form))
  }

  @Test(arguments: Form.allCases)
  func `a state that goes on from the last event is seen`(form: Form) throws {
    var changes = 0
    let leaking = mutated(try design(form)) { module in
      for (index, value) in module.logic.values.enumerated() {
        guard case .select(let condition, let a, let b) = value.instruction,
          case .constant(5) = module.logic.values[a.index].instruction
        else { continue }
        module.logic.values[index].instruction = .select(condition: condition, b, b)
        changes += 1
      }
    }
    #expect(changes == 1)
    #expect(try !isRight(leaking, form))
  }

  /// One cell for all steps gets all of its state with an event's start; in a stream the reset must reach it.
  @Test(arguments: ["state0_0", "steps_done"])
  func `a state that a reset does not reach is seen`(name: String) throws {
    var changes = 0
    let broken = mutated(try design(.streaming)) { module in
      for index in module.registers.indices where module.registers[index].name == name {
        module.registers[index].reset = nil
        changes += 1
      }
    }
    #expect(changes == 1)
    #expect(try !isRight(broken, .streaming))
  }
}
