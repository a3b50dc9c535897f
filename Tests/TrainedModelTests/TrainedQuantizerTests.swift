import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import ModelIR
import Quantization
import TestSupport
import Testing

/// Models that bring their types, against their own evaluation in double precision, which is exact for few bits.
@Suite struct TrainedQuantizerTests {
  private let origin = Origin(file: "test")

  private func quantizer(_ count: Int, using generator: inout SeededGenerator, dead: Bool = true) -> TensorQuantizer {
    TensorQuantizer(
      types: (0..<count).map { _ in
        let width = Int.random(in: (dead ? 0 : 1)...7, using: &generator)
        return FixedPointType(
          width: width,
          integerBits: Int.random(in: -1...5, using: &generator),
          isSigned: Bool.random(using: &generator),
          rounding: Rounding.allCases.randomElement(using: &generator) ?? .truncate,
          overflow: [.wrap, .saturate, .saturateSymmetric].randomElement(using: &generator) ?? .wrap
        )
      }
    )
  }

  private func dense(_ n: Int, _ m: Int, using generator: inout SeededGenerator) -> ModelOperator {
    func values(_ count: Int) -> [Double] {
      (0..<count).map { _ in
        Bool.random(using: &generator) ? 0 : Double(Int.random(in: -40...40, using: &generator)) / 8
      }
    }
    return .dense(
      DenseLayer(
        kernel: ParameterTensor(shape: [n, m], values: values(n * m)),
        bias: ParameterTensor(shape: [m], values: values(m))
      )
    )
  }

  /// Quantise, multiply, rectify, move, join, and again.
  private func model(_ generator: inout SeededGenerator) -> ModelGraph {
    var graph = ModelGraph(name: "m", source: .keras)
    func add(_ operation: ModelOperator, _ name: String, _ inputs: [TensorID], _ shape: [Int]) -> TensorID {
      graph.append(operation, named: name, inputs: inputs, shape: shape, origin: origin)
    }
    let x = add(.input, "x", [], [6])
    let q = add(.quantize(quantizer(6, using: &generator)), "q", [x], [6])
    let rows = add(.reshape, "rows", [q], [2, 3])
    let d = add(dense(3, 4, using: &generator), "d", [rows], [2, 4])
    let r = add(.activation(.relu(ReLUParameters())), "r", [d], [2, 4])
    // Two readers with types of their own, one of them behind a move.
    let a = add(.quantize(quantizer(8, using: &generator)), "a", [r], [2, 4])
    let turned = add(.gather(sources: [0, 4, 1, 5, 2, 6, 3, 7]), "turned", [r], [4, 2])
    let b = add(.quantize(quantizer(8, using: &generator)), "b", [turned], [4, 2])
    let flatA = add(.reshape, "flatA", [a], [8])
    let flatB = add(.reshape, "flatB", [b], [8])
    let kind = MergeKind.allCases.randomElement(using: &generator) ?? .add
    let sum = add(.merge(kind), "sum", [flatA, flatB], [8])
    let s = add(.quantize(quantizer(8, using: &generator)), "s", [sum], [8])
    let e = add(dense(8, 3, using: &generator), "e", [s], [3])
    let scale = ParameterTensor(shape: [3], values: [0.5, -3, 0])
    let scaled = add(
      .affine(AffineLayer(scale: scale, bias: ParameterTensor(shape: [1], values: [0.125]))),
      "f",
      [e],
      [3]
    )
    let joined = add(.concatenate(axis: 0), "joined", [scaled, e], [6])
    graph.outputs = [joined, s]
    return graph
  }

  @Test(arguments: 0..<40) func computesWhatTheModelComputes(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let model = model(&generator)
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    let fixed = FixedPointEvaluator(graph)
    let reference = ReferenceEvaluator(model)
    for _ in 0..<20 {
      let x = (0..<6).map { _ in Double(Float(Double.random(in: -40...40, using: &generator))) }
      #expect(fixed.outputs(x) == reference.evaluate(x, samples: 1).outputs)
    }
  }

  /// What all readers of a tensor want is made at once: no requantisation is left between the layers.
  @Test func quantizesWhereAValueIsMade() throws {
    var generator = SeededGenerator(seed: 3)
    var model = ModelGraph(name: "m", source: .keras)
    let x = model.append(.input, named: "x", inputs: [], shape: [3], origin: origin)
    let q = model.append(
      .quantize(quantizer(3, using: &generator)),
      named: "q",
      inputs: [x],
      shape: [3],
      origin: origin
    )
    let d = model.append(dense(3, 2, using: &generator), named: "d", inputs: [q], shape: [2], origin: origin)
    let types = quantizer(2, using: &generator, dead: false)
    let p = model.append(.quantize(types), named: "p", inputs: [d], shape: [2], origin: origin)
    let e = model.append(dense(2, 2, using: &generator), named: "e", inputs: [p], shape: [2], origin: origin)
    model.outputs = [e]
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    #expect(graph.nodes.map(\.name) == ["x", "d", "e"])
    #expect(graph.tensors[1].types.all == types.types)
  }

