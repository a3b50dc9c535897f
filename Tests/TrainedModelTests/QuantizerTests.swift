import Diagnostics
import FixedPoint
import ModelIR
import Testing

@testable import KerasFrontend

/// Quantisers as they are stored and as they act.
@Suite struct QuantizerTests {
  /// A model that is one Quantizer layer over `[1, shape…]`.
  private func types(
    _ configuration: String,
    _ set: (inout MadeUpWeights) -> Void,
    shape: String = "[null,2]"
  ) throws -> TensorQuantizer? {
    var weights = MadeUpWeights()
    set(&weights)
    let graph = try HGQModel.graph(
      shape: shape,
      layers: [HGQModel.layer("Quantizer", "q", #""config":\#(configuration)"#)],
      weights: weights
    )
    for node in graph.nodes { if case .quantize(let quantizer) = node.operation { return quantizer } }
    return nil
  }

  private func kif(_ k: [Double], _ i: [Double], _ f: [Double]) -> (inout MadeUpWeights) -> Void {
    { weights in
      weights.set(
        "q/quantizer",
        k: .integers([1, k.count], k),
        i: .floats([1, i.count], i),
        f: .floats([1, f.count], f)
      )
    }
  }

  @Test func readsTypesByElement() throws {
    let found = try types(HGQModel.quantizer(), kif([1, 0], [2, -1], [3, 4]))
    #expect(found?[0] == FixedPointType(width: 6, integerBits: 3, rounding: .roundHalfUp))
    #expect(found?[1] == FixedPointType(width: 3, integerBits: -1, isSigned: false, rounding: .roundHalfUp))
  }

  @Test func broadcastsWidthsThatElementsShare() throws {
    let found = try types(HGQModel.quantizer(), kif([1], [2], [3, 5]))
    #expect(found?.types.map(\.width) == [6, 8])
    let one = try types(HGQModel.quantizer(), kif([1], [2], [3]))
    #expect(one?.types.count == 1)
    let perPosition = try types(
      HGQModel.quantizer(),
      {
        $0.set(
          "q/quantizer",
          k: .integers([1, 1, 1], [0]),
          i: .floats([1, 2, 1], [1, 2]),
          f: .floats([1, 1, 3], [0, 1, 2])
        )
      },
      shape: "[null,2,3]"
    )
    #expect(perPosition?.types.map(\.width) == [1, 2, 3, 2, 3, 4])
  }

  /// Stored widths are real numbers, rounded half to even; a width of nothing is the number zero.
  @Test func roundsWidthsAndKnowsDeadElements() throws {
    let found = try types(HGQModel.quantizer(), kif([1, 1], [2.5, -1e9], [3.5, 4]))
    #expect(found?[0] == FixedPointType(width: 7, integerBits: 3, rounding: .roundHalfUp))
    #expect(found?[1].width == 0)
    let negative = try types(HGQModel.quantizer(), kif([1, 0], [-3, 5], [2, -4]))
    #expect(negative?[0].width == 0)
    #expect(negative?[1] == FixedPointType(width: 1, integerBits: 5, isSigned: false, rounding: .roundHalfUp))
  }

  /// The order of the variables depends on who trains the integer bits.
  @Test func readsSaturatingAndWidthBasedQuantizers() throws {
    let saturating = try types(HGQModel.quantizer("sat_sym", rounding: "S_RND_CONV")) {
      $0.arrays["q/quantizer"] = [.floats([1, 1], [3]), .floats([1, 1], [4]), .integers([1, 1], [1])]
    }
    #expect(
      saturating?[0]
        == FixedPointType(width: 8, integerBits: 4, rounding: .roundHalfToEven, overflow: .saturateSymmetric)
    )
    let widths = try types(HGQModel.quantizer("SAT", type: "kbi")) {
      $0.arrays["q/quantizer"] = [.floats([1, 1], [5]), .floats([1, 1], [2]), .integers([1, 1], [1])]
    }
    #expect(widths?[0].width == 6 && widths?[0].fractionBits == 3)
    let wrapping = try types(HGQModel.quantizer("WRAP", type: "kbi")) {
      $0.arrays["q/quantizer"] = [
        .floats([1, 1], [0]), .integers([1, 1], [1]), .floats([1, 1], [2]), .floats([], [.infinity]),
      ]
    }
    // One bit, the sign: -4 or 0.
    #expect(wrapping?[0] == FixedPointType(width: 1, integerBits: 3, rounding: .roundHalfUp))
    #expect(wrapping?.value(of: -4, element: 0) == -4)
    #expect(wrapping?.value(of: 4, element: 0) == -4)
  }

  @Test func scalesInSinglePrecision() throws {
    let more = #""scaler":0.7,"affine":[0.5,-0.25]"#
    let found = try types(HGQModel.quantizer("SAT", more: more)) {
      $0.arrays["q/quantizer"] = [.floats([1, 1], [1]), .floats([1, 1], [2]), .integers([1, 1], [1])]
    }
    #expect(found?.scaling == QuantizerScaling(scaler: 0.7, factor: 0.5, offset: -0.25))
    // 0.9 / 0.7 = 1.2857 becomes 1.25.
    #expect(found?.value(of: 0.9, element: 0) == Double(Float(1.25) * Float(0.7) * 0.5 - 0.25))
  }

  /// A wrapping quantiser of trained weights rounds only, unless it is width-based and does not round half up.
  @Test(arguments: [("kif", "TRN", true), ("kbi", "RND", true), ("kbi", "S_RND", false), ("kbi", "TRN", false)])
  func wrappingWeightsOnlyRound(type: String, rounding: String, roundsOnly: Bool) throws {
    var weights = MadeUpWeights()
    weights.arrays["d"] = [.floats([1, 2], [5.25, 0.75])]
    let last: Double = type == "kif" ? 1 : 2
    weights.arrays["d/kq/quantizer"] = [
      .floats([1, 2], [last, last - 4]), .integers([1, 2], [1, 1]), .floats([1, 2], [1, 1]), .floats([], [.infinity]),
    ]
    let quantizer = HGQModel.quantizer(rounding: rounding, type: type, isWeight: true)
    let options = #""units":2,"use_bias":false,"enable_iq":false,"kq_conf":\#(quantizer)"#
    let graph = try HGQModel.graph(
      shape: "[null,1]",
      layers: [HGQModel.layer("QDense", "d", options)],
      weights: weights
    )
    guard case .dense(let layer)? = graph.nodes.last?.operation else {
      Issue.record("no dense layer")
      return
    }
    let isHalfUp = rounding != "TRN"
    // 5.25 on halves, then on eighths of nothing: a step of 8, or of 16 where the width is 2 bits less.
    let first = isHalfUp ? 5.5 : 5.0
    #expect(layer.kernel.values[0] == (roundsOnly ? first : first - 4))
    #expect(layer.kernel.values[1] == 0)
  }

  @Test(arguments: [
    (HGQModel.quantizer("WRAP_SM"), "WRAP_SM"), (HGQModel.quantizer("SAT_ZERO"), "SAT_ZERO"),
    (HGQModel.quantizer(rounding: "STOCHASTIC"), "STOCHASTIC"), (HGQModel.quantizer(type: "float"), "float"),
    (HGQModel.quantizer(more: #""bw_mapper":{"class_name":"X"}"#), "bw_mapper"),
    (HGQModel.quantizer(more: #""scaler":0"#), "scaled"), (HGQModel.quantizer(more: #""scaler":"a""#), "scaler"),
    (HGQModel.quantizer(more: #""affine":[1]"#), "affine"),
    (#"{"class_name":"Other","config":{}}"#, "Other"), ("3", "no quantiser"),
  ])
  func refusesWhatItCannotCompute(configuration: String, word: String) {
    let error = diagnostic { try types(configuration, kif([1], [2], [3])) }
    #expect(error?.code == "unsupported-quantizer")
    #expect(error?.message.contains(word) ?? false)
    #expect(error?.message.contains("'q'") ?? false)
  }

  @Test func refusesVariablesOfOtherQuantizers() {
    // Those of a saturating one, one too many, and a sign that is none.
    let saturating = diagnostic {
      try types(HGQModel.quantizer()) {
        $0.arrays["q/quantizer"] = [
          .floats([1, 1], [3]), .floats([1, 1], [4]), .integers([1, 1], [1]), .floats([], [0]),
        ]
      }
    }
    #expect(saturating?.code == "unexpected-weights")
    #expect(
      diagnostic { try types(HGQModel.quantizer()) { $0.arrays["q/quantizer"] = [] } }?.code == "unexpected-weights"
    )
    #expect(diagnostic { try types(HGQModel.quantizer(), kif([2], [2], [3])) }?.code == "unexpected-weights")
    #expect(diagnostic { try types(HGQModel.quantizer(), kif([1], [2], [.nan])) }?.code == "non-finite-weight")
    #expect(diagnostic { try types(HGQModel.quantizer(), kif([1], [2], [1, 2, 3])) }?.code == "weight-shape")
    #expect(diagnostic { try types(HGQModel.quantizer(), kif([1], [200], [3])) }?.code == "too-wide")
    #expect(diagnostic { try types(HGQModel.quantizer(), kif([1], [-1e9], [1e9 + 64])) }?.code == "too-wide")
  }
}
