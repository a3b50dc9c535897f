import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import TestSupport
import Testing

@testable import Simulation

/// Dense layers through every kind of arithmetic: floats, doubles, 32, 64 and 128-bit integers, all accumulators.
@Suite struct DenseTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var inputBits: Int
    var weightBits: Int
    var testDescription: String { "\(inputBits)-bit inputs, \(weightBits)-bit weights" }
  }

  @Test(arguments: [
    Case(inputBits: 8, weightBits: 8), Case(inputBits: 16, weightBits: 16), Case(inputBits: 24, weightBits: 20),
    Case(inputBits: 31, weightBits: 24), Case(inputBits: 40, weightBits: 24), Case(inputBits: 52, weightBits: 32),
  ])
  func `exact sums equal the definition`(_ bits: Case) throws {
    let compared = try (0..<12 as Range<UInt64>).count { try compare(bits, seed: $0, accumulator: nil) }
    #expect(compared >= 3, "only \(compared) layers passed the verifier")
  }

  /// Values change their storage in blocks of a few rows, in memory for as many events as there are.
  @Test(arguments: [1, 6, 9])
  func `few events of wide layers equal the definition`(samples: Int) throws {
    for bits in [Case(inputBits: 6, weightBits: 6), Case(inputBits: 16, weightBits: 16)] {
      let compared = try (0..<6 as Range<UInt64>).count {
        try compare(bits, seed: $0, accumulator: nil, inputs: 30...200, samples: samples)
      }
      #expect(compared >= 2)
    }
  }

  @Test(arguments: Overflow.allCases)
  func `stepwise accumulators equal the definition`(_ overflow: Overflow) throws {
    for (index, rounding) in Rounding.allCases.enumerated() {
      for width in [7, 16, 24, 40] {
        let type = FixedPointType(
          width: width,
          integerBits: width - 10 + index,
          rounding: rounding,
          overflow: overflow
        )
        try compare(Case(inputBits: 16, weightBits: 12), seed: UInt64(index), accumulator: type)
        try compare(Case(inputBits: 7, weightBits: 30), seed: UInt64(index), accumulator: type)
      }
    }
  }

  /// - Returns: whether the layer can be computed in 120 bits.
  @discardableResult
  private func compare(
    _ bits: Case,
    seed: UInt64,
    accumulator: FixedPointType?,
    inputs: ClosedRange<Int> = 1...24,
    samples: Int = 9
  ) throws -> Bool {
    var random = RandomFixedPointGraph(seed: seed)
    let positions = random.int(1...2)
    let inputSize = random.int(inputs)
    let outputSize = random.int(1...9)
    let limit = Int64(1) << (bits.weightBits - 1)
    let dense = DenseOperation(
      inputSize: inputSize,
      outputSize: outputSize,
      weights: (0..<inputSize * outputSize).map { _ in
        random.int(0...2) == 0 ? 0 : Int64.random(in: -limit..<limit, using: &random.generator)
      },
      weightFractionBits: random.int(0...12),
      bias: ConstantVector(
        raw: (0..<outputSize).map { _ in Int64.random(in: -limit..<limit, using: &random.generator) },
        fractionBits: random.int(0...14)
      ),
      accumulation: accumulator.map { .stepwise($0, order: .resource(reuseFactor: random.int(1...5))) } ?? .exact
    )
    var graph = FixedPointGraph(name: "dense")
    let origin = Origin(file: "test")
    let types = random.types(positions * inputSize, width: bits.inputBits)
    let inputs = graph.append(
      .input,
      named: "x",
      kind: "Input",
      inputs: [],
      shape: positions > 1 ? [positions, inputSize] : [inputSize],
      types: types,
      origin: origin
    )
    let sums = graph.append(
      positions > 1 ? .map(.rows(dense, of: types)) : .dense(dense),
      named: "sums",
      kind: "Dense",
      inputs: [inputs],
      shape: [positions * outputSize],
      types: random.types(positions * outputSize, width: bits.inputBits + 4),
      origin: origin
    )
    let rectified = graph.append(
      .rectifier(.relu),
      named: "relu",
      kind: "ReLU",
      inputs: [sums],
      shape: [positions * outputSize],
      types: random.types(positions * outputSize, width: bits.inputBits),
      origin: origin
    )
    graph.outputs = [rectified, sums]
    guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { return false }
    let numbers = (0..<samples).flatMap { _ in random.inputs(for: graph) }
    try expectDefinition(graph, inputs: numbers, samples: samples, "\(bits.testDescription), seed \(seed)")
    return true
  }
}

extension RandomFixedPointGraph {
  /// Types of about one width: all the same, or one each.
  fileprivate mutating func types(_ count: Int, width: Int) -> ElementTypes {
    if Bool.random(using: &generator) {
      return ElementTypes(uniform: type(widths: width...width), count: count)
    }
    return ElementTypes(each: (0..<count).map { _ in type(widths: max(0, width - 3)...width) })
  }
}
