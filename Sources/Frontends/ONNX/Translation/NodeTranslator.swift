/// A node of another format's file.
package protocol TranslatableNode {
  /// What its layer is called, and messages call it.
  var layerName: String { get }
  /// What others call its result, the first one of several.
  var valueName: String { get }
}

/// Makes nodes of a ``TranslatedGraph`` for those of another format.
package protocol NodeTranslator: ~Copyable {
  associatedtype Node: TranslatableNode
  var result: TranslatedGraph { get set }
}

extension NodeTranslator where Self: ~Copyable {
  /// Adds a node that makes the result of the one that is translated; with a suffix, one that helps it.
  ///
  /// - Parameter isMain: whether a helper is what the layer does, and so bears its name.
  /// - Returns: the value that it makes.
  @discardableResult
  package mutating func make(
    _ operation: String,
    _ node: Node,
    _ inputs: [String],
    suffix: String = "",
    isMain: Bool = false,
    _ attributes: [(name: String, value: TranslatedAttribute)] = []
  ) -> String {
    let value = suffix.isEmpty ? node.valueName : "\(node.valueName)#\(suffix)"
    let name = suffix.isEmpty || isMain ? node.layerName : "\(node.layerName)_\(suffix)"
    result.node(operation, named: name, inputs, [value], attributes)
    return value
  }

  /// A vector of whole numbers beside a node.
  package mutating func constant(_ node: Node, _ suffix: String, _ integers: [Int]) -> String {
    let name = "\(node.valueName)#\(suffix)"
    result.integers(name, integers)
    return name
  }

  /// One whole number, which is no vector, beside a node.
  package mutating func constant(_ node: Node, _ suffix: String, element: Int) -> String {
    let name = "\(node.valueName)#\(suffix)"
    result.constant(name, TranslatedTensor(integer: element))
    return name
  }

  /// A float32 number beside a node.
  package mutating func constant(_ node: Node, _ suffix: String, _ number: Double) -> String {
    let name = "\(node.valueName)#\(suffix)"
    result.constant(name, TranslatedTensor(Float(number)))
    return name
  }
}
