import DesignIR
import Glibc
import TestSupport
import Testing
import Verification

@testable import TricotCompiler

/// An Elman cell as a scan: the same bits unrolled over time and with a state register.
@Suite struct RecurrenceTests {
  private static let steps = 6
  private static let inputs = 2
  private static let states = 3
  /// Row-major, on a grid of sixteenths: states and then inputs, by state.
  private static let kernel = [9, -4, 3, 5, 12, -7, -11, 2, 8, 14, -3, 6, -5, 10, 13]
  private static let bias = [3, -2, 1]

  /// The hyperbolic tangent of 128 equal parts of -8 …< 8, in 128ths.
  private static var tangent: [Int] {
    (0..<128).map { address -> Int in
      let middle = (Double(address) - 64) / 8 + 1.0 / 16
      return Int((tanh(middle) * 128).rounded(.down))
    }
  }

  /// The cell as the text of a fixed-point graph.
  private static func text(returnsAll: Bool, isReversed: Bool) -> String {
    let rows = (0..<states + inputs).map { i in
      "              " + kernel[i * states..<(i + 1) * states].map(String.init).joined(separator: " ")
    }
    let shape = returnsAll ? "[\(steps), \(states)]" : "[\(states)]"
    return """
      graph 'elman'
        'x' Input [\(steps), \(inputs)] fixed<6,2,RND,SAT> = input
        'rnn' SimpleRNN \(shape) fixed<8,1> = scan('x')
          steps \(steps) \(isReversed ? "backward" : "forward") returning \(returnsAll ? "all" : "last")
          state [0]
          graph 'cell'
            'h' Input [\(states)] fixed<8,1> = input
            'slice' Input [\(inputs)] fixed<6,2,RND,SAT> = input
            'both' Concatenate [\(states + inputs)] {\(states) fixed<8,1>, \(inputs) fixed<6,2,RND,SAT>} = gather('h', 'slice')
              sources [0:0 to \(states - 1), 1:0 to \(inputs - 1)]
            'sum' Dense [\(states)] fixed<10,4,RND,SAT> = dense('both')
              kernel [\(states + inputs), \(states)] grid 4
      \(rows.joined(separator: "\n"))
              bias [\(bias.map(String.init).joined(separator: ", "))]/2^4
            'next' Activation [\(states)] fixed<8,1> = table('sum')
              table 128 of fixed<8,1> linear base -64 shift 3
                \(tangent.map(String.init).joined(separator: " "))
            return 'next', 'next'
        return 'rnn'

      """
  }

  /// The cell by its definition, in integers.
  private static func expected(_ events: [[Double]], returnsAll: Bool, isReversed: Bool) -> [[Double]] {
    events.map { event in
      // Sixteenths, rounded to nearest, ties up, saturated.
      let x = event.map { min(max(Int(($0 * 16 + 0.5).rounded(.down)), -32), 31) }
      var state = [Int](repeating: 0, count: states)
      var all = [[Double]](repeating: [], count: steps)
      for step in isReversed ? Array((0..<steps).reversed()) : Array(0..<steps) {
        // 128ths of the states and sixteenths of the inputs, times sixteenths: 2048ths.
        let sums = (0..<states).map { j in
          let fromStates = (0..<states).reduce(0) { $0 + state[$1] * kernel[$1 * states + j] }
          let fromInputs = (0..<inputs).reduce(0) {
            $0 + x[step * inputs + $1] * 8 * kernel[(states + $1) * states + j]
          }
          return fromStates + fromInputs + bias[j] * 128
        }
        // Rounded to 64ths, saturated to ten bits; the table is addressed by 8ths.
        state = sums.map { sum in tangent[(min(max((sum + 16) >> 5, -512), 511) >> 3) + 64] }
        all[step] = state.map { Double($0) / 128 }
      }
      return returnsAll ? all.flatMap { $0 } : state.map { Double($0) / 128 }
    }
  }

  private static func events(_ count: Int) -> [[Double]] {
    var generator = SeededGenerator(seed: 11)
    return (0..<count).map { _ in (0..<steps * inputs).map { _ in Double.random(in: -2.2...2.2, using: &generator) } }
  }

  private func compilation(
    _ recurrence: HardwareChoices.Recurrence,
    returnsAll: Bool,
    isReversed: Bool,
    clockPeriod: Double = 5
  ) -> Compilation {
    var options = CompilationOptions(model: "elman.tricot")
    options.hardware.recurrence = recurrence
    options.hardware.clockPeriod = clockPeriod
    let text = Self.text(returnsAll: returnsAll, isReversed: isReversed)
    return Compilation(options, files: ["elman.tricot": Array(text.utf8)])
  }

  @Test(arguments: [true, false], [true, false])
  func `the simulator computes what the cell is`(returnsAll: Bool, isReversed: Bool) throws {
    let compilation = compilation(.unrolled, returnsAll: returnsAll, isReversed: isReversed)
    let events = Self.events(300)
    let outputs = try compilation.simulate(events)
    #expect(outputs == Self.expected(events, returnsAll: returnsAll, isReversed: isReversed))
  }

  @Test(
    .enabled(if: ExternalTool.verilator.isAvailable, "needs Verilator"),
    arguments: [(HardwareChoices.Recurrence.unrolled, false), (.sequential, false), (.sequential, true)]
  )
  func `both forms give the simulator's bits under Verilator`(
    recurrence: HardwareChoices.Recurrence,
    returnsAll: Bool
  ) async throws {
    let compilation = compilation(recurrence, returnsAll: returnsAll, isReversed: returnsAll)
    let report = try await compilation.verify(samples: 500)
    #expect(report.isEqual, "\(report)")
    let interface = try compilation.design.interface
    switch recurrence {
    case .unrolled: #expect(interface.interval == 1)
    case .sequential:
      // The loop through the state takes the cell's latency each step.
      #expect(interface.interval.isMultiple(of: Self.steps))
      #expect(try compilation.estimate().resources.lut < unrolledLUT(returnsAll))
    }
  }

  /// What the unrolled form takes.
  private func unrolledLUT(_ returnsAll: Bool) throws -> Int {
    try compilation(.unrolled, returnsAll: returnsAll, isReversed: returnsAll).estimate().resources.lut
  }
}
