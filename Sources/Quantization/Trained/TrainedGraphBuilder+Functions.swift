import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Elements of a function that are computed alike: one table serves them, or one line, or one ladder.
struct FunctionGroup {
  var fractionBits: Int
  var type: FixedPointType?
  var key: [Double]
  var arguments: Interval
  var elements: [Int]

  var size: Int128 { arguments.upper - arguments.lower + 1 }
}

extension TrainedGraphBuilder {
  /// Larger tables do not fit a trigger.
  static let largestTable = 1 << 16
  /// Up to here a table is as good as a multiplier.
  private static let smallTable = 1 << 8
  /// Up to here a table is as good as a ladder of comparisons.
  private static let usualTable = 1 << 12

  /// The function in hardware: a table for all elements that share one, a multiplier where it is a line, or comparisons.
  ///
  /// - Parameters:
  ///   - types: the result types, or nil for the exact float32 values.
  ///   - steps: the same as a staircase, where it is one.
  mutating func addTable(
    _ function: PendingFunction,
    types: ElementTypes?,
    shape: [Int],
    steps: PendingSteps? = nil
  ) throws -> FixedTensorID {
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
      try checkWidth(of: function, group)
      if group.size > Int128(Self.usualTable), let ladder = ladder(function, group, steps: steps) {
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

  /// Refuses arguments that are too wide to be compared.
  private func checkWidth(of function: PendingFunction, _ group: FunctionGroup) throws {
    let types = graph[function.argument.tensor].types
    let width = group.elements.map { types[function.sources?[$0] ?? $0].width }.max() ?? 0
    guard width > TreeEnsembleOperation.widestFeature else { return }
    throw Diagnostic.error(
      "too-wide",
      "'\(function.name)' reads exact numbers of \(width) bits; at most \(TreeEnsembleOperation.widestFeature) can be compared",
      at: function.origin,
      hint: "state a narrower type of the model's inputs with \(option: .inputPrecision), or quantise them in the model"
    )
  }

  private func groups(of function: PendingFunction, types: ElementTypes?, count: Int) -> [FunctionGroup] {
    struct Identity: Hashable {
      var fractionBits: Int
      var type: FixedPointType?
      var key: [Double]
    }
    var groups: [FunctionGroup] = []
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
          FunctionGroup(
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

  /// The raw result for a raw argument.
  func level(_ t: Int128, _ function: PendingFunction, _ group: FunctionGroup, _ type: FixedPointType) -> Int128 {
    let x = ConstantQuantization.scaled(Double(t), by: -group.fractionBits)
    let value = function.result(of: x, element: group.elements[0])
    return type.quantize(value.isNaN ? 0 : value).raw
  }
}
