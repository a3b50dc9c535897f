import Diagnostics
import FixedPoint
import TextForm

extension FixedPointGraph {
  /// More elements of a tensor, or of a constant, than any firmware could hold; more is a mistake in the text.
  static let textLimit = 1 << 22
  /// How deep kernels may stand in kernels.
  private static let deepest = 8

  /// Reads a graph in the form of ``description``.
  ///
  /// - Throws: a ``Diagnostic`` with the line of whatever is malformed, not defined or not well formed.
  package init(parsing text: String, file: String) throws {
    var scanner = TextScanner(text, file: file)
    try self.init(parsing: &scanner, depth: 0)
    guard scanner.isAtEnd else { throw scanner.error("expected the end of the graph, found \(scanner.nextText)") }
    do {
      try FixedPointGraphVerifier.verify(self)
    } catch var diagnostic as Diagnostic {
      diagnostic.origin = diagnostic.origin ?? Origin(file: file)
      throw diagnostic
    }
  }

  /// - Parameter depth: how many kernels this one stands in.
  fileprivate init(parsing scanner: inout TextScanner, depth: Int) throws {
    guard depth <= Self.deepest else { throw scanner.error("kernels stand at most \(Self.deepest) deep") }
    try scanner.expectWord("graph")
    self.init(name: try scanner.name())
    try scanner.endLine()
    while scanner.acceptsWord("inputs") {
      if scanner.acceptsWord("in") {
        try scanner.expectWord("float32")
        inputConversion.isSinglePrecision = true
      } else if scanner.acceptsWord("offset") {
        try scanner.expectWord("by")
        inputConversion.offsets = try scanner.list { try $0.number() }
      } else {
        try scanner.expectWord("divided")
        try scanner.expectWord("by")
        inputConversion.divisors = try scanner.list { try $0.number() }
      }
      try scanner.endLine()
    }
    var tensors: [String: FixedTensorID] = [:]
    while scanner.isAt("'") { try readLayer(&scanner, &tensors, depth: depth) }
    try scanner.expectWord("return")
    outputs = try scanner.operands(tensors)
    try scanner.endLine()
  }

  private mutating func readLayer(
    _ scanner: inout TextScanner,
    _ tensors: inout [String: FixedTensorID],
    depth: Int
  ) throws {
    let start = scanner.mark
    let name = try scanner.newName(beside: tensors)
    let kind = try scanner.kind()
    let shape = try scanner.shape(limit: Self.textLimit)
    let count = shape.reduce(1, *)
    let types = try scanner.elementTypes(count: count)
    try scanner.expect("=")
    let mark = scanner.mark
    let (word, inputs) = try scanner.application(of: "an operation", to: tensors)
    let tensorName = scanner.acceptsWord("tensor") ? try scanner.name() : name
    var implementation = ImplementationChoice()
    if scanner.acceptsWord("build") {
      implementation.strategy = try scanner.choice("a strategy")
      try scanner.expectWord("reuse")
      implementation.reuseFactor = try scanner.integer("a reuse factor")
      if scanner.acceptsWord("positions") {
        implementation.parallelPositions = try scanner.integer("a number of positions", in: 1...1 << 30)
      }
      if scanner.acceptsWord("depth") {
        implementation.extraDepth = try scanner.integer("a number of adder levels", in: 0...1 << 10)
      }
    }
    try scanner.endLine()
    guard let operation = try FixedOperation(word: word, count: count, fieldsFrom: &scanner, depth: depth) else {
      throw scanner.unknown(word, kind: "an operation", among: FixedOperation.words, at: mark)
    }
    let output = append(
      operation,
      named: name,
      kind: kind,
      inputs: inputs,
      shape: shape,
      types: types,
      origin: scanner.origin(of: start),
      implementation: implementation
    )
    self[output].name = tensorName
    tensors[name] = output
  }
}

extension FixedOperation {
  /// All words of operations, for hints.
  fileprivate static let words =
    Kind.allCases.filter { $0 != .merge }.map(\.rawValue) + FixedMergeKind.allCases.map(\.rawValue) + ["relu"]

  /// Reads the fields of the operation that a word names; nil where it names none.
  fileprivate init?(word: String, count: Int, fieldsFrom scanner: inout TextScanner, depth: Int) throws {
    if word == "relu" {
      self = .rectifier(.relu)
    } else if let kind = FixedMergeKind(rawValue: word) {
      self = .merge(kind)
    } else if let kind = Kind(rawValue: word), kind != .merge {
      try self.init(kind: kind, count: count, fieldsFrom: &scanner, depth: depth)
    } else {
      return nil
    }
  }

