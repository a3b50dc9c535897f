import DataFiles
import Diagnostics
import ModelIR

/// Reads what LightGBM's `dump_model` gives, saved as JSON: the same trees as nested objects.
package enum LightGBMDump {
  /// Whether a JSON document is such a dump.
  package static func recognises(_ document: DocumentValue) -> Bool { document["tree_info"] != nil }

  /// A document that was read already.
  package static func model(_ document: DocumentValue) throws -> TreeModel {
    let last = try document.member("max_feature_idx").integer()
    let outputs = try document.member("num_tree_per_iteration").integer()
    guard (0..<ShapeInference.elementLimit).contains(last), (1...ShapeInference.elementLimit).contains(outputs) else {
      throw document.error("the model has \(outputs) outputs, and its last feature the number \(last)")
    }
    let trees = try document.member("tree_info").list().enumerated().map { index, tree in
      try LightGBMDumpedTree(features: last + 1).tree(tree.member("tree_structure"), output: index % outputs)
    }
    guard !trees.isEmpty else { throw document.error("the model has no trees", hint: "save it after the training") }
    var isAverage = false
    if case .bool(true)? = document["average_output"]?.content { isAverage = true }
    return LightGBMFrontend.model(
      trees,
      features: last + 1,
      outputs: outputs,
      isAverage: isAverage,
      objective: try document["objective"]?.string() ?? ""
    )
  }
}

private struct LightGBMDumpedTree {
  let features: Int

  func tree(_ root: DocumentValue, output: Int) throws -> DecisionTree {
    // Numbered as they are met, parents first.
    var found = [root]
    var children: [(left: Int, right: Int)?] = []
    while children.count < found.count {
      let value = found[children.count]
      guard value["leaf_value"] == nil else {
        children.append(nil)
        continue
      }
      children.append((found.count, found.count + 1))
      found += [try value.member("left_child"), try value.member("right_child")]
    }
    return try TreeAssembly(outputs: [output]).tree(count: found.count, origin: root.origin) { index in
      let value = found[index]
      guard let (left, right) = children[index] else {
        guard value["leaf_coeff"] == nil else {
          throw refusal("linear-leaf", "the leaves hold linear models", value, "train with linear_tree=false")
        }
        return .leaf([try value.member("leaf_value").number()])
      }
      return try split(value, left: left, right: right)
    }
  }

  private func split(_ value: DocumentValue, left: Int, right: Int) throws -> TreeAssembly.Node {
    let feature = try value.member("split_feature").integer()
    guard (0..<features).contains(feature) else { throw value.error("it compares feature \(feature) of \(features)") }
    let threshold = try value.member("threshold")
    switch try value.member("decision_type").string() {
    case "==":
      // One category is a number, several are a text.
      let words: [Substring]
      if case .string(let text) = threshold.content {
        words = text.split(separator: "|")
      } else {
        words = ["\(try threshold.integer())"]
      }
      let members = try words.map { word in
        guard let member = Int(word), member >= 0 else { throw threshold.error("'\(word.prefix(40))' is no category") }
        return Double(member)
      }
      return .categories(
        CategorySplit(feature: feature, members: members, truncation: .ofAll, inside: left, outside: right)
      )
    case "<=": break
    case let other: throw value.error("the decision type '\(other.prefix(40))' is not known")
    }
    var isLeft = false
    if case .bool(true)? = value["default_left"]?.content { isLeft = true }
    let number = try threshold.number()
    guard let kind = LightGBMMissing(rawValue: try value["missing_type"]?.string() ?? "None") else {
      throw value.error("the kind of missing values is not known")
    }
    guard let missing = kind.rule(isLeft: isLeft, threshold: number) else {
      throw refusal(
        "zero-as-missing",
        "a node treats zeros as missing values",
        value,
        "train with zero_as_missing=false"
      )
    }
    return .split(
      TreeSplit(
        feature: feature,
        threshold: number,
        comparison: .lessOrEqual,
        left: left,
        right: right,
        missing: missing
      )
    )
  }

  private func refusal(_ code: String, _ message: String, _ value: DocumentValue, _ hint: String) -> Diagnostic {
    .error(code, message, at: value.origin, hint: hint)
  }
}
