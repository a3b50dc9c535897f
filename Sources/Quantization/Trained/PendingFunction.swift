import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// A function of a tensor of exact numbers whose results wait for a quantiser.
struct PendingFunction {
  /// The whole numbers, and what they stand for.
  var argument: ScaledTensor
  /// By element, the element of the argument; nil: the same.
  var sources: [Int]?
  var name: String
  var kind: String
  var origin: Origin
  /// Whether the results are known to the bit: elementary steps in float32, and no function of the framework's own making.
  var isExact: Bool
  /// As the framework computes it, in float32; the second number is the element of the result.
  var value: (Double, Int) -> Double
  /// What tells the functions of elements apart; elements with the same numbers have the same function.
  var key: (Int) -> [Double]
  /// How steep the function is where it is not flat, if it is a line between two levels: then a multiplication may do.
  var slope: ((Int) -> Double)?

  init(argument: FixedTensorID, named node: ModelNode, isExact: Bool, value: @escaping (Double) -> Double) {
    self.argument = ScaledTensor(argument, scale: [1])
    name = node.name
    kind = node.layerClass ?? node.operation.kindName
    origin = node.origin
    self.isExact = isExact
    self.value = { x, _ in value(x) }
    key = { _ in [] }
  }

  /// What whole numbers stand for.
  init(_ argument: ScaledTensor, named node: ModelNode) {
    self.init(argument: argument.tensor, named: node, isExact: true) { $0 }
    self.argument = argument
    slope = { _ in 1 }
  }

  /// What the element's function makes of a number on the argument's grid.
  func result(of t: Double, element: Int) -> Double {
    let source = sources?[element] ?? element
    let x = argument.scale == [1] && argument.hasNoBias ? t : argument.value(t, element: source)
    return value(x, element)
  }

  /// All that distinguishes an element's function from others.
  func fullKey(_ element: Int) -> [Double] {
    let source = sources?[element] ?? element
    return [argument.scale(source), argument.bias(source)] + key(element)
  }

  /// The steepness of the whole, from the argument's grid on.
  func fullSlope(_ element: Int) -> Double? {
    slope.map { $0(element) * argument.scale(sources?[element] ?? element) }
  }

  /// The same function of moved elements.
  func gathering(_ elements: [Int]) -> PendingFunction {
    var copy = self
    copy.sources = elements.map { sources?[$0] ?? $0 }
    copy.value = { [value] x, e in value(x, elements[e]) }
    copy.key = { [key] e in key(elements[e]) }
    copy.slope = slope.map { slope in { slope(elements[$0]) } }
    return copy
  }

  /// The function, and then another one of the framework's.
  func followed(by outer: @escaping (Double) -> Double, named node: ModelNode, isExact: Bool = false) -> PendingFunction
  {
    var result = self
    result.name = node.name
    result.kind = node.layerClass ?? node.operation.kindName
    result.origin = node.origin
    result.isExact = self.isExact && isExact
    result.value = { [value] x, e in outer(value(x, e)) }
    if !isExact { result.slope = nil }
    return result
  }

  /// The function, and then one that differs between elements.
  func followed(named node: ModelNode, by outer: @escaping (Double, Int) -> Double) -> PendingFunction {
    var result = followed(by: { $0 }, named: node, isExact: true)
    result.value = { [value] x, e in outer(value(x, e), e) }
    result.key = { [key] e in key(e) + [outer(0, e), outer(1, e)] }
    result.slope = slope.map { slope in { slope($0) * (outer(1, $0) - outer(0, $0)) } }
    return result
  }

  /// The function as a quantiser sees it.
  func quantized(by quantizer: TensorQuantizer) -> PendingFunction {
    guard let scaling = quantizer.scaling, !scaling.isPlainArgument else { return self }
    var copy = self
    copy.value = { [value] x, e in scaling.divided(value(x, e), element: e) }
    copy.key = { [key] e in key(e) + [Double(scaling.scaler(e))] }
    copy.slope = slope.map { slope in { slope($0) / Double(scaling.scaler($0)) } }
    return copy
  }
}

extension TrainedGraphBuilder {
  /// Larger tables do not fit a trigger.
  private static let largestTable = 1 << 16
  /// Up to here a table is as good as a multiplier.
  private static let smallTable = 1 << 8
  /// Up to here a table is as good as a ladder of comparisons.
  private static let usualTable = 1 << 12

