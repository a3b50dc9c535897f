import Diagnostics
import ModelIR

/// Reads models that LightGBM saved as text.
package enum LightGBMFrontend {
  /// Reads a model and checks it.
  ///
  /// - Throws: a `Diagnostic` that names the line, for damage and for what cannot be compiled.
  package static func load(_ text: String, file: String, output: TreeModelOutput) throws -> ModelGraph {
    try model(text, file: file).graph(file: file, output: output)
  }

  /// Whether a text is one of LightGBM's models.
  package static func recognises(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: "tree\n".utf8) || bytes.starts(with: "tree\r\n".utf8)
  }

  static func model(_ text: String, file: String) throws -> TreeModel {
    let sections = try LightGBMSection.sections(of: text, file: file)
    guard let head = sections.first, head.title == "tree" else {
      throw Diagnostic.error(
        "bad-tree-file",
        "this is no text model of LightGBM",
        at: Origin(file: file, place: "line 1"),
        hint: "save it with booster.save_model('model.txt')"
      )
    }
    let last = try head.integer("max_feature_idx")
    guard (0..<ShapeInference.elementLimit).contains(last) else {
      throw head.error("the last feature has the number \(last)", "max_feature_idx")
    }
    let features = last + 1
    let outputs = try head.integer("num_tree_per_iteration")
    guard (1...ShapeInference.elementLimit).contains(outputs) else {
      throw head.error("the model has \(outputs) outputs", "num_tree_per_iteration")
    }
    let trees = try sections.dropFirst().enumerated().map { index, section in
      try LightGBMTree(section: section, features: features).tree(output: index % outputs)
    }
    try checkCompleteness(head, trees.count, text, file)
    return model(
      trees,
      features: features,
      outputs: outputs,
      isAverage: head.has("average_output"),
      objective: head.text("objective") ?? ""
    )
  }

  static func model(
    _ trees: [DecisionTree],
    features: Int,
    outputs: Int,
    isAverage: Bool,
    objective: String
  ) -> TreeModel {
    let iterations = trees.count / outputs
    return TreeModel(
      ensemble: TreeEnsemble(
        featureCount: features,
        trees: trees,
        base: Array(repeating: 0, count: outputs),
        scale: isAverage && iterations > 0 ? 1 / Double(iterations) : 1,
        featurePrecision: .float64
      ),
      transform: transform(of: objective),
      source: .lightgbm
    )
  }

  /// A file that breaks off between two trees would go unnoticed.
  private static func checkCompleteness(_ head: LightGBMSection, _ count: Int, _ text: String, _ file: String) throws {
    let announced = head.text("tree_sizes").map { $0.split(separator: " ").count }
    guard announced == nil || announced == count, text.contains("end of trees") else {
      throw Diagnostic.error(
        "bad-tree-file",
        "the file holds \(count) of \(announced.map(String.init) ?? "more") trees",
        at: Origin(file: file),
        hint: "copy the file again; it breaks off"
      )
    }
  }

  private static func transform(of objective: String) -> TreeModel.Transform {
    let words = objective.split(separator: " ").map(String.init)
    let slope = words.first { $0.hasPrefix("sigmoid:") }.flatMap { Double($0.dropFirst(8)) } ?? 1
    switch words.first ?? "" {
    case "binary", "multiclassova": return .scaledSigmoid(slope: slope)
    case "cross_entropy", "xentropy": return .activation(.sigmoid)
    case "multiclass", "softmax": return .activation(.softmax(axis: 0))
    case "regression", "regression_l1", "regression_l2", "huber", "fair", "quantile", "mape", "lambdarank",
      "rank_xendcg":
      return words.contains("sqrt") ? .unsupported(objective) : .none
    case "": return .none
    default: return .unsupported(objective)
    }
  }
}
