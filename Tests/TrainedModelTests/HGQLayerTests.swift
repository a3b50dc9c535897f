import Diagnostics
import ModelIR
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
    #expect(error(plain + #","activation":"swish""#, dense)?.code == "unsupported-activation")
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

  @Test func refusesPlainWeightsAmongQuantisedOnes() {
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