  /// Elements that one table serves.
  private struct TableGroup {
    var fractionBits: Int
    var type: FixedPointType?
    var key: [Double]
    var arguments: Interval
    var elements: [Int]

    var size: Int128 { arguments.upper - arguments.lower + 1 }
  }

  /// The function in hardware: a table for all elements that share one, a multiplier where it is a line, or comparisons.
  ///
  /// - Parameter types: the result types, or nil for the exact float32 values.
  mutating func addTable(_ function: PendingFunction, types: ElementTypes?, shape: [Int]) throws -> FixedTensorID {
    let count = shape.reduce(1, *)
    let groups = groups(of: function, types: types, count: count)
    if groups.contains(where: { $0.size > Int128(Self.smallTable) }),
      let line = try addLine(function, groups, shape: shape)
    {
      return line
    }
    if groups.count == 1, groups[0].size <= Int128(Self.largestTable) {
      let table = try table(function, groups[0])
      var argument = function.argument.tensor
      if let sources = function.sources { argument = gather(function, sources, shape: shape, from: argument) }
      return append(table, for: function, input: argument, shape: shape, named: function.name)
    }
    var parts: [FixedTensorID] = []
    var sources = [GatherOperation.Source](repeating: .init(input: 0, element: 0), count: count)
    for (index, group) in groups.enumerated() {
      let elements = group.elements.map { function.sources?[$0] ?? $0 }
      let argument = gather(function, elements, shape: [elements.count], from: function.argument.tensor)
      let name = uniqueName("\(function.name)_table")
      if group.size > Int128(Self.usualTable), let ladder = ladder(function, group) {
        parts.append(append(ladder.operation, ladder.type, function, argument, count: elements.count, named: name))
      } else {
        parts.append(
          append(try table(function, group), for: function, input: argument, shape: [elements.count], named: name)
        )
      }
      for (position, element) in group.elements.enumerated() {
        sources[element] = .init(input: index, element: position)
      }
    }
    return append(
      .gather(GatherOperation(sources: sources)),
      named: function.name,
      kind: function.kind,
      inputs: parts,
      shape: shape,
      types: ElementTypes(each: sources.map { graph[parts[$0.input]].types[$0.element] }),
      origin: function.origin
    )
  }

  private func groups(of function: PendingFunction, types: ElementTypes?, count: Int) -> [TableGroup] {
    struct Identity: Hashable {
      var fractionBits: Int
      var type: FixedPointType?
      var key: [Double]
    }
    var groups: [TableGroup] = []
    var places: [Identity: Int] = [:]
    let arguments = graph[function.argument.tensor].types
    let ranges = analysis[function.argument.tensor]
    for element in 0..<count {
      let source = function.sources?[element] ?? element
      let range = ranges[source]
      let fractionBits = arguments[source].width > 0 ? arguments[source].fractionBits : 0
      let identity = Identity(fractionBits: fractionBits, type: types?[element], key: function.fullKey(element))
      if let place = places[identity] {
        groups[place].elements.append(element)
        groups[place].arguments = groups[place].arguments.union(range)
      } else {
        places[identity] = groups.count
        groups.append(
          TableGroup(
            fractionBits: fractionBits,
            type: types?[element],
            key: identity.key,
            arguments: range,
            elements: [element]
          )
        )
      }
    }
    return groups
  }

  // MARK: - Multipliers

