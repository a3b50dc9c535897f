import Diagnostics
import FixedPointIR
import Glibc
import ModelIR
import Quantization
import Testing

@testable import KerasFrontend

/// Layers of HGQ between others, and files that do not fit them.
@Suite struct HGQLayerTests {
  private var dense: MadeUpWeights {
    var weights = MadeUpWeights()
    weights.arrays["d"] = [.floats([2, 2], [1, 2, 3, 4]), .floats([2], [0.5, -0.5])]
    return weights
  }

  private let plain = #""units":2,"use_bias":true,"enable_iq":false"#

  private func error(_ options: String, _ weights: MadeUpWeights, className: String = "QDense") -> Diagnostic? {
    diagnostic {
      try HGQModel.graph(shape: "[null,2]", layers: [HGQModel.layer(className, "d", options)], weights: weights)
    }
  }

  /// What the training keeps for itself lies behind the weights, or is left out.
  @Test func bookkeepingMayBeThere() throws {
    var weights = dense
    for _ in 0..<2 {
      let layer = HGQModel.layer("QDense", "d", plain + #","activation":"relu","enable_ebops":true"#)
      let graph = try HGQModel.graph(shape: "[null,2]", layers: [layer], weights: weights)
      #expect(graph.nodes.map(\.name) == ["x", "d", "d_relu"])
      #expect(ReferenceEvaluator(graph).evaluate([1, -1], samples: 1).outputs == [0, 0])
      #expect(ReferenceEvaluator(graph).evaluate([1, 0], samples: 1).outputs == [1.5, 1.5])
      weights.arrays["d"]?.append(contentsOf: [.floats([], [1e-6]), .integers([], [300])])
    }
  }

  @Test func layersWithoutNumbersMayStandBetween() throws {
    var weights = dense
    weights.arrays["e"] = [.floats([4, 1], [1, 1, 1, 1])]
    let graph = try HGQModel.graph(
      shape: "[null,2,2]",
      layers: [
        HGQModel.layer("QDense", "d", plain), HGQModel.layer("Dropout", "o", package: nil, #""rate":0.5"#),
        HGQModel.layer("Flatten", "f", package: nil, ""), HGQModel.layer("ReLU", "r", package: nil, ""),
        HGQModel.layer("QDense", "e", #""units":1,"use_bias":false,"enable_iq":false"#),
      ],
      weights: weights
    )
    #expect(ReferenceEvaluator(graph).evaluate([1, 0, 0, 1], samples: 1).outputs == [1.5 + 1.5 + 3.5 + 3.5])
  }

  /// Epsilon is 1e-7 and the bias is centred after the scaling, whatever the file says.
  @Test func foldsTheNormalisationOfAnEinsum() throws {
    var weights = MadeUpWeights()
    weights.arrays["d"] = [
      .floats([2, 1], [1, 3]), .floats([1], [0.25]), .floats([1], [2]), .floats([1], [0.5]), .floats([1], [4]),
    ]
    let options = #""equation":"bc,cC->bC","bias_axes":"C","enable_iq":false,"epsilon":0.1"#
    let layer = HGQModel.layer("QEinsumDenseBatchnorm", "d", options)
    let graph = try HGQModel.graph(shape: "[null,2]", layers: [layer], weights: weights)
    let scale = Float(2) / (Float(4) + Float(1e-7)).squareRoot()
    guard case .dense(let dense)? = graph.nodes.last?.operation else {
      Issue.record("no dense layer")
      return
    }
    #expect(dense.kernel.values == [Double(scale), Double(3 * scale)])
    #expect(dense.bias?.values == [Double(Float(0.25) + -Float(0.5) * scale)])
  }

  @Test func refusesFilesThatDoNotFit() {
    #expect(error(#""use_bias":true"#, dense)?.code == "keras-option")
    #expect(error(#""units":3,"enable_iq":false"#, dense)?.code == "weight-shape")
    #expect(error(#""units":2,"use_bias":false,"enable_iq":false"#, dense)?.code == "unexpected-weights")
    #expect(error(#""units":2"#, dense)?.code == "keras-option")
    #expect(error(plain + #","enable_oq":true"#, dense)?.code == "keras-option")
    #expect(error(plain + #","activation":"gaussian""#, dense)?.code == "unsupported-activation")
    #expect(error(plain + #","dtype":"int8""#, dense)?.code == "unsupported-option")
    #expect(error(#""axes":[0],"enable_iq":false"#, MadeUpWeights(), className: "QSum")?.code == "unsupported-option")
    #expect(
      error(#""axes":[1],"scale":0.3,"enable_iq":false"#, MadeUpWeights(), className: "QSum")?.code
        == "unsupported-option"
    )
    #expect(error("", MadeUpWeights(), className: "QLSTM")?.code == "unsupported-layer")
    var broken = dense
    broken.arrays["d"]?[0].values[2] = .infinity
    #expect(error(plain, broken)?.code == "non-finite-weight")
  }

  @Test func refusesPlainWeightsAmongQuantizedOnes() {
    let error = diagnostic {
      try HGQModel.graph(
        shape: "[null,2]",
        layers: [
          HGQModel.layer("QDense", "d", plain), HGQModel.layer("Dense", "p", package: nil, #""units":1"#),
        ],
        weights: dense
      )
    }
    #expect(error?.code == "unquantised-weights")
    #expect(error?.message.contains("'p'") ?? false)
  }
}

/// Layers of two inputs, and functions.
@Suite struct HGQJoinTests {
  private func evaluate(
    _ className: String,
    _ options: String,
    _ shapes: [[Int]],
    _ inputs: [Double]
  ) throws -> (shape: [Int], values: [Double]) {
    let graph = try HGQModel.join(shapes, HGQModel.layer(className, "j", options + #","enable_iq":false"#))
    return (graph[graph.outputs[0]].shape, ReferenceEvaluator(graph).evaluate(inputs, samples: 1).outputs)
  }

  @Test func multipliesAlongAxes() throws {
    let vectors = try evaluate("QDot", #""axes":1"#, [[3], [3]], [1, 2, 3, 4, 5, 6])
    #expect(vectors.shape == [1] && vectors.values == [32])
    let matrices = try evaluate("QDot", #""axes":[2,1]"#, [[2, 2], [2, 1]], [1, 2, 3, 4, 5, 6])
    #expect(matrices.shape == [2, 1] && matrices.values == [17, 39])
    let first = try evaluate("QDot", #""axes":[1,1]"#, [[2, 2], [2, 1]], [1, 2, 3, 4, 5, 6])
    #expect(first.shape == [2, 1] && first.values == [23, 34])
    let outer = try evaluate("QEinsum", #""equation":"bi,bj->bji""#, [[2], [3]], [1, 2, 3, 4, 5])
    #expect(outer.shape == [3, 2] && outer.values == [3, 6, 4, 8, 5, 10])
  }

  @Test func repeatsShorterOperands() throws {
    let sum = try evaluate("QAdd", #""x":0"#, [[2, 1], [1, 3]], [10, 20, 1, 2, 3])
    #expect(sum.shape == [2, 3] && sum.values == [11, 12, 13, 21, 22, 23])
    let mean = try evaluate("QAveragePow2", #""x":0"#, [[1], [1], [1]], [1, 2, 5])
    #expect(mean.values == [2])
    #expect(diagnostic { try evaluate("QAdd", #""x":0"#, [[2], [3]], [1, 2, 3, 4, 5]) }?.code == "shape-mismatch")
    #expect(diagnostic { try evaluate("QSubtract", #""x":0"#, [[1], [1], [1]], [1, 2, 3]) }?.code == "bad-arity")
  }

  /// One table of the whole: the scaled argument is no number of its own.
  @Test func readsScaledFunctions() throws {
    var weights = MadeUpWeights()
    weights.arrays["t"] = [.floats([], [0.3]), .floats([1], [-0.1])]
    weights.set("t/iq/quantizer", k: .integers([1, 1], [1]), i: .floats([1, 1], [2]), f: .floats([1, 1], [2]))
    weights.set("t/oq/quantizer", k: .integers([1, 1], [1]), i: .floats([1, 1], [0]), f: .floats([1, 1], [5]))
    let options =
      #""activation":"tanh","enable_iq":true,"enable_oq":true,"iq_conf":\#(HGQModel.quantizer()),"#
      + #""oq_conf":\#(HGQModel.quantizer())"#
    let layer = HGQModel.layer("QAffinedUnaryFunctionLUT", "t", options)
    let model = try HGQModel.graph(shape: "[null,1]", layers: [layer], weights: weights)
    let graph = try TrainedQuantizer.quantize(model, log: DiagnosticLog())
    #expect(graph.nodes.map(\.name) == ["x", "t_tanh"])
    for raw in -16..<16 {
      let x = Double(raw) / 4
      let argument = Float(x) * Float(0.3) + Float(-0.1)
      let expected = (tanh(Double(argument)) * 32 + 0.5).rounded(.down) / 32
      #expect(FixedPointEvaluator(graph).outputs([x]) == [expected])
    }
  }
}
