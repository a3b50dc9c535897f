import Diagnostics
import Glibc
import ModelIR
import Testing
import TreeFrontends

/// Networks of TMVA's method DL, in the form in which its source writes them.
@Suite struct TMVADeepNetworkTests {
  private static func text(
    output: String = "S",
    functions: [Int] = [3, 0],
    second: String = "<DenseLayer",
    rows: Int = 3,
    before: String = ""
  ) -> String {
    let tail = second.dropFirst()
    return before + """
      <?xml version="1.0"?>
      <MethodSetup Method="DL::DNN_CPU">
        <GeneralInfo><Info name="AnalysisType" value="Classification"/></GeneralInfo>
        <Options><Option name="Layout" modified="Yes">DENSE|3|TANH,DENSE|1|LINEAR</Option></Options>
        <Variables NVar="2"><Variable VarIndex="0" Expression="a"/><Variable VarIndex="1" Expression="b"/></Variables>
        <Transformations NTransformations="0"/>
        <Weights NetDepth="2" InputDepth="1" InputHeight="1" InputWidth="2" LossFunction="C" Initialization="X"
            Regularization="0" OutputFunction="\(output)" WeightDecay="0">
          <DenseLayer Width="3" ActivationFunction="\(functions[0])">
            <Weights Rows="\(rows)" Columns="2">1 2 3.0e-01 -4 0.5 0.25 </Weights>
            <Biases Rows="3" Columns="1">0.1 -0.2 0.3 </Biases>
          </DenseLayer>
          \(second) Width="1" ActivationFunction="\(functions[1])">
            <Weights Rows="1" Columns="3">0.5 -1 0.75</Weights>
            <Biases Rows="1" Columns="1">0.25</Biases>
          </\(tail)>
        </Weights>
      </MethodSetup>
      """
  }

  private func load(_ text: String) throws -> ModelGraph {
    try TMVAFrontend.load(Array(text.utf8), file: "dl.weights.xml", output: .margin)
  }

  private func sum(_ a: Double, _ b: Double, _ function: (Double) -> Double) -> Double {
    let hidden = [a + 2 * b + 0.1, 0.3 * a - 4 * b - 0.2, 0.5 * a + 0.25 * b + 0.3].map(function)
    return 0.5 * hidden[0] - hidden[1] + 0.75 * hidden[2] + 0.25
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 3), (5, 5), (7, 3), (0, 0)])
  func `layers and functions`(_ number: Int, _ meaning: Int) throws {
    let functions: [(Double) -> Double] = [
      { $0 }, { max($0, 0) }, { 1 / (1 + exp(-$0)) }, { tanh($0) }, { $0 }, { $0 / (1 + abs($0)) },
    ]
    let graph = try load(Self.text(functions: [number, 0]))
    let found = ReferenceEvaluator(graph).evaluate([0.5, -0.25], samples: 1).outputs
    let expected = 1 / (1 + exp(-sum(0.5, -0.25, functions[meaning])))
    #expect(abs(found[0] - expected) < 1e-12)
  }

  @Test func `files that begin with white space`() throws {
    let graph = try load(Self.text(output: "I", before: "\n  \n"))
    let found = ReferenceEvaluator(graph).evaluate([1, 1], samples: 1).outputs
    #expect(abs(found[0] - sum(1, 1, tanh)) < 1e-12)
  }

  @Test func `what is refused says why`() throws {
    func refusal(_ text: String) -> Diagnostic? {
      do {
        _ = try load(text)
        return nil
      } catch { return error as? Diagnostic }
    }
    #expect(refusal(Self.text(second: "<ConvLayer"))?.message.description.contains("ConvLayer") ?? false)
    #expect(refusal(Self.text(functions: [6, 0]))?.message.description.contains("GAUSS") ?? false)
    #expect(refusal(Self.text(rows: 4)) != nil)
    #expect(refusal(Self.text(output: "Q")) != nil)
  }
}