  /// - Parameter count: the elements of the result.
  private init(kind: Kind, count: Int, fieldsFrom scanner: inout TextScanner, depth: Int) throws {
    func constants(_ name: StaticString) throws -> ConstantVector { try scanner.field(name) { try $0.constants() } }
    switch kind {
    case .input: self = .input
    case .dense: self = .dense(try DenseOperation(fieldsFrom: &scanner))
    case .affine:
      let scale = try constants("scale")
      self = .affine(AffineOperation(scale: scale, bias: try constants("bias")))
    case .rectifier: self = .rectifier(try RectifierOperation(fieldsFrom: &scanner))
    case .clampedLinear:
      let (slope, shift) = (try constants("slope"), try constants("shift"))
      let (lower, upper) = (try constants("lower"), try constants("upper"))
      self = .clampedLinear(ClampedLinearOperation(slope: slope, shift: shift, lower: lower, upper: upper))
    case .table: self = .table(try scanner.table("table"))
    case .exponentialUnit:
      let (positive, negative) = (try constants("positive"), try constants("negative"))
      self = .exponentialUnit(
        ExponentialUnitOperation(
          positiveScale: positive,
          negativeScale: negative,
          exponential: try scanner.table("exponential")
        )
      )
    case .softmax: self = .softmax(try SoftmaxOperation(fieldsFrom: &scanner))
    case .argmax: self = .argmax(groups: try scanner.groups())
    // Merges have words of their own.
    case .merge: self = .merge(try scanner.field("kind") { try $0.choice("a merge") })
    case .gather: self = .gather(GatherOperation(sources: try scanner.sources(limit: count)))
    case .requantize: self = .requantize
    case .treeEnsemble: self = .treeEnsemble(try TreeEnsembleOperation(fieldsFrom: &scanner))
    case .tableSum: self = .tableSum(try TableSum(fieldsFrom: &scanner))
    case .map:
      let domain = try scanner.field("domain") { try $0.shape(limit: FixedPointGraph.textLimit) }
      var accesses: [WindowAccess] = []
      while let access = try scanner.optionalField("read", { try WindowAccess(parsing: &$0) }) {
        accesses.append(access)
      }
      let body = try FixedPointGraph(parsing: &scanner, depth: depth + 1)
      self = .map(MapOperation(domain: domain, body: body, accesses: accesses))
    case .scan: self = .scan(try ScanOperation(fieldsFrom: &scanner, depth: depth))
    }
  }
}

extension ScanOperation {
  fileprivate init(fieldsFrom scanner: inout TextScanner, depth: Int) throws {
    let (steps, isReversed, returnsAll) = try scanner.field("steps") { scanner in
      let steps = try scanner.integer("a number of steps", in: 1...FixedPointGraph.textLimit)
      let isReversed = scanner.acceptsWord("backward")
      if !isReversed { try scanner.expectWord("forward") }
      try scanner.expectWord("returning")
      let returnsAll = scanner.acceptsWord("all")
      if !returnsAll { try scanner.expectWord("last") }
      return (steps, isReversed, returnsAll)
    }
    var states: [InitialState] = []
    while let raw = try scanner.optionalField("state", { try $0.list { try $0.integer() as Int64 } }) {
      states.append(InitialState(raw: raw))
    }
    let isStarted =
      try scanner.optionalField("started") { scanner in
        try scanner.expectWord("by")
        try scanner.expectWord("operands")
        return true
      } ?? false
    self.init(
      steps: steps,
      isReversed: isReversed,
      initialStates: states,
      body: try FixedPointGraph(parsing: &scanner, depth: depth + 1),
      returnsAll: returnsAll,
      startsFromOperands: isStarted
    )
  }
}

extension TextScanner {
  /// Reads one type for all elements, or types in braces for as many.
  fileprivate mutating func elementTypes(count: Int) throws -> ElementTypes {
    guard isAt("{") else { return ElementTypes(uniform: try type(), count: count) }
    let start = mark
    let types = try types(limit: count)
    guard types.count == count else { throw error("\(types.count) types for \(count) elements", at: start) }
    return ElementTypes(each: types)
  }
}
