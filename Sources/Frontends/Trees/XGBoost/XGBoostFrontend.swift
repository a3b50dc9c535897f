import DataFiles
import Diagnostics
import Glibc
import ModelIR

/// Reads models that XGBoost saved as `.json` or `.ubj`.
package enum XGBoostFrontend {
  /// Reads a model and checks it.
  ///
  /// - Parameters:
  ///   - bytes: the contents of the file, JSON or UBJSON: the first bytes tell.
  ///   - file: its name as the user gave it.
  ///   - output: what the graph returns.
  /// - Throws: a `Diagnostic` that names the place in the file, for damage and for what cannot be compiled.
  package static func load(_ bytes: [UInt8], file: String, output: TreeModelOutput) throws -> ModelGraph {
    try model(bytes, file: file).graph(file: file, output: output)
  }

  static func model(_ bytes: [UInt8], file: String) throws -> TreeModel {
    let document =
      try isUBJSON(bytes) ? DocumentValue(ubjson: bytes, file: file) : DocumentValue(json: bytes, file: file)
    return try model(document)
  }

  /// Whether the bytes are UBJSON: after the opening brace stands the length of a key, not its quote.
  package static func isUBJSON(_ bytes: [UInt8]) -> Bool {
    guard bytes.count > 1, bytes[0] == UInt8(ascii: "{") else { return false }
    return "iUIlL#$".utf8.contains(bytes[1])
  }

  /// Whether a JSON document is one of XGBoost's.
  package static func recognises(_ document: DocumentValue) -> Bool { document["learner"] != nil }

  /// A document that was read already.
  package static func model(_ document: DocumentValue) throws -> TreeModel {
    let learner = try document.member("learner")
    let booster = try learner.member("gradient_booster")
    let parameters = try learner.member("learner_model_param")
    let objective = try learner.member("objective").member("name").string()
    let features = try parameters.member("num_feature").integer()
    let targets = try parameters["num_target"]?.integer() ?? 1
    let outputs = max(try parameters.member("num_class").integer(), targets, 1)
    guard (1...ShapeInference.elementLimit).contains(features), outputs <= ShapeInference.elementLimit else {
      throw parameters.error("the model has \(features) features and \(outputs) outputs")
    }
    let (model, weights) = try trees(of: booster)
    guard try !model.member("trees").list().isEmpty else {
      throw model.error("the model has no trees", hint: "save it after the training")
    }
    let forest = XGBoostForest(features: features, outputs: outputs, weights: weights)
    let base = try margins(of: parameters.member("base_score"), objective: objective, count: outputs)
    return TreeModel(
      ensemble: TreeEnsemble(
        featureCount: features,
        trees: try forest.trees(model),
        base: base,
        featurePrecision: .float32,
        sumPrecision: .float32
      ),
      transform: transform(of: objective),
      source: .xgboost
    )
  }

  /// The trees' part of a booster, and what DART multiplies each tree by.
  private static func trees(of booster: DocumentValue) throws -> (DocumentValue, weights: [Double]?) {
    let name = try booster.member("name").string()
    switch name {
    case "gbtree": return (try booster.member("model"), nil)
    case "dart":
      let inner = try booster.member("gbtree")
      return (try inner.member("model"), try booster.member("weight_drop").numbers())
    default:
      throw booster.error(
        "the booster '\(name)' is no tree ensemble",
        hint: "train with booster='gbtree'; a linear booster is a dense layer"
      )
    }
  }

  /// The margins that base scores stand for: one for all outputs, or since version 3.1 one each.
  private static func margins(of value: DocumentValue, objective: String, count: Int) throws -> [Double] {
    var scores: [Double]
    switch value.content {
    case .string(let text):
      let bare = text.drop { $0 == "[" }.prefix { $0 != "]" }
      scores = try bare.split(separator: ",").map { part in
        guard let score = Double(part) else { throw value.error("'\(part.prefix(40))' is no number") }
        return score
      }
    case .null, .bool, .number, .numbers, .list, .object:
      if case .number(let score) = value.content { scores = [score] } else { scores = try value.numbers() }
    }
    if scores.count == 1 { scores = Array(repeating: scores[0], count: count) }
    guard scores.count == count else { throw value.error("\(scores.count) base scores for \(count) outputs") }
    switch objective {
    // logitraw takes its base score as a margin, although it is a probability for training.
    case "binary:logistic", "reg:logistic":
      guard scores.allSatisfy({ $0 > 0 && $0 < 1 }) else {
        throw value.error("the base score of '\(objective)' must be a probability")
      }
      return scores.map(logit)
    case "count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft":
      guard scores.allSatisfy({ $0 > 0 }) else {
        throw value.error("the base score of '\(objective)' must be positive")
      }
      return scores.map { log($0) }
    default: return scores
    }
  }

  /// The logarithm of the odds, near a half without cancellation.
  static func logit(_ probability: Double) -> Double {
    guard probability > 0.3 && probability < 0.65 else { return log(probability / (1 - probability)) }
    let distance = 2 * (probability - 0.5)
    return log1p(distance) - log1p(-distance)
  }

  private static func transform(of objective: String) -> TreeModel.Transform {
    switch objective {
    case "binary:logistic", "reg:logistic": .activation(.sigmoid)
    case "multi:softprob", "multi:softmax": .activation(.softmax(axis: 0))
    case "binary:logitraw", "reg:squarederror", "reg:linear", "reg:absoluteerror", "reg:quantileerror",
      "reg:pseudohubererror", "reg:squaredlogerror", "rank:pairwise", "rank:ndcg", "rank:map", "binary:hinge":
      objective == "binary:hinge" ? .unsupported(objective) : .none
    default: .unsupported(objective)
    }
  }
}
