import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// A function of a tensor of exact numbers whose results wait for a quantiser.
struct PendingFunction {
  var argument: FixedTensorID
  /// By element, the element of the argument; nil: the same.
  var sources: [Int]?
  var name: String
  var kind: String
  var origin: Origin
  /// Whether the results are known to the bit: elementary steps in float32, and no function of the framework's own making.
  var isExact: Bool
  /// As the framework computes it, in float32.
  var value: (Double) -> Double

  init(argument: FixedTensorID, named node: ModelNode, isExact: Bool, value: @escaping (Double) -> Double) {
    self.argument = argument
    name = node.name
    kind = node.layerClass ?? node.operation.kindName
    origin = node.origin
    self.isExact = isExact
    self.value = value
  }

  /// The same function of moved elements.
  func gathering(_ elements: [Int]) -> PendingFunction {
    var copy = self
    copy.sources = elements.map { sources?[$0] ?? $0 }
    return copy
  }

  /// The function, and then another one of the framework's.
  func followed(by outer: @escaping (Double) -> Double, named node: ModelNode) -> PendingFunction {
    var result = PendingFunction(argument: argument, named: node, isExact: false) { [value] in outer(value($0)) }
    result.sources = sources
    return result
  }

  /// The function as a quantiser sees it.
  func quantised(by quantizer: TensorQuantizer) -> PendingFunction {
    guard let scaling = quantizer.scaling, scaling.scaler != 1 else { return self }
    var copy = self
    copy.value = { [value] in scaling.divided(value($0)) }
    return copy
  }
}

extension TrainedGraphBuilder {
  /// Larger tables do not fit a trigger.
  private static let largestTable = 1 << 16

  /// Elements that one table serves.
  private struct TableGroup {
    var fractionBits: Int
    var type: FixedPointType?
    var arguments: Interval
    var elements: [Int]
  }

  /// The function as tables: one for all elements whose arguments stand on one grid and whose results have one type.
  ///
  /// - Parameter types: the result types, or nil for the exact float32 values.
  mutating func addTable(_ function: PendingFunction, types: ElementTypes?, shape: [Int]) throws -> FixedTensorID {
    let count = shape.reduce(1, *)
    let groups = groups(of: function, types: types, count: count)
    if groups.count == 1 {
      let table = try table(function, groups[0])
      var argument = function.argument
      if let sources = function.sources { argument = gather(function, sources, shape: shape, from: argument) }
      return append(table, for: function, input: argument, shape: shape, named: function.name)
    }
    var parts: [FixedTensorID] = []
    var sources = [GatherOperation.Source](repeating: .init(input: 0, element: 0), count: count)
    for (index, group) in groups.enumerated() {
      let elements = group.elements.map { function.sources?[$0] ?? $0 }
      let argument = gather(function, elements, shape: [elements.count], from: function.argument)
      let name = uniqueName("\(function.name)_table")
      parts.append(
        append(try table(function, group), for: function, input: argument, shape: [elements.count], named: name)
      )
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
    var groups: [TableGroup] = []
    let arguments = graph[function.argument].types
    let ranges = analysis[function.argument]
    for element in 0..<count {
      let source = function.sources?[element] ?? element
      let range = ranges[source]
      let fractionBits = arguments[source].width > 0 ? arguments[source].fractionBits : 0
      let match = groups.firstIndex { $0.fractionBits == fractionBits && $0.type == types?[element] }
      if let match {
        groups[match].elements.append(element)
        groups[match].arguments = groups[match].arguments.union(range)
      } else {
        groups.append(
          TableGroup(fractionBits: fractionBits, type: types?[element], arguments: range, elements: [element])
        )
      }
    }
    return groups
  }

  private func table(_ function: PendingFunction, _ group: TableGroup) throws -> AddressedTable {
    let size = group.arguments.upper - group.arguments.lower + 1
    guard size <= Int128(Self.largestTable) else {
      throw Diagnostic.error(
        "table-too-large",
        "'\(function.name)' would need a table of \(size) entries; the limit is \(Self.largestTable)",
        at: function.origin,
        hint: "train it with fewer bits in its input quantiser"
      )
    }
    let values = (0..<Int(size)).map { index in
      function.value(
        ConstantQuantization.scaled(Double(group.arguments.lower + Int128(index)), by: -group.fractionBits)
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
