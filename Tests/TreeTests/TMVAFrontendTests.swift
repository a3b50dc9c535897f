import Diagnostics
import Glibc
import ModelIR
import Testing
import TreeFrontends

/// TMVA's weight files: nested nodes, cuts in both senses, weights, and how scores follow.
@Suite struct TMVAFrontendTests {
  static func file(
    method: String = "BDT::BDTG",
    analysis: String = "Classification",
    options: [(String, String)] = [("BoostType", "Grad"), ("UseYesNoLeaf", "False")],
    classes: Int = 2,
    transformations: Int = 0,
    treesType: Int = 1,
    announced: Int? = nil,
    trees: [String]
  ) -> String {
    let list = options.map { #"<Option name="\#($0)" modified="Yes">\#($1)</Option>"# }.joined(separator: "\n")
    return """
      <?xml version="1.0"?>
      <MethodSetup Method="\(method)">
        <GeneralInfo>
          <Info name="TMVA Release" value="4.2.1 [262657]"/>
          <Info name="AnalysisType" value="\(analysis)"/>
        </GeneralInfo>
        <Options>
      \(list)
        </Options>
        <Variables NVar="2">
          <Variable VarIndex="0" Expression="a"/>
          <Variable VarIndex="1" Expression="b"/>
        </Variables>
        <Classes NClass="\(classes)"/>
        <Transformations NTransformations="\(transformations)"/>
        <Weights NTrees="\(announced ?? trees.count)" AnalysisType="\(treesType)">
      \(trees.joined(separator: "\n"))
        </Weights>
      </MethodSetup>
      """
  }

  /// Cuts on `a`, then for great numbers on `b`, the other way round.
  static func tree(weight: Double = 1, cut: String = "1.5", variable: Int = 1, coefficients: Int = 0) -> String {
    """
    <BinaryTree type="DecisionTree" boostWeight="\(weight)" itree="0">
      <Node pos="s" depth="0" NCoef="\(coefficients)" IVar="0" Cut="\(cut)" cType="1" res="0" purity="0.5" nType="0">
        <Node pos="l" depth="1" NCoef="0" IVar="-1" Cut="0" cType="1" res="0.25" purity="0.125" nType="-1"/>
        <Node pos="r" depth="1" NCoef="0" IVar="\(variable)" Cut="-2" cType="0" res="0" purity="0.5" nType="0">
          <Node pos="l" depth="2" NCoef="0" IVar="-1" Cut="0" cType="1" res="-1" purity="0.75" nType="1"/>
          <Node pos="r" depth="2" NCoef="0" IVar="-1" Cut="0" cType="1" res="2" purity="0.25" nType="-1"/>
        </Node>
      </Node>
    </BinaryTree>
    """
  }

  private func scores(_ text: String, _ inputs: [Double], output: TreeModelOutput = .margin) throws -> [Double] {
    let model = try TMVAFrontend.load(Array(text.utf8), file: "bdt.weights.xml", output: output)
    return ReferenceEvaluator(model).evaluate(inputs, samples: inputs.count / 2, keeping: .outputs).outputs
  }

  @Test func `cuts send the cut itself to the right`() throws {
    let inputs = [1.4, 0, 1.5, -2, 1.5, -2.5, .nan, 0, 2, .nan]
    // A cut of type 0 sends what is below it to the right; NaN is not greater than anything.
    let expected = [0.25, -1, 2, 0.25, 2]
    #expect(try scores(Self.file(trees: [Self.tree()]), inputs) == expected)
  }

  @Test func `gradient boosting adds responses and ends with a hyperbolic tangent`() throws {
    let text = Self.file(trees: [Self.tree(weight: 7), Self.tree(weight: 3)])
    #expect(try scores(text, [0, 0]) == [0.5])
    let probability = try scores(text, [0, 0], output: .transformed)[0]
    #expect(abs(probability - (2 / (1 + exp(-2 * 0.5)) - 1)) < 1e-12)
  }

  @Test func `adaptive boosting averages signs or purities`() throws {
    let trees = [Self.tree(weight: 3), Self.tree(weight: 1, cut: "-1")]
    let signs = Self.file(options: [("BoostType", "AdaBoost"), ("UseYesNoLeaf", "True")], treesType: 0, trees: trees)
    #expect(try scores(signs, [0, 0]) == [(-3 + 1) / 4])
    let purities = Self.file(
      options: [("BoostType", "AdaBoost"), ("UseYesNoLeaf", "False")],
      treesType: 0,
      trees: trees
    )
    #expect(try scores(purities, [0, 0]) == [(3 * 0.125 + 0.75) / 4])
  }

  @Test func `regression starts at the first weight`() throws {
    let text = Self.file(analysis: "Regression", trees: [Self.tree(weight: 10), Self.tree(weight: 1)])
    #expect(try scores(text, [0, 0]) == [10.5])
  }

  @Test func `classes take turns`() throws {
    let trees = [Self.tree(), Self.tree(cut: "-1"), Self.tree(cut: "-1")]
    let text = Self.file(analysis: "Multiclass", classes: 3, trees: trees)
    #expect(try scores(text, [0, 0]) == [0.25, -1, -1])
    let probabilities = try scores(text, [0, 0], output: .transformed)
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-9)
  }
}
