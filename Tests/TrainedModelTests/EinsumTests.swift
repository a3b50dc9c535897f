import Diagnostics
import ModelIR
import TestSupport
import Testing

@testable import KerasFrontend

/// Einsum layers against the sum that their equation means.
@Suite struct EinsumTests {
  struct Case: Sendable {
    var equation: String
    /// Without batch.
    var input: [Int]
    var kernel: [Int]
    var biasAxes: String?
    var bias: [Int] = []
  }

  @Test(arguments: [
    Case(equation: "bc,cC->bC", input: [3], kernel: [3, 4], biasAxes: "C", bias: [4]),
    Case(equation: "bc,Cc->bC", input: [3], kernel: [4, 3], biasAxes: nil),
    Case(equation: "bnc,cC->bnC", input: [2, 3], kernel: [3, 4], biasAxes: "C", bias: [4]),
    Case(equation: "bnc,cC->bnC", input: [2, 3], kernel: [3, 4], biasAxes: "nC", bias: [2, 4]),
    Case(equation: "bnc,nN->bNc", input: [5, 3], kernel: [5, 2], biasAxes: "N", bias: [2, 1]),
    Case(equation: "bnc,cC->bCn", input: [2, 3], kernel: [3, 4], biasAxes: "Cn", bias: [4, 2]),
    Case(equation: "bnc,ncC->bnC", input: [2, 3], kernel: [2, 3, 4], biasAxes: "nC", bias: [2, 4]),
    Case(equation: "bnc,ncC->bCn", input: [2, 3], kernel: [2, 3, 4], biasAxes: "C", bias: [4, 1]),
    Case(equation: "bnc,ncC->bC", input: [2, 3], kernel: [2, 3, 4], biasAxes: "C", bias: [4]),
    Case(equation: "bc,c->bc", input: [3], kernel: [3], biasAxes: "c", bias: [3]),
    Case(equation: "bnc,cn->bnc", input: [2, 3], kernel: [3, 2], biasAxes: nil),
    Case(equation: "bc,C->bC", input: [3], kernel: [4], biasAxes: "C", bias: [4]),
    Case(equation: "bc,C->bcC", input: [3], kernel: [4], biasAxes: nil),
    Case(equation: "...c,cC->...C", input: [2, 5, 3], kernel: [3, 4], biasAxes: "C", bias: [4]),
    Case(equation: "...c,cC->...C", input: [3], kernel: [3, 4], biasAxes: "C", bias: [4]),
    Case(equation: "bc...,cC->bC...", input: [3, 2], kernel: [3, 4], biasAxes: "C", bias: [4, 1]),
    Case(equation: "bxyc,ycde->bxde", input: [2, 3, 2], kernel: [3, 2, 2, 3], biasAxes: "de", bias: [2, 3]),
    Case(equation: "bc,c->b", input: [3], kernel: [3], biasAxes: nil),
  ])
  func computesTheEquation(test: Case) throws {
    var weights = MadeUpWeights()
    let kernelCount = test.kernel.reduce(1, *)
    let kernel = (0..<kernelCount).map { Double(($0 * 7 + 3) % 11) - 5 }
    let bias = (0..<test.bias.reduce(1, *)).map { Double($0 % 5) - 1.5 }
    weights.arrays["d"] = [.floats(test.kernel, kernel)] + (test.biasAxes == nil ? [] : [.floats(test.bias, bias)])
    let axes = test.biasAxes.map { #""\#($0)""# } ?? "null"
    let options = #""equation":"\#(test.equation)","bias_axes":\#(axes),"enable_iq":false,"activation":"linear""#
    let graph = try HGQModel.graph(
      shape: "[null,\(test.input.map(String.init).joined(separator: ","))]",
      layers: [HGQModel.layer("QEinsumDense", "d", options)],
      weights: weights
    )
    let count = test.input.reduce(1, *)
    let x = (0..<count).map { Double(($0 * 5 + 2) % 7) - 2 }
    let outputs = ReferenceEvaluator(graph).evaluate(x, samples: 1).outputs
    let expected = Self.sum(test, x, kernel, test.biasAxes == nil ? nil : bias)
    #expect(outputs == expected.values)
    #expect(graph[graph.outputs[0]].shape == (expected.shape.isEmpty ? [1] : expected.shape))
  }

  /// The definition, one term after the other.
  private static func sum(
    _ test: Case,
    _ x: [Double],
    _ kernel: [Double],
    _ bias: [Double]?
  ) -> (shape: [Int], values: [Double]) {
    let hidden = test.input.count + 1 - test.equation.prefix { $0 != "," }.count { $0.isLetter }
    let filler = test.equation.contains("...") ? String("πρστ".prefix(hidden)) : ""
    let terms = test.equation.replacing("...", with: filler).replacing("->", with: ",").split(separator: ",")
      .map(Array.init)
    var extents: [Character: Int] = [:]
    for (label, extent) in zip(terms[0], [1] + test.input) { extents[label] = extent }
    for (label, extent) in zip(terms[1], test.kernel) { extents[label] = extent }
    let output = Array(terms[2].dropFirst())
    let all = output + Set(terms[0] + terms[1]).subtracting(terms[2]).sorted()
    func position(_ labels: [Character], _ index: [Character: Int]) -> Int {
      labels.reduce(0) { $0 * (extents[$1] ?? 1) + (index[$1] ?? 0) }
    }
    let shape = output.map { extents[$0] ?? 1 }
    var values = [Double](repeating: 0, count: shape.reduce(1, *))
    if let bias, let sources = TensorLayout.broadcast(test.bias, to: shape) { values = sources.map { bias[$0] } }
    for term in 0..<all.reduce(1, { $0 * (extents[$1] ?? 1) }) {
      var rest = term
      var index: [Character: Int] = [:]
      for label in all.reversed() {
        index[label] = rest % (extents[label] ?? 1)
        rest /= extents[label] ?? 1
      }
      values[position(output, index)] += x[position(terms[0], index)] * kernel[position(terms[1], index)]
    }
    return (shape, values)
  }

  @Test(arguments: [
    "", "bc", "bc,cC", "bc,cC->", "bc,cC->bX", "bcc,cC->bC", "bc,cC,d->bC", "bc,cC->Cb", "b1,1C->bC", "bcd,cC->bC",
    "....c,cC->....C", "bc->bC", "bc,cd->b", "bc,bC->bC",
  ])
  func refusesOtherEquations(equation: String) {
    var weights = MadeUpWeights()
    weights.arrays["d"] = [.floats([3, 4], [Double](repeating: 1, count: 12))]
    let options = #""equation":"\#(equation)","bias_axes":null,"enable_iq":false"#
    let error = diagnostic {
      try HGQModel.graph(shape: "[null,3]", layers: [HGQModel.layer("QEinsumDense", "d", options)], weights: weights)
    }
    #expect(
      ["unsupported-equation", "unsupported-option", "shape-mismatch", "unexpected-weights"].contains(error?.code)
    )
    #expect(error?.message.contains("'d'") ?? false)
  }
}
