import DataFiles
import Diagnostics
import ModelIR

/// Reads boosted decision trees and neural networks that TMVA saved as XML.
package enum TMVAFrontend {
  /// Reads a model and checks it.
  ///
  /// - Throws: a `Diagnostic` that names the line and the element, for damage and for what cannot be compiled.
  package static func load(_ bytes: [UInt8], file: String, output: TreeModelOutput) throws -> ModelGraph {
    let root = try root(of: bytes, file: file)
    if root["Method"]?.hasPrefix("MLP::") ?? false { return try TMVAPerceptron(root).graph(file: file) }
    if root["Method"]?.hasPrefix("DL::") ?? false { return try TMVADeepNetwork(root).graph(file: file) }
    return try model(root).graph(file: file, output: output)
  }

  /// Whether a file is XML at all.
  package static func recognises(_ bytes: some Collection<UInt8>) -> Bool {
    let text = bytes.drop { " \t\r\n".utf8.contains($0) }
    return text.starts(with: "<?xml".utf8) || text.starts(with: "<MethodSetup".utf8)
  }

  private static func root(of bytes: [UInt8], file: String) throws -> XMLElement {
    // Copies through editors and web pages begin with an empty line, which XML does not allow.
    let root = try XMLDocument(Array(bytes.drop { " \t\r\n".utf8.contains($0) }), file: file).root
    guard root.name == "MethodSetup", root["Method"] != nil else {
      throw root.error("this is no weight file of TMVA", hint: "give the .weights.xml that TMVA's Factory wrote")
    }
    return root
  }

  private static func model(_ root: XMLElement) throws -> TreeModel {
    let method = root["Method"] ?? ""
    guard method.hasPrefix("BDT::") else {
      throw root.error(
        "the method '\(method)' is neither a tree ensemble nor a network of dense layers",
        code: "unsupported-method",
        hint: "give the weights of a method of the type BDT, MLP or DL"
      )
    }
    let options = try TMVAOptions(root)
    let features = try root.requiredChild("Variables").integer("NVar")
    guard (1...ShapeInference.elementLimit).contains(features) else {
      throw root.error("the model has \(features) variables")
    }
    let weights = try root.requiredChild("Weights")
    let forest = try TMVAForest(weights, options: options, features: features)
    return TreeModel(
      ensemble: TreeEnsemble(
        featureCount: features,
        trees: forest.trees,
        base: forest.base,
        scale: forest.scale,
        featurePrecision: .float32
      ),
      transform: options.transform,
      source: .tmva
    )
  }
}

/// How TMVA combines its trees.
struct TMVAOptions {
  enum Analysis { case classification, regression, multiclass }

  var analysis = Analysis.classification
  var isGradient: Bool
  /// Leaves count as one or minus one, not by their purity.
  var usesYesNoLeaf: Bool
  var classes: Int

  init(_ root: XMLElement) throws {
    analysis = try Self.analysis(root)
    let list = try root.requiredChild("Options")
    func option(_ name: String) -> String? { list.children.first { $0["name"] == name }.map(\.text) }
    let boost = option("BoostType") ?? "AdaBoost"
    isGradient = boost == "Grad"
    usesYesNoLeaf = Self.isTrue(option("UseYesNoLeaf") ?? "True")
    classes = try root.child("Classes")?.integer("NClass") ?? 2
    guard ["AdaBoost", "RealAdaBoost", "Bagging", "Grad"].contains(boost), isGradient || analysis != .multiclass else {
      throw list.error(
        "trees boosted by '\(boost)' are not combined by a sum",
        code: "unsupported-method",
        hint: "train with BoostType=Grad or AdaBoost"
      )
    }
    if Self.isTrue(option("DoPreselection") ?? "False") {
      throw list.error(
        "the model cuts on variables before its trees (DoPreselection)",
        code: "unsupported-method",
        hint: "train with DoPreselection=False"
      )
    }
    if let transformations = root.child("Transformations"), try transformations.integer("NTransformations") > 0 {
      throw transformations.error(
        "the variables are transformed before the trees",
        code: "unsupported-method",
        hint: "train without VarTransform, and transform the variables in front of the model"
      )
    }
  }

  /// What the method was trained for.
  static func analysis(_ root: XMLElement) throws -> Analysis {
    let general = try root.requiredChild("GeneralInfo")
    guard let info = general.children.last(where: { $0["name"] == "AnalysisType" }) else { return .classification }
    switch info["value"] ?? "" {
    case "Classification": return .classification
    case "Regression": return .regression
    case "Multiclass": return .multiclass
    case let other: throw info.error("the analysis type '\(other)' is unknown")
    }
  }

  private static func isTrue(_ text: String) -> Bool { ["True", "true", "T", "1"].contains(text) }

  /// `2 / (1 + exp(-2 x)) - 1` is the hyperbolic tangent.
  var transform: TreeModel.Transform {
    guard isGradient else { return .none }
    switch analysis {
    case .classification: return .activation(.tanh)
    case .regression: return .none
    case .multiclass: return .activation(.softmax(axis: 0))
    }
  }
}