  /// One multiplication, one addition and one limit for each element, where that gives the very levels of the function.
  private mutating func addLine(
    _ function: PendingFunction,
    _ groups: [TableGroup],
    shape: [Int]
  ) throws -> FixedTensorID? {
    guard let first = groups.first, let resultBits = first.type?.fractionBits, function.isExact,
      groups.allSatisfy({ $0.fractionBits == first.fractionBits && $0.type?.fractionBits == resultBits })
    else { return nil }
    let count = shape.reduce(1, *)
    var fitted: [(line: FittedMultiplier?, low: Int128, high: Int128)] = []
    for group in groups {
      guard let type = group.type, type.overflow == .saturate || type.overflow == .saturateSymmetric,
        let representative = group.elements.first, let slope = function.fullSlope(representative),
        let thresholds = LevelThresholds(arguments: group.arguments, level: { level($0, function, group, type) })
      else { return nil }
      let high = thresholds.lowest + Int128(thresholds.firsts.count)
      let step = ConstantQuantization.scaled(slope, by: resultBits - group.fractionBits)
      let line = FittedMultiplier(thresholds, slope: step)
      if line == nil && !thresholds.firsts.isEmpty { return nil }
      fitted.append((line, thresholds.lowest, high))
    }
    let places = fitted.compactMap { $0.line?.places }.max() ?? 0
    var slopes = [Int64](repeating: 0, count: count)
    var shifts = slopes
    var lower = slopes
    var upper = slopes
    for (group, fit) in zip(groups, fitted) {
      let lift = Int128(1) << Int128(places - (fit.line?.places ?? places))
      let multiplier = (fit.line?.multiplier ?? 0) * lift
      let offset = fit.line.map { $0.offset * lift } ?? (fit.low << Int128(places))
      guard let slope = Int64(exactly: multiplier), let shift = Int64(exactly: offset),
        let low = Int64(exactly: fit.low), let high = Int64(exactly: fit.high)
      else { return nil }
      for element in group.elements {
        (slopes[element], shifts[element], lower[element], upper[element]) = (slope, shift, low, high)
      }
    }
    // In numbers: slope · t · 2^(places + result - argument), and so on.
    let operation = ClampedLinearOperation(
      slope: Self.vector(slopes, places + resultBits - first.fractionBits),
      shift: Self.vector(shifts, places + resultBits),
      lower: Self.vector(lower, resultBits),
      upper: Self.vector(upper, resultBits)
    )
    var argument = function.argument.tensor
    if let sources = function.sources { argument = gather(function, sources, shape: shape, from: argument) }
    var types = [FixedPointType](repeating: FixedPointType(width: 1, integerBits: 1), count: count)
    for group in groups {
      guard let type = group.type else { continue }
      for element in group.elements { types[element] = type.with(rounding: .truncate) }
    }
    return append(
      .clampedLinear(operation),
      named: function.name,
      kind: function.kind,
      inputs: [argument],
      shape: shape,
      types: ElementTypes(each: types),
      origin: function.origin
    )
  }

  private static func vector(_ raw: [Int64], _ fractionBits: Int) -> ConstantVector {
    ConstantQuantization.reduced(raw, fractionBits: fractionBits)
  }

  /// The raw result for a raw argument.
  private func level(_ t: Int128, _ function: PendingFunction, _ group: TableGroup, _ type: FixedPointType) -> Int128 {
    let x = ConstantQuantization.scaled(Double(t), by: -group.fractionBits)
    let value = function.result(of: x, element: group.elements[0])
    return type.quantize(value.isNaN ? 0 : value).raw
  }

  // MARK: - Comparisons

  /// A tree of comparisons for each element; nil where the function is not known to rise or to fall.
  private func ladder(_ function: PendingFunction, _ group: TableGroup) -> (
    operation: FixedOperation, type: FixedPointType
  )? {
    guard let type = group.type, type.overflow == .saturate || type.overflow == .saturateSymmetric,
      function.isExact || group.size > Int128(Self.largestTable),
      let thresholds = LevelThresholds(arguments: group.arguments, level: { level($0, function, group, type) })
    else { return nil }
    // Steps down by the argument are steps at the first argument that is too large.
    let limits = thresholds.isMirrored ? thresholds.firsts.reversed().map { -$0 + 1 } : thresholds.firsts
    let levels = (0...limits.count).map { index in
      thresholds.lowest + Int128(thresholds.isMirrored ? limits.count - index : index)
    }
    guard let words = Self.words(limits), let leaves = Self.words(levels) else { return nil }
    let trees = group.elements.indices.map { position in
      FixedTree(nodes: Self.comparisons(words, feature: position), outputs: [position], leaves: leaves)
    }
    return (
      .treeEnsemble(
        TreeEnsembleOperation(trees: trees, leafFractionBits: type.fractionBits, bias: ConstantVector(0))
      ), type
    )
  }

  private static func words(_ values: [Int128]) -> [Int64]? {
    let words = values.compactMap { Int64(exactly: $0) }
    return words.count == values.count ? words : nil
  }

