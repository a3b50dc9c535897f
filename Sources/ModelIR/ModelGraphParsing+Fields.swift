import Diagnostics
import TextForm

extension TreeEnsemble {
  /// Reads the fields that the text form gives a tree ensemble.
  init(fieldsFrom scanner: inout TextScanner) throws {
    let (features, featurePrecision) = try scanner.field("features") { scanner in
      let count = try scanner.integer("a number of features", in: 1...ShapeInference.elementLimit)
      return (count, try scanner.choice("a precision") as ParameterTensor.Precision)
    }
    let sumPrecision: ParameterTensor.Precision = try scanner.field("sum") { try $0.choice("a precision") }
    let base = try scanner.field("base") { try $0.list { try $0.number() as Double } }
    let scale: Double = try scanner.field("scale") { try $0.number() }
    var trees: [DecisionTree] = []
    while scanner.acceptsWord("tree") {
      try scanner.expectIndex(trees.count, of: "trees")
      trees.append(try DecisionTree(parsing: &scanner))
    }
    self.init(
      featureCount: features,
      trees: trees,
      base: base,
      scale: scale,
      featurePrecision: featurePrecision,
      sumPrecision: sumPrecision
    )
  }
}

extension DecisionTree {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    try scanner.expectWord("of")
    try scanner.expectWord("outputs")
    let outputs = try scanner.list { try $0.integer("an output", in: 0...ShapeInference.elementLimit) }
    try scanner.expectWord("with")
    try scanner.expectWord("leaves")
    let leaves = try scanner.list { try $0.number() as Double }
    try scanner.endLine()
    var nodes: [Node] = []
    while scanner.isAtNumber {
      try scanner.expectIndex(nodes.count, of: "nodes")
      try scanner.expect(":")
      nodes.append(try Node(parsing: &scanner))
      try scanner.endLine()
    }
    self.init(nodes: nodes, outputs: outputs, leafValues: leaves)
  }
}

extension DecisionTree.Node {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let indices = 0...Int(Int32.max)
    if scanner.acceptsWord("leaf") {
      self = .leaf(try scanner.integer("a leaf", in: indices))
      return
    }
    try scanner.expect("x")
    let feature = try scanner.integer("a feature", in: indices)
    let comparison: TreeSplit.Comparison = scanner.accepts("<=") ? .lessOrEqual : .less
    if comparison == .less { try scanner.expect("<") }
    let threshold: Double = try scanner.number("a threshold", allowsInfinity: true)
    try scanner.expect("?")
    let left = try scanner.integer("a node", in: indices)
    try scanner.expect(":")
    let right = try scanner.integer("a node", in: indices)
    let missing: MissingRule = scanner.acceptsWord("missing") ? try scanner.choice("where missing features go") : .right
    self = .split(
      TreeSplit(
        feature: feature,
        threshold: threshold,
        comparison: comparison,
        left: left,
        right: right,
        missing: missing
      )
    )
  }
}

extension TextScanner {
  /// Reads the number of an axis.
  mutating func axis() throws -> Int { try integer("an axis", in: 0...255) }

  /// Reads a parameter: its name, shape and precision on a line, then its numbers.
  mutating func tensor(_ name: StaticString) throws -> ParameterTensor {
    let (shape, precision) = try field(name) { scanner in
      (
        try scanner.shape(limit: ShapeInference.elementLimit),
        try scanner.choice("a precision") as ParameterTensor.Precision
      )
    }
    let count = shape.reduce(1, *)
    let values: [Double] = try rows(count) { scanner, index in
      try scanner.number("the number \(index + 1) of \(count) of '\(name)'")
    }
    return ParameterTensor(shape: shape, values: values, precision: precision)
  }

  mutating func optionalTensor(_ name: StaticString) throws -> ParameterTensor? {
    isAtWord(name) ? try tensor(name) : nil
  }
}
