import FixedPointIR
import Fuzzing
import TestSupport
import Testing
import Verification

@testable import TricotCompiler

/// That no event leaves anything behind for the next one, in any form of hardware.
@Suite(.enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"))
struct RecurrentLeakTests {
  private func compilation(_ text: String, _ form: RecurrentModelTests.Form) -> Compilation {
    var options = CompilationOptions(model: "cell.tricot")
    switch form {
    case .unrolled: options.hardware.recurrence = .unrolled
    case .sequential: options.hardware.recurrence = .sequential
    case .streaming: options.hardware.io = .stream
    }
    return Compilation(options, files: ["cell.tricot": Array(text.utf8)])
  }

  @Test(arguments: RecurrentModelTests.Form.allCases)
  func `every event starts from the same state`(form: RecurrentModelTests.Form) async throws {
    let events = AddingCell.events(20)
    let compilation = compilation(AddingCell.text, form)
    let outputs = try compilation.simulate(events.map { $0.map(Double.init) }).map { $0.map { Int($0) } }
    #expect(outputs == AddingCell.sums(events, leaks: false))
    // A leak would show in every event but the first.
    let leaking = AddingCell.sums(events, leaks: true)
    #expect(zip(outputs, leaking).dropFirst().allSatisfy { $0 != $1 })
    // Back to back, then with stalls at both ends and with resets while events are on their way.
    let report = try await compilation.verify(samples: 200)
    #expect(report.isEqual, "\(report)")
  }

  @Test(arguments: RecurrentModelTests.Form.allCases)
  func `an estimate says what keeps events apart`(form: RecurrentModelTests.Form) throws {
    let estimation = try compilation(AddingCell.text, form).estimation
    switch form {
    case .unrolled: #expect(estimation.intervalBound == nil && estimation.initiationInterval == 1)
    case .sequential:
      let cycles = estimation.initiationInterval / AddingCell.steps
      let words = "\(cycles) cycle\(cycles == 1 ? "" : "s")"
      #expect(estimation.intervalBound == "the loop through the state of 'rnn', 4 steps of \(words)")
    case .streaming: #expect(estimation.intervalBound?.contains("'rnn'") ?? false)
    }
  }

  @Test(arguments: RecurrentModelTests.Form.allCases, [1, 2, 3, 4])
  func `random cells are equal in every form`(form: RecurrentModelTests.Form, seed: Int) async throws {
    var random = RandomFixedPointGraph(seed: UInt64(seed))
    let graph = random.sequenceGraph(streams: form == .streaming)
    let report = try await compilation(graph.description, form).verify(samples: 60)
    #expect(report.isEqual, "\(report)")
  }
}
