import Diagnostics
import Glibc
import ModelIR
import Testing
import TreeFrontends

/// TMVA's neural networks: layers with a bias neuron, normalised variables, and what follows the last layer.
@Suite struct TMVAPerceptronTests {
  private struct File {
    var analysis = "Classification"
    var neuron = "tanh"
    var estimator = "CE"
    var sum = "sum"
    var ranges: [(Double, Double)] = [(0, 4), (-1, 1)]
    var transform = "Normalize"
    var outputs = 1

    var text: String {
      let ranges = ranges.enumerated().map { #"<Range Index="\#($0)" Min="\#($1.0)" Max="\#($1.1)"/>"# }.joined()
      let wrong = #"<Range Index="0" Min="7" Max="8"/><Range Index="1" Min="7" Max="8"/>"#
      let variables = #"Type="Variable" Label="a" Expression="a"/><Input Type="Variable" Label="b" Expression="b"/>"#
      let transformations =
        ranges.isEmpty
        ? #"<Transformations NTransformations="0"/>"#
        : """
        <Transformations NTransformations="1"><Transform Name="\(transform)">
          <Selection><Input NInputs="2"><Input \(variables)</Input></Selection>
          <Class ClassIndex="0"><Ranges>\(wrong)</Ranges></Class>
          <Class ClassIndex="2"><Ranges>\(ranges)</Ranges></Class>
        </Transform></Transformations>
        """
      let last = (0..<outputs).map { _ in #"<Neuron NSynapses="0"></Neuron>"# }.joined()
      let weights = ["0.5", "-1", "0.25"].map { first in
        #"<Neuron NSynapses="\#(outputs)">\#n \#(([first] + (1..<outputs).map { "\($0)" }).joined(separator: " ")) </Neuron>"#
      }
      return """
        <?xml version="1.0"?>
        <MethodSetup Method="MLP::MLPBNN">
          <GeneralInfo><Info name="AnalysisType" value="\(analysis)"/></GeneralInfo>
          <Options>
            <Option name="NeuronType" modified="Yes">\(neuron)</Option>
            <Option name="NeuronInputType" modified="No">\(sum)</Option>
            <Option name="EstimatorType" modified="Yes">\(estimator)</Option>
          </Options>
          <Variables NVar="2"><Variable VarIndex="0" Expression="a"/><Variable VarIndex="1" Expression="b"/></Variables>
          \(transformations)
          <Weights><Layout NLayers="3">
            <Layer Index="0" NNeurons="3">
              <Neuron NSynapses="2">1 2</Neuron><Neuron NSynapses="2">3.0e-1 -4</Neuron><Neuron NSynapses="2">0.1 -0.2</Neuron>
            </Layer>
            <Layer Index="1" NNeurons="3">\(weights.joined())</Layer>
            <Layer Index="2" NNeurons="\(outputs)">\(last)</Layer>
          </Layout></Weights>
        </MethodSetup>
        """
    }
  }

  private func load(_ file: File) throws -> ModelGraph {
    try TMVAFrontend.load(Array(file.text.utf8), file: "mlp.weights.xml", output: .margin)
  }

  private func outputs(_ file: File, _ inputs: [Double]) throws -> [Double] {
    ReferenceEvaluator(try load(file)).evaluate(inputs, samples: 1, keeping: .outputs).outputs
  }

  /// What comes out of the hidden layer, and the first sum of the last, for variables that are normalised.
  private func sum(_ a: Double, _ b: Double, _ function: (Double) -> Double) -> Double {
    let hidden = [function(a + 0.3 * b + 0.1), function(2 * a - 4 * b - 0.2)]
    return 0.5 * hidden[0] - hidden[1] + 0.25
  }

  @Test func `classifications end with a sigmoid where they estimate probabilities`() throws {
    let expected = 1 / (1 + exp(-sum(0.5, -0.5, tanh)))
    let result = try outputs(File(), [3, -0.5])
    #expect(abs(result[0] - expected) < 1e-12)
    let linear = try outputs(File(estimator: "MSE", ranges: []), [0.5, -0.5])
    #expect(abs(linear[0] - sum(0.5, -0.5, tanh)) < 1e-12)
  }

  @Test func `neurons compute what they are called`() throws {
    let functions: [(String, (Double) -> Double)] = [
      ("linear", { $0 }), ("sigmoid", { 1 / (1 + exp(-$0)) }), ("ReLU", { max($0, 0) }),
    ]
    for (name, function) in functions {
      let result = try outputs(File(neuron: name, estimator: "MSE"), [1, 0.5])
      #expect(abs(result[0] - sum(-0.5, 0.5, function)) < 1e-12, "\(name)")
    }
  }

  @Test func `targets of a regression return to their ranges`() throws {
    let file = File(analysis: "Regression", estimator: "MSE", ranges: [(0, 4), (-1, 1), (10, 30)])
    let result = try outputs(file, [3, -0.5])
    #expect(abs(result[0] - (20 + 10 * sum(0.5, -0.5, tanh))) < 1e-10)
  }

  @Test func `classes share one`() throws {
    let result = try outputs(File(analysis: "Multiclass", estimator: "MSE", outputs: 3), [3, -0.5])
    #expect(result.count == 3 && abs(result.reduce(0, +) - 1) < 1e-12)
    let hidden = [tanh(0.5 - 0.15 + 0.1), tanh(1 + 2 - 0.2)]
    // The other sums have the weights 1 and 2 for both neurons and the bias.
    #expect(abs(log(result[2] / result[1]) - (hidden[0] + hidden[1] + 1)) < 1e-10)
  }

  @Test func `what is not understood is refused by name`() throws {
    let cases: [(File, String, String)] = [
      (File(neuron: "radial"), "unsupported-method", "radial"),
      (File(sum: "sqsum"), "unsupported-method", "sqsum"),
      (File(transform: "Gauss"), "unsupported-method", "Gauss"),
      (File(ranges: [(0, 4)]), "bad-tree-file", "1 ranges"),
      (File(ranges: [(0, 4), (1, 1)]), "bad-tree-file", "range 1"),
      (File(outputs: 2), "bad-tree-file", "2 outputs"),
    ]
    for (file, code, words) in cases {
      let refusal = try #require(throws: Diagnostic.self) { _ = try load(file) }
      #expect(refusal.code == code && refusal.message.contains(words), "\(refusal.rendered())")
      #expect(refusal.origin?.place?.contains("line") ?? false)
    }
  }

  /// Every word of the file, left out or made another, is read or refused.
  @Test func `damage is refused`() throws {
    let words = File().text.split(separator: " ", omittingEmptySubsequences: false)
    for index in words.indices {
      for other in ["", "-1", "1e999", "NNeurons=\"9999999999999\""] {
        var damaged = words
        damaged[index] = other[...]
        let bytes = Array(damaged.joined(separator: " ").utf8)
        do { _ = try TMVAFrontend.load(bytes, file: "x", output: .margin) } catch is Diagnostic {}
      }
    }
  }
}
