import FixedPoint
import FixedPointIR

extension RandomFixedPointGraph {
  /// A recurrence of a random cell over a short sequence, or two of them one behind the other; some start from states that come with
  /// the event.
  ///
  /// - Parameter streams: whether all can go the way in which steps come: forward, from constants.
  package mutating func sequenceGraph(streams: Bool = false) -> FixedPointGraph {
    graph = FixedPointGraph(name: "sequence")
    allowsStepwise = int(0...1) == 0
    allowsTrees = false
    let steps = int(2...5)
    let features = (0..<int(1...3)).map { _ in type(widths: 1...8) }
    let input = append(
      .input,
      "steps",
      [],
      shape: [steps, features.count],
      types: ElementTypes(perChannel: features, positions: steps)
    )
    var last = recurrence(input, "cell", returnsAll: nil, streams: streams)
    if graph[last].shape.count == 2, int(0...1) == 0 {
      last = recurrence(last, "second", returnsAll: nil, streams: streams)
    }
    graph.outputs = [last]
    return graph
  }

  private mutating func recurrence(_ source: FixedTensorID, _ name: String, returnsAll: Bool?, streams: Bool)
    -> FixedTensorID
  {
    let (steps, width) = (graph[source].shape[0], graph[source].shape[1])
    let slice = ElementTypes(each: (0..<width).map { graph[source].types[$0] })
    let states = (0..<int(1...2)).map { _ in types(int(1...3)) }
    let body = kernel([slice], states: states)
    let initialStates = states.map { types in
      ScanOperation.InitialState(
        raw: (0..<types.count).map { element in
          let range = types[element].rawRange
          return Int64(clamping: Int128.random(in: range.lower...range.upper, using: &generator))
        }
      )
    }
    let isStarted = !streams && int(0...2) == 0
    let operation = ScanOperation(
      steps: steps,
      isReversed: !streams && int(0...2) == 0,
      initialStates: initialStates,
      body: body,
      returnsAll: int(0...1) == 0,
      startsFromOperands: isStarted
    )
    var operands = [source]
    if isStarted {
      for (state, types) in states.enumerated() {
        operands.append(append(.input, "\(name)_start\(state)", [], types: types))
      }
    }
    let results = body[operation.result].types
    let rows = operation.returnsAll ? steps : 1
    return append(
      .scan(operation),
      name,
      operands,
      shape: (operation.returnsAll ? [steps] : []) + [results.count],
      types: ElementTypes(perChannel: results.all, positions: rows)
    )
  }
}