  /// A port that serves several quantisers gives each what it would make of the number itself.
  @Test(arguments: 0..<30) func portsServeSeveralQuantizers(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let overflows: [Overflow] = Bool.random(using: &generator) ? [.wrap] : [.saturate, .saturateSymmetric]
    func quantizers() -> TensorQuantizer {
      var result = quantizer(4, using: &generator)
      for i in result.types.indices {
        result.types[i].rounding = Bool.random(using: &generator) ? .truncate : .roundHalfUp
        result.types[i].overflow = overflows.randomElement(using: &generator) ?? .wrap
      }
      return result
    }
    var model = ModelGraph(name: "m", source: .keras)
    let x = model.append(.input, named: "x", inputs: [], shape: [4], origin: origin)
    model.outputs = (0..<3).map { i in
      model.append(.quantize(quantizers()), named: "q\(i)", inputs: [x], shape: [4], origin: origin)
    }
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    let fixed = FixedPointEvaluator(graph)
    let reference = ReferenceEvaluator(model)
    for index in 0..<200 {
      // Every other event stands on a fine grid, where ties are common.
      let x = (0..<4).map { _ in
        index.isMultiple(of: 2)
          ? Double(Int.random(in: -2000...2000, using: &generator)) / 32
          : Double(Float(Double.random(in: -70...70, using: &generator)))
      }
      #expect(fixed.outputs(x) == reference.evaluate(x, samples: 1).outputs)
    }
  }

  @Test func takesInputsInSinglePrecision() throws {
    var model = ModelGraph(name: "m", source: .keras)
    let x = model.append(.input, named: "x", inputs: [], shape: [1], origin: origin)
    let type = FixedPointType(width: 8, integerBits: 4)
    model.outputs = [
      model.append(.quantize(TensorQuantizer(types: [type])), named: "q", inputs: [x], shape: [1], origin: origin)
    ]
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    // Next below one, which float32 cannot tell from it.
    #expect(FixedPointEvaluator(graph).outputs([Double(1).nextDown]) == [1])
    #expect(graph.description.contains("float32"))
  }

  private func refusal(_ build: (inout ModelGraph, TensorID) -> TensorID) -> Diagnostic? {
    var model = ModelGraph(name: "m", source: .keras)
    let x = model.append(.input, named: "x", inputs: [], shape: [2], origin: origin)
    model.outputs = [build(&model, x)]
    return diagnostic { try TrainedQuantizer.quantize(model, log: DiagnosticLog()) }
  }

  @Test func refusesWhatHasNoExactValue() {
    let type = TensorQuantizer(types: [FixedPointType(width: 8, integerBits: 4)])
    func node(_ model: inout ModelGraph, _ operation: ModelOperator, _ name: String, _ input: TensorID) -> TensorID {
      model.append(operation, named: name, inputs: [input], shape: [2], origin: origin)
    }
    #expect(refusal { node(&$0, .activation(.relu(ReLUParameters())), "r", $1) }?.code == "unquantised-input")
    #expect(refusal { node(&$0, .activation(.linear), "r", $1) }?.code == "unquantised-input")
    let tanh = refusal { model, x in
      let q = node(&model, .quantize(type), "q", x)
      let t = node(&model, .activation(.tanh), "t", q)
      return model.append(.merge(.add), named: "a", inputs: [t, t], shape: [2], origin: origin)
    }
    #expect(tanh?.code == "unquantised-function")
    let wide = refusal { model, x in
      let q = node(&model, .quantize(type), "q", x)
      let scale = ParameterTensor(shape: [2], values: [0x1p40, 0x1p-40])
      return node(&model, .affine(AffineLayer(scale: scale, bias: nil)), "a", q)
    }
    #expect(wide?.code == "too-wide")
    let kinds = refusal { model, x in
      let nearest = TensorQuantizer(types: [FixedPointType(width: 6, integerBits: 4, rounding: .roundHalfToEven)])
      let a = node(&model, .quantize(type), "q", x)
      let b = node(&model, .quantize(nearest), "p", x)
      return model.append(.merge(.add), named: "s", inputs: [a, b], shape: [2], origin: origin)
    }
    #expect(kinds?.code == "unquantised-input")
  }
}
