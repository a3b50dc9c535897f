/// What graphs of layers have in common as text: a layer has a name of its own, and takes those before it by theirs.
extension TextScanner {
  /// Reads the name of a layer that none of those before it has.
  package mutating func newName<Tensor>(beside tensors: [String: Tensor]) throws -> String {
    let start = mark
    let name = try name()
    guard tensors[name] == nil else { throw error("two layers are called '\(name)'", at: start) }
    return name
  }

  /// Reads names of layers with commas between.
  package mutating func operands<Tensor>(_ tensors: [String: Tensor]) throws -> [Tensor] {
    var operands: [Tensor] = []
    repeat {
      let start = mark
      let name = try name()
      guard let tensor = tensors[name] else { throw error("no layer before this one is called '\(name)'", at: start) }
      operands.append(tensor)
    } while accepts(",")
    return operands
  }

  /// Reads `word` or `word(operands)`.
  ///
  /// - Parameter kind: what the word names, for errors.
  package mutating func application<Tensor>(
    of kind: String,
    to tensors: [String: Tensor]
  ) throws -> (word: String, operands: [Tensor]) {
    let word = try word(kind)
    guard accepts("(") else { return (word, []) }
    let operands = try operands(tensors)
    try expect(")")
    return (word, operands)
  }
}
