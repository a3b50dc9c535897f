import FixedPointIR
import Fuzzing
import TestSupport
import Testing
import Verification

@testable import TricotCompiler

/// That no event leaves anything behind for the next one, in any form of hardware.
@Suite(.enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"))
struct RecurrentLeakTests {
  private static let steps = 4

  /// A cell that adds up all that it has seen: what one event leaves would show in every later result.
  private static let text = """
    graph 'adder'
      'x' Input [4, 1] fixed<6,6,RND,SAT> = input
      'rnn' SimpleRNN [4, 1] fixed<12,12> = scan('x')
        steps 4 forward returning all
        state [5]
        graph 'cell'
          'h' Input [1] fixed<12,12> = input
          'slice' Input [1] fixed<6,6,RND,SAT> = input
          'sum' Add [1] fixed<12,12> = add('h', 'slice')
          return 'sum', 'sum'
      return 'rnn'

    """

  private func compilation(_ text: String, _ form: RecurrentModelTests.Form) -> Compilation {
    var options = CompilationOptions(model: "cell.tricot")
    switch form {
    case .unrolled: options.hardware.recurrence = .unrolled
    case .sequential: options.hardware.recurrence = .sequential
    case .streaming: options.hardware.io = .stream
    }
    return Compilation(options, files: ["cell.tricot": Array(text.utf8)])
  }

  /// Running sums of each event from 5 on, and the same where every event goes on from the sum of the one before.
  private static func sums(_ events: [[Double]], leaks: Bool) -> [[Double]] {
    var state = 5.0
    return events.map { event in
      if !leaks { state = 5 }
      return event.map { x in
        state += x
        return state
      }
    }
  }

  @Test(arguments: RecurrentModelTests.Form.allCases)
  func `every event starts from the same state`(form: RecurrentModelTests.Form) async throws {
    var generator = SeededGenerator(seed: 3)
    let events = (0..<20).map { _ in (0..<Self.steps).map { _ in Double(Int.random(in: 1...9, using: &generator)) } }
    let compilation = compilation(Self.text, form)
    let outputs = try compilation.simulate(events)
    #expect(outputs == Self.sums(events, leaks: false))
    // A leak would show in every event but the first.
    let leaking = Self.sums(events, leaks: true)
    #expect(zip(outputs, leaking).dropFirst().allSatisfy { $0 != $1 })
    // Back to back, then with stalls at both ends and with resets while events are on their way.
    let report = try await compilation.verify(samples: 200)
    #expect(report.isEqual, "\(report)")
  }

  @Test(arguments: RecurrentModelTests.Form.allCases)
  func `an estimate says what keeps events apart`(form: RecurrentModelTests.Form) throws {
    let estimation = try compilation(Self.text, form).estimation
    switch form {
    case .unrolled: #expect(estimation.intervalBound == nil && estimation.initiationInterval == 1)
    case .sequential:
      let cycles = estimation.initiationInterval / Self.steps
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
