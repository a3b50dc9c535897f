import Diagnostics
import FixedPoint
import TextForm

/// Binary points that the verifier accepts.
private let grids = -FixedPointGraphVerifier.maximumFractionBits...FixedPointGraphVerifier.maximumFractionBits
/// Indices of elements, nodes and outputs.
private let indices = 0...FixedPointGraph.textLimit

extension DenseOperation {
  init(fieldsFrom scanner: inout TextScanner) throws {
    let mark = scanner.mark
    let (shape, grid) = try scanner.field("kernel") { scanner in
      let shape = try scanner.shape(limit: FixedPointGraph.textLimit)
      try scanner.expectWord("grid")
      return (shape, try scanner.integer("fraction bits", in: grids))
    }
    guard shape.count == 2 else { throw scanner.error("a kernel has two extents, not \(shape.count)", at: mark) }
    let weights = try scanner.rows(shape[0] * shape[1]) { scanner, index in
      try scanner.integer("weight \(index + 1) of \(shape[0] * shape[1])") as Int64
    }
    let bias = try scanner.field("bias") { try $0.constants() }
    let accumulation = try scanner.optionalField("stepwise") { scanner in
      let type = try scanner.type()
      guard scanner.acceptsWord("reuse") else { return Accumulation.stepwise(type, order: .ascending) }
      return .stepwise(type, order: .resource(reuseFactor: try scanner.integer("a reuse factor", in: 1...1 << 30)))
    }
    self.init(
      inputSize: shape[0],
      outputSize: shape[1],
      weights: weights,
      weightFractionBits: grid,
      bias: bias,
      accumulation: accumulation ?? .exact
    )
  }
}

extension RectifierOperation {
  init(fieldsFrom scanner: inout TextScanner) throws {
    let (threshold, isInclusive) = try scanner.field("threshold") { scanner in
      (try scanner.constants(), scanner.acceptsWord("inclusive"))
    }
    let slope = try scanner.field("slope") { try $0.constants() }
    let offset = try scanner.field("offset") { try $0.constants() }
    self.init(
      threshold: threshold,
      isInclusive: isInclusive,
      lowerSlope: slope,
      lowerOffset: offset,
      maximum: try scanner.optionalField("maximum") { try $0.constants() }
    )
  }
}

extension SoftmaxOperation {
  init(fieldsFrom scanner: inout TextScanner) throws {
    let groups = try scanner.groups()
    if scanner.acceptsWord("pairwise") {
      let sum = try scanner.field("sum") { try $0.type() }
      let exponential = try scanner.table("exponential")
      let reciprocal = try scanner.table("reciprocal")
      let rule = PairwiseSoftmax(exponential: exponential, sumType: sum, reciprocal: reciprocal)
      self.init(groups: groups, algorithm: .pairwise(rule))
      return
    }
    try scanner.expectWord("normalized")
    let difference = try scanner.field("difference") { scanner in
      scanner.acceptsWord("none") ? nil : try scanner.type()
    }
    let exponential = try scanner.table("exponential")
    let (sum, argument) = try scanner.field("sum") { scanner in
      let sum = try scanner.type()
      try scanner.expectWord("argument")
      return (sum, try scanner.type())
    }
    let rule = NormalizedSoftmax(
      differenceType: difference,
      exponential: exponential,
      sumType: sum,
      reciprocalInputType: argument,
      reciprocal: try scanner.table("reciprocal")
    )
    self.init(groups: groups, algorithm: .normalized(rule))
  }
}

extension TreeEnsembleOperation {
  init(fieldsFrom scanner: inout TextScanner) throws {
    let grid = try scanner.field("grid") { try $0.integer("fraction bits", in: grids) }
    let bias = try scanner.field("bias") { try $0.constants() }
    let stepwise = try scanner.optionalField("stepwise") { try $0.type() }
    var trees: [FixedTree] = []
    while scanner.acceptsWord("tree") {
      try scanner.expectIndex(trees.count, of: "trees")
      trees.append(try FixedTree(parsing: &scanner))
    }
    let accumulation = stepwise.map { TreeAccumulation.stepwise($0) } ?? .exact
    self.init(trees: trees, leafFractionBits: grid, bias: bias, accumulation: accumulation)
  }
}

extension FixedTree {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    try scanner.expectWord("of")
    try scanner.expectWord("outputs")
    let outputs = try scanner.list { try $0.integer("an output", in: indices) }
    try scanner.expectWord("with")
    try scanner.expectWord("leaves")
    let leaves = try scanner.list { try $0.integer("a leaf") as Int64 }
    try scanner.endLine()
    var nodes: [Node] = []
    while scanner.isAtNumber {
      try scanner.expectIndex(nodes.count, of: "nodes")
      try scanner.expect(":")
      if scanner.acceptsWord("leaf") {
        nodes.append(.leaf(try scanner.integer("a leaf", in: indices)))
      } else {
        try scanner.expect("x")
        let feature = try scanner.integer("a feature", in: indices)
        try scanner.expect("<")
        let threshold = try scanner.integer("a threshold") as Int64
        try scanner.expect("?")
        let left = try scanner.integer("a node", in: indices)
        try scanner.expect(":")
        let right = try scanner.integer("a node", in: indices)
        nodes.append(.split(feature: feature, threshold: threshold, left: left, right: right))
      }
      try scanner.endLine()
    }
    self.init(nodes: nodes, outputs: outputs, leaves: leaves)
  }
}

