import Diagnostics
import FixedPoint
import FixedPointIR

/// Grows the body of a map, node by node, with everything proven about it so far.
struct KernelBuilder {
  private(set) var graph: FixedPointGraph
  private var analysis: RangeAnalysis
  private let origin: Origin
  private let implementation: ImplementationChoice

  /// - Parameters:
  ///   - name: the layer's name.
  ///   - inputs: the types of what is read of each operand.
  ///   - ranges: what is known of them, inside the types; nil: nothing more.
  ///   - implementation: the layer's.
  init(
    name: String,
    inputs: [ElementTypes],
    ranges: [[Interval]]? = nil,
    origin: Origin,
    implementation: ImplementationChoice
  ) {
    var graph = FixedPointGraph(name: name)
    self.origin = origin
    self.implementation = implementation
    for (index, types) in inputs.enumerated() {
      graph.append(
        .input,
        named: inputs.count == 1 ? "window" : "window\(index)",
        kind: "Input",
        inputs: [],
        shape: [types.count],
        types: types,
        origin: origin
      )
    }
    self.graph = graph
    if let ranges {
      analysis = RangeAnalysis(graph, inputs: ranges)
    } else {
      analysis = RangeAnalysis(graph)
    }
  }

  /// What is read of the first operand.
  var window: FixedTensorID { FixedTensorID(0) }

  subscript(_ id: FixedTensorID) -> FixedTensor { graph[id] }

  /// The proven raw ranges of a tensor.
  func ranges(_ id: FixedTensorID) -> [Interval] { analysis[id] }

  /// Adds a node with known types.
  @discardableResult
  mutating func append(
    _ operation: FixedOperation,
    named name: String,
    inputs: [FixedTensorID],
    types: ElementTypes
  ) -> FixedTensorID {
    let result = graph.append(
      operation,
      named: name,
      kind: "Kernel",
      inputs: inputs,
      shape: [types.count],
      types: types,
      origin: origin,
      implementation: implementation
    )
    analysis.extend(graph)
    return result
  }

  /// Adds a node whose types are chosen by what its results can be, exactly.
  @discardableResult
  mutating func append(
    _ operation: FixedOperation,
    named name: String,
    inputs: [FixedTensorID],
    count: Int,
    choose: ([ExactRange]) throws -> ElementTypes
  ) rethrows -> FixedTensorID {
    var extended = graph
    let placeholder = ElementTypes(uniform: FixedPointType(width: 1, integerBits: 1), count: count)
    extended.append(
      operation,
      named: name,
      kind: "Kernel",
      inputs: inputs,
      shape: [count],
      types: placeholder,
      origin: origin
    )
    let types = try choose(analysis.exactResults(ofLastNodeOf: extended))
    return append(operation, named: name, inputs: inputs, types: types)
  }

  /// Some elements of tensors, with their types.
  mutating func gather(_ sources: [GatherOperation.Source], named name: String, of inputs: [FixedTensorID])
    -> FixedTensorID
  {
    let types = ElementTypes(each: sources.map { graph[inputs[$0.input]].types[$0.element] })
    return append(.gather(GatherOperation(sources: sources)), named: name, inputs: inputs, types: types)
  }

  /// The body, which returns one tensor.
  func body(returning result: FixedTensorID) -> FixedPointGraph {
    var body = graph
    body.outputs = [result]
    return body
  }
}

extension KernelBuilder {
  /// The largest, or smallest, of all elements of the window, pairwise: halves against halves.
  mutating func extreme(_ kind: FixedMergeKind) -> FixedTensorID {
    var values = window
    var level = 0
    while graph[values].count > 1 {
      let count = graph[values].count
      let half = count / 2
      func part(_ range: Range<Int>) -> [GatherOperation.Source] { range.map { .init(input: 0, element: $0) } }
      let lower = gather(part(0..<half), named: "lower\(level)", of: [values])
      let upper = gather(part(half..<2 * half), named: "upper\(level)", of: [values])
      let type = FixedPointType.union(graph[values].types.distinct)
      let larger = append(
        .merge(kind),
        named: "\(kind.rawValue)\(level)",
        inputs: [lower, upper],
        types: ElementTypes(uniform: type, count: half)
      )
      if count % 2 == 1 {
        let rest = part(0..<half) + [GatherOperation.Source(input: 1, element: count - 1)]
        values = gather(rest, named: "left\(level)", of: [larger, values])
      } else {
        values = larger
      }
      level += 1
    }
    return values
  }
}

extension FixedPointType {
  /// The smallest type that holds every value of all of them.
  static func union(_ types: [FixedPointType]) -> FixedPointType {
    guard let first = types.first, types.contains(where: { $0 != first }) else {
      return types.first ?? FixedPointType(width: 0, integerBits: 0, isSigned: false)
    }
    let held = types.filter { $0.width > 0 }
    let grid = held.map(\.fractionBits).max() ?? 0
    let range = held.reduce(Interval(0)) { $0.union($1.rawRange.shifted(by: grid - $1.fractionBits)) }
    return .containing(range, fractionBits: grid)
  }
}
