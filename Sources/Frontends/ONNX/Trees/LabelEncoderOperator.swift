import Diagnostics
import ModelIR

extension GraphImporter {
  /// A table from numbers to numbers: one small tree per element, which tells the keys from all other numbers.
  ///
  /// (Encoders of class labels are ``passLabel(_:)``'s.)
  mutating func importLabelEncoder(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 1)
    let input = try activation(node, 0)
    let table = try NumberTable(node)
    let count = graph[input.tensor].count
    let (nodes, overflow) = (4 * table.entries.count + 1).multipliedReportingOverflow(by: count)
    guard !overflow, nodes <= TreeEnsemble.nodeLimit else {
      throw node.error(
        "absurd-size",
        "'\(node.label)' (LabelEncoder) has \(table.entries.count) keys for each of \(count) elements"
      )
    }
    let ensemble = TreeEnsemble(
      featureCount: count,
      trees: (0..<count).map(table.tree),
      base: [Double](repeating: 0, count: count),
      featurePrecision: table.keyPrecision
    )
    let name = naming.next(node.proto)
    let tensor = append(.treeEnsemble(ensemble), named: name, inputs: [input.tensor], shape: [count], node.origin)
    try define(node, .activation(ActivationValue(tensor: tensor, shape: input.shape, viewName: "\(name)_reshape")))
  }
}

/// Keys and values of a LabelEncoder of numbers.
private struct NumberTable {
  /// By ascending keys, which are all different.
  let entries: [(key: Double, value: Double)]
  /// What all other numbers, and NaN, become.
  let fallback: Double
  let keyPrecision: ParameterTensor.Precision

  init(_ node: OperatorNode) throws {
    for name in ["classes_strings", "keys_strings", "values_strings"] where node.has(name) {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (LabelEncoder) converts texts, which are no numbers",
        hint: name == "values_strings"
          ? "export the model without it: firmware returns numbers"
          : "encode categories as numbers in front of the model"
      )
    }
    let keys = try Self.numbers(node, "keys")
    let values = try Self.numbers(node, "values")
    let defaults = try Self.fallback(node, isFloatingPoint: values.isFloatingPoint)
    guard !keys.numbers.isEmpty, keys.numbers.count == values.numbers.count else {
      throw Self.refusal(node, "\(keys.numbers.count) keys for \(values.numbers.count) values")
    }
    guard (keys.numbers + values.numbers + [defaults]).allSatisfy(\.isFinite) else {
      throw Self.refusal(node, "a key or value that is no finite number")
    }
    var entries: [(key: Double, value: Double)] = []
    for entry in zip(keys.numbers, values.numbers).sorted(by: { $0.0 < $1.0 }) {
      if let last = entries.last, last.key == entry.0 {
        guard last.value == entry.1 else { throw Self.refusal(node, "two values for the key \(entry.0)") }
        continue
      }
      entries.append((entry.0, entry.1))
    }
    self.entries = entries
    fallback = defaults
    keyPrecision = keys.isSingle ? .float32 : .float64
  }

  private static func refusal(_ node: OperatorNode, _ what: String) -> Diagnostic {
    node.error(
      "bad-parameters",
      "'\(node.label)' (LabelEncoder) has \(what)",
      hint: "encode categories as numbers in front of the model"
    )
  }

  /// A list of floats, of integers, or a tensor of either.
  private static func numbers(
    _ node: OperatorNode,
    _ role: String
  ) throws -> (numbers: [Double], isFloatingPoint: Bool, isSingle: Bool) {
    if let floats = try node.floats("\(role)_floats") { return (floats, true, true) }
    if let integers = try node.integers("\(role)_int64s") {
      return (try integers.map { try exact($0, node) }, false, false)
    }
    guard let tensor = try node.tensor("\(role)_tensor") else { throw refusal(node, "no \(role)") }
    return (tensor.values, tensor.type.isFloatingPoint, tensor.type == .float)
  }

  /// The standard's defaults are -0.0 and -1.
  private static func fallback(_ node: OperatorNode, isFloatingPoint: Bool) throws -> Double {
    node.dismiss("default_string")
    let float = try node.float("default_float", default: -0.0)
    let integer = try exact(try node.integer("default_int64", default: -1), node)
    guard let tensor = try node.tensor("default_tensor") else { return isFloatingPoint ? float : integer }
    guard let number = tensor.scalar else { throw refusal(node, "a default that is not one number") }
    return number
  }

  private static func exact(_ integer: Int, _ node: OperatorNode) throws -> Double {
    guard let number = Double(exactly: integer) else {
      throw refusal(node, "the number \(integer), which is too large")
    }
    return number
  }

  /// Halves the keys again and again: below one of them, at it, or above.
  func tree(feature: Int) -> DecisionTree {
    var tree = DecisionTree(nodes: [], outputs: [feature], leafValues: [])
    append(entries[...], feature, to: &tree)
    return tree
  }

  /// Appends the subtree of some of the keys, and returns its root.
  @discardableResult
  private func append(_ keys: ArraySlice<(key: Double, value: Double)>, _ feature: Int, to tree: inout DecisionTree)
    -> Int
  {
    guard !keys.isEmpty else { return appendLeaf(fallback, to: &tree) }
    let middle = keys.startIndex + keys.count / 2
    func split(_ comparison: TreeSplit.Comparison, _ left: Int, _ right: Int) -> DecisionTree.Node {
      let key = keys[middle].key
      return .split(TreeSplit(feature: feature, threshold: key, comparison: comparison, left: left, right: right))
    }
    // Places for the two comparisons; children stand behind them.
    let root = tree.nodes.count
    tree.nodes += [.leaf(0), .leaf(0)]
    let below = append(keys[..<middle], feature, to: &tree)
    let at = appendLeaf(keys[middle].value, to: &tree)
    let above = append(keys[(middle + 1)...], feature, to: &tree)
    tree.nodes[root] = split(.less, below, root + 1)
    tree.nodes[root + 1] = split(.lessOrEqual, at, above)
    return root
  }

  private func appendLeaf(_ value: Double, to tree: inout DecisionTree) -> Int {
    tree.nodes.append(.leaf(tree.leafValues.count))
    tree.leafValues.append(value)
    return tree.nodes.count - 1
  }
}