extension WindowAccess {
  /// Reads an access in the form of ``description``.
  init(parsing scanner: inout TextScanner) throws {
    let axes = try scanner.list { try AxisAccess(parsing: &$0) }
    guard scanner.acceptsWord("padding") else {
      self.init(axes: axes)
      return
    }
    let raw: Int128 = try scanner.integer("a number", in: -Interval.limit...Interval.limit)
    self.init(axes: axes, padding: ExactValue(raw: raw, fractionBits: try scanner.grid()))
  }
}

extension AxisAccess {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    if scanner.acceptsWord("all") {
      self = .whole(extent: try scanner.integer("an extent", in: indices))
      return
    }
    if scanner.acceptsWord("indices") {
      let elements = try scanner.list { try $0.integer("an element", in: indices) }
      try scanner.expectWord("along")
      self = .indexed(domainAxis: try scanner.integer("an axis", in: 0...255), indices: elements)
      return
    }
    func number(_ name: StaticString, from lowest: Int) throws -> Int {
      try scanner.expectWord(name)
      return try scanner.integer("a number of elements", in: lowest...FixedPointGraph.textLimit)
    }
    let (size, stride, dilation) = (
      try number("size", from: 0), try number("stride", from: 0), try number("dilation", from: 0)
    )
    let before = try number("before", from: -FixedPointGraph.textLimit)
    try scanner.expectWord("along")
    let axis = try scanner.integer("an axis", in: 0...255)
    self = .window(domainAxis: axis, size: size, stride: stride, dilation: dilation, before: before)
  }
}

extension TextScanner {
  /// Reads a grid such as `/2^4`; nothing is the integers.
  mutating func grid() throws -> Int { accepts("/2^") ? try integer("fraction bits", in: grids) : 0 }

  /// Reads constants such as `3/2^4` or `[1, -2]`.
  mutating func constants() throws -> ConstantVector {
    let raw: [Int64] = isAt("[") ? try list { try $0.integer() } : [try integer()]
    return ConstantVector(raw: raw, fractionBits: try grid())
  }

  /// Reads a line such as `groups 2 of 5`.
  mutating func groups() throws -> SoftmaxGroups {
    try field("groups") { scanner in
      let count = try scanner.integer("a number of groups", in: indices)
      try scanner.expectWord("of")
      return SoftmaxGroups(count: count, size: try scanner.integer("a number of elements", in: indices))
    }
  }

  /// Reads the sources of a gather, of which there may be at most `limit`.
  mutating func sources(limit: Int) throws -> [GatherOperation.Source] {
    var sources: [GatherOperation.Source] = []
    _ = try field("sources") { scanner in
      try scanner.list { scanner in
        let start = scanner.mark
        let input = try scanner.integer("an input", in: indices)
        try scanner.expect(":")
        let first = try scanner.integer("an element", in: indices)
        let last = scanner.acceptsWord("to") ? try scanner.integer("an element", in: indices) : first
        guard first <= last, last - first < limit - sources.count else {
          throw scanner.error("sources for more than the \(limit) elements there are, or none", at: start)
        }
        sources += (first...last).map { GatherOperation.Source(input: input, element: $0) }
      }
    }
    return sources
  }

  /// Reads a table: its type, address rule and entries.
  mutating func table(_ name: StaticString) throws -> AddressedTable {
    let (count, type, addressing) = try field(name) { scanner in
      let count = try scanner.integer("a number of entries", in: indices)
      try scanner.expectWord("of")
      return (count, try scanner.type(), try TableAddressing(parsing: &scanner))
    }
    let entries = try rows(count) { scanner, index in
      try scanner.integer("entry \(index + 1) of \(count)") as Int64
    }
    return AddressedTable(table: LookupTable(entries: entries, type: type), addressing: addressing)
  }
}

extension TableAddressing {
  fileprivate init(parsing scanner: inout TextScanner) throws {
    let widths = 0...FixedPointType.maximumWidth
    if scanner.acceptsWord("scaled") {
      try scanner.expectWord("by")
      let multiplier: Int64 = try scanner.integer("a factor")
      try scanner.expectWord("range")
      let range = try scanner.integer("a power of two", in: 0...62)
      try scanner.expectWord("offset")
      let offset: Int64 = try scanner.integer("an offset")
      self = .scaled(ScaledAddressing(multiplier: multiplier, rangeLog2: range, offset: offset))
    } else if scanner.acceptsWord("linear") {
      try scanner.expectWord("base")
      let base: Int64 = try scanner.integer("an address")
      try scanner.expectWord("shift")
      self = .linear(
        base: base,
        shift: try scanner.integer("a number of places", in: -widths.upperBound...widths.upperBound)
      )
    } else {
      try scanner.expectWord("leading")
      let bits = try scanner.integer("a number of bits", in: widths)
      try scanner.expectWord("of")
      self = .leadingBits(bits: bits, width: try scanner.integer("a number of bits", in: widths))
    }
  }
}