  /// A balanced tree: leaf `k` where `k` limits are not above the feature.
  private static func comparisons(_ limits: [Int64], feature: Int) -> [FixedTree.Node] {
    var nodes: [FixedTree.Node] = []
    var pending: [(node: Int, range: Range<Int>)] = [(0, 0..<limits.count)]
    nodes.append(.leaf(0))
    while let next = pending.popLast() {
      guard !next.range.isEmpty else {
        nodes[next.node] = .leaf(next.range.lowerBound)
        continue
      }
      let middle = next.range.lowerBound + next.range.count / 2
      nodes[next.node] = .split(
        feature: feature,
        threshold: limits[middle],
        left: nodes.count,
        right: nodes.count + 1
      )
      pending.append((nodes.count, next.range.lowerBound..<middle))
      pending.append((nodes.count + 1, (middle + 1)..<next.range.upperBound))
      nodes += [.leaf(0), .leaf(0)]
    }
    return nodes
  }

  private mutating func append(
    _ operation: FixedOperation,
    _ type: FixedPointType,
    _ function: PendingFunction,
    _ argument: FixedTensorID,
    count: Int,
    named name: String
  ) -> FixedTensorID {
    append(
      operation,
      named: name,
      kind: function.kind,
      inputs: [argument],
      shape: [count],
      types: ElementTypes(uniform: type, count: count),
      origin: function.origin
    )
  }

  // MARK: - Tables

  private func table(_ function: PendingFunction, _ group: TableGroup) throws -> AddressedTable {
    guard group.size <= Int128(Self.largestTable) else {
      throw Diagnostic.error(
        "table-too-large",
        "'\(function.name)' would need a table of \(group.size) entries; the limit is \(Self.largestTable)",
        at: function.origin,
        hint: "train it with fewer bits in its input quantiser"
      )
    }
    let values = (0..<Int(group.size)).map { index in
      function.result(
        of: ConstantQuantization.scaled(Double(group.arguments.lower + Int128(index)), by: -group.fractionBits),
        element: group.elements[0]
      )
    }
    let type: FixedPointType
    let entries: [Int64]
    if let wanted = group.type {
      type = wanted
      entries = values.map { Int64(truncatingIfNeeded: wanted.quantize($0.isNaN ? 0 : $0).raw) }
      guard wanted.width <= 63 else { throw tooWide(function) }
      reportDoubtfulEntries(function, values, type)
    } else {
      guard let exact = ExactConstants.raw(values) else { throw tooWide(function) }
      entries = exact.raw
      let range = Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0))
      type = .containing(range, fractionBits: exact.fractionBits)
    }
    return AddressedTable(
      table: LookupTable(entries: entries, type: type),
      addressing: .linear(base: Int64(truncatingIfNeeded: group.arguments.lower), shift: 0)
    )
  }
  private func tooWide(_ function: PendingFunction) -> Diagnostic {
    .error(
      "too-wide",
      "the results of '\(function.name)' do not fit 63 bits",
      at: function.origin,
      hint: "quantise its results to fewer bits"
    )
  }

  /// The framework's functions may be off by two units in the last place, which matters next to a rounding boundary.
  private func reportDoubtfulEntries(_ function: PendingFunction, _ values: [Double], _ type: FixedPointType) {
    guard !function.isExact else { return }
    let doubtful = values.count { value in
      let single = Float(value)
      guard single.isFinite, single != 0, Double(single) == value else { return false }
      let raw = type.quantize(value).raw
      return [single.nextUp.nextUp, single.nextDown.nextDown].contains { type.quantize(Double($0)).raw != raw }
    }
    guard doubtful > 0 else { return }
    log.report(
      .warning(
        "doubtful-table-entries",
        "\(doubtful) of \(values.count) entries of '\(function.name)' lie within two float32 steps of a rounding "
          + "boundary: the framework may round them to the other side",
        at: function.origin
      )
    )
  }

  private mutating func gather(
    _ function: PendingFunction,
    _ elements: [Int],
    shape: [Int],
    from argument: FixedTensorID
  ) -> FixedTensorID {
    append(
      .gather(GatherOperation(sources: elements.map { .init(input: 0, element: $0) })),
      named: uniqueName("\(function.name)_argument"),
      kind: function.kind,
      inputs: [argument],
      shape: shape,
      types: ElementTypes(each: elements.map { graph[argument].types[$0] }),
      origin: function.origin
    )
  }

  private mutating func append(
    _ table: AddressedTable,
    for function: PendingFunction,
    input: FixedTensorID,
    shape: [Int],
    named name: String
  ) -> FixedTensorID {
    append(
      .table(table),
      named: name,
      kind: function.kind,
      inputs: [input],
      shape: shape,
      types: ElementTypes(uniform: table.table.type, count: shape.reduce(1, *)),
      origin: function.origin
    )
  }
}
