import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import Testing

@testable import Simulation

/// The user's numbers on their way into the model.
@Suite struct InputTests {
  private func model(_ types: [FixedPointType]) -> FixedPointGraph {
    var graph = FixedPointGraph(name: "inputs")
    let input = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: [types.count],
      types: ElementTypes(each: types),
      origin: Origin(file: "test")
    )
    graph.outputs = [input]
    return graph
  }

  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func `every rule equals the definition`(rounding: Rounding, overflow: Overflow) throws {
    var generator = SeededGenerator(seed: 7)
    let formats = [(8, 4), (8, 12), (0, 3), (1, 1), (31, 5), (32, 8), (50, 20), (12, 20)]
    let types = formats.flatMap { width, integerBits in
      [true, false].map {
        FixedPointType(
          width: width,
          integerBits: integerBits,
          isSigned: $0,
          rounding: rounding,
          overflow: overflow
        )
      }
    }
    for subset in [types, Array(types[0..<1]), Array(types[0..<10])] {
      let tame = (0..<200).map { _ in grid(&generator) }
      try compare(subset, tame)
      let wild = [
        0, -0.0, 0.5, -0.5, 0.1, 1e300, -1e300, .infinity, -.infinity, .leastNonzeroMagnitude,
        -.leastNonzeroMagnitude, 0x1p30, -0x1p30, 0x1.fffffffffffffp29, 0.5.nextUp, 0.5.nextDown, (-0.5).nextUp,
        (-0.5).nextDown, 1e9, -1e9,
      ]
      for number in wild { try compare(subset, [number] + tame.prefix(3)) }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `elements with rules of their own equal the definition`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let types = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
      FixedPointType(
        width: Int.random(in: 1...31, using: &generator),
        integerBits: Int.random(in: -2...9, using: &generator),
        isSigned: Bool.random(using: &generator),
        rounding: Rounding.allCases.randomElement(using: &generator) ?? .truncate,
        overflow: Overflow.allCases.randomElement(using: &generator) ?? .wrap
      )
    }
    try compare(types, (0..<300).map { _ in grid(&generator) })
  }

  /// Ties and their neighbours on the grids of the types.
  private func grid(_ generator: inout SeededGenerator) -> Double {
    let tie = Double(Int.random(in: -5000...5000, using: &generator)) / 32
    switch Int.random(in: 0...2, using: &generator) {
    case 0: return tie
    case 1: return tie.nextUp
    default: return tie.nextDown
    }
  }

  private func compare(_ types: [FixedPointType], _ numbers: [Double]) throws {
    let samples = numbers.count
    let inputs = numbers.flatMap { number in types.map { _ in number } }
    let result = try Simulator(model(types)).run(inputs, samples: samples, options: SimulationOptions(threads: 1))
    for (element, type) in types.enumerated() {
      let raw = (0..<samples).map { result.outputValues.raw(sample: $0, element: element) }
      try #require(raw == numbers.map { type.quantize($0).raw }, "\(numbers) as \(type)")
    }
    let quantized = result.quantizedInputs
    #expect(quantized.doubles == result.outputs)
  }

  @Test func `NaN is refused by sample and element`() throws {
    let type = FixedPointType(width: 8, integerBits: 4)
    let simulator = try Simulator(model([type, type, type]))
    var inputs = [Double](repeating: 1, count: 3 * 1000)
    inputs[3 * 700 + 2] = .nan
    inputs[3 * 650 + 1] = .nan
    inputs[3 * 999] = .nan
    for threads in 1...4 {
      let error = #expect(throws: Diagnostic.self) {
        try simulator.run(inputs, samples: 1000, options: SimulationOptions(threads: threads))
      }
      #expect(error?.code == "input-not-a-number")
      #expect(error?.message.contains("sample 650, element 1") == true)
    }
  }

  @Test func `a batch of the wrong size is refused`() throws {
    let simulator = try Simulator(model([FixedPointType(width: 8, integerBits: 4)]))
    for (count, samples) in [(3, 2), (0, 1), (1, -1), (0, Int.min), (1, Int.max)] {
      #expect(throws: Diagnostic.self) {
        try simulator.run([Double](repeating: 0, count: count), samples: samples)
      }
    }
  }
}
