import Diagnostics
import FixedPoint
import FixedPointIR

extension RandomFixedPointGraph {
  /// A window over the elements of a tensor, with everything that a window can have.
  mutating func map(_ source: FixedTensorID, _ name: String) -> FixedTensorID {
    let count = graph[source].count
    let (size, dilation, stride) = (int(1...3), int(1...2), int(1...2))
    let before = int(0...2)
    let domain = int(1...3)
    let last = (domain - 1) * stride + (size - 1) * dilation - before
    let isInside = before == 0 && last < count
    let type = unionType(of: graph[source].types)
    let padding =
      isInside && Bool.random(using: &generator)
      ? nil : ExactValue(raw: Bool.random(using: &generator) ? 0 : type.minimumRaw, fractionBits: type.fractionBits)
    var accesses = [
      WindowAccess(
        axes: [.window(domainAxis: 0, size: size, stride: stride, dilation: dilation, before: before)],
        padding: padding
      )
    ]
    var inputs = [source]
    var types = [ElementTypes(uniform: type, count: size)]
    switch int(0...2) {
    case 0:
      accesses.append(WindowAccess(axes: [.whole(extent: count)]))
      types.append(ElementTypes(uniform: type, count: count))
      inputs.append(source)
    case 1:
      let indices = (0..<domain).map { _ in int(0...count - 1) }
      accesses.append(WindowAccess(axes: [.indexed(domainAxis: 0, indices: indices)]))
      types.append(ElementTypes(uniform: type, count: 1))
      inputs.append(source)
    default: break
    }
    let body = kernel(types, states: [])
    let operation = MapOperation(domain: [domain], body: body, accesses: accesses)
    return append(.map(operation), name, inputs, types: resultTypes(body.outputs[0], of: body, firings: domain))
  }

  /// A dense layer at every row of a tensor, in types of the kernel's or of each position.
  mutating func rows(of source: FixedTensorID, _ dense: DenseOperation, _ name: String) -> FixedTensorID {
    let positions = graph[source].count / dense.inputSize
    let table = append(
      .gather(.identity(count: graph[source].count)),
      name + "_rows",
      [source],
      shape: [positions, dense.inputSize],
      types: graph[source].types
    )
    var body = FixedPointGraph(name: "kernel")
    let window = body.append(
      .input,
      named: "window",
      kind: "Random",
      inputs: [],
      shape: [dense.inputSize],
      types: ElementTypes(uniform: unionType(of: graph[source].types), count: dense.inputSize),
      origin: Origin(file: "random", place: name)
    )
    let result = body.append(
      .dense(dense),
      named: "dense",
      kind: "Random",
      inputs: [window],
      shape: [dense.outputSize],
      types: types(dense.outputSize),
      origin: Origin(file: "random", place: name)
    )
    body.outputs = [result]
    let repeated = ElementTypes(perChannel: body[result].types.all, positions: positions)
    var results = resultTypes(result, of: body, firings: positions)
    if !allowsKernels { results = repeated }
    if Bool.random(using: &generator) {
      let sums = RangeAnalysis(body).exact[1]
      body[result].types = ElementTypes(each: sums.map { .containing($0.raw, fractionBits: $0.fractionBits) })
      results = types(positions * dense.outputSize)
    }
    let operation = MapOperation.overLastAxis(of: graph[table].shape, body: body)
    return append(.map(operation), name, [table], types: results)
  }

  /// A recurrence over the elements of a tensor.
  mutating func scan(_ source: FixedTensorID, _ name: String) -> FixedTensorID {
    let steps = graph[source].count
    let states = (0..<int(1...2)).map { _ in types(int(1...3)) }
    let slice = ElementTypes(uniform: unionType(of: graph[source].types), count: 1)
    let body = kernel([slice], states: states)
    let initialStates = states.map { types in
      ScanOperation.InitialState(
        raw: (0..<types.count).map { element in
          let range = types[element].rawRange
          return Int64(clamping: Int128.random(in: range.lower...range.upper, using: &generator))
        }
      )
    }
    let operation = ScanOperation(
      steps: steps,
      isReversed: Bool.random(using: &generator),
      initialStates: initialStates,
      body: body,
      returnsAll: Bool.random(using: &generator)
    )
    let firings = operation.returnsAll ? steps : 1
    return append(.scan(operation), name, [source], types: resultTypes(operation.result, of: body, firings: firings))
  }

  /// A small graph over the states and the operands, which returns the next states and one result.
  mutating func kernel(_ operands: [ElementTypes], states: [ElementTypes]) -> FixedPointGraph {
    var inner = self
    inner.graph = FixedPointGraph(name: "kernel")
    // Kernels in kernels, but not without end.
    inner.allowsKernels = allowsKernels && int(0...5) == 0
    let inputs = (states + operands).enumerated().map { index, types in
      inner.append(.input, "operand\(index)", [], types: types)
    }
    var live = inputs
    for layer in 0..<inner.int(1...2) {
      let source = live[inner.int(0...live.count - 1)]
      live.append(inner.randomLayer(source, live: live, name: "kernel\(layer)"))
    }
    let outputs = states.enumerated().map { index, types in
      let source = live[inner.int(0...live.count - 1)]
      let sources = (0..<types.count).map { _ in
        GatherOperation.Source(input: 0, element: inner.int(0...inner.graph[source].count - 1))
      }
      return inner.append(.gather(GatherOperation(sources: sources)), "state\(index)", [source], types: types)
    }
    inner.graph.outputs = outputs + [live[live.count - 1]]
    generator = inner.generator
    return inner.graph
  }

  /// The kernel's own types at every firing, or others.
  private mutating func resultTypes(_ result: FixedTensorID, of body: FixedPointGraph, firings: Int) -> ElementTypes {
    let types = body[result].types
    if int(0...3) == 0 { return self.types(firings * types.count) }
    return ElementTypes(each: (0..<firings).flatMap { _ in types.all })
  }

  /// A type that holds every value of every element.
  func unionType(of types: ElementTypes) -> FixedPointType {
    let grid = types.all.map(\.fractionBits).max() ?? 0
    let range = types.all.map { type in type.rawRange.shifted(by: grid - type.fractionBits) }
      .reduce(Interval(0)) { $0.union($1) }
    return .containing(range, fractionBits: grid)
  }
}
