import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

/// Cuts a model into stages between which tokens flow.
///
/// A layer that treats every position by itself joins its neighbours of that kind (a region); one that looks at windows is
/// a stage with a buffer; a dense layer over all positions adds its products as tokens come. What is none of these gets
/// its operands as a whole, one token of all elements, as far as they are small.
struct StreamPlanner {
  let graph: FixedPointGraph
  let analysis: RangeAnalysis
  var plan: StreamPlan
  /// By tensor.
  var streams: [StreamID?]
  /// By stream: stages with buffers on the way from the inputs.
  var levels: [Int] = []
  var regions: [Region] = []
  /// By stream: the region that makes it.
  var regionOf: [Int?] = []
  /// Stages that are no regions, and regions as they become stages.
  var cuts: [StreamStage] = []
  /// Of streams that were collected: the whole.
  var collected: [StreamID: StreamID] = [:]
  /// Inputs and outputs with their channels first, whose streams hold the same elements with the channels last.
  var planar: Set<FixedTensorID> = []

  /// Layers that treat positions by themselves, and hang together.
  struct Region {
    var positions: Int
    var level: Int
    var parts: [Part] = []
    /// The region that it became part of.
    var mergedInto: Int?

    struct Part {
      var layer: NetlistScope
      var fragment: TokenFragment
      var operands: [StreamID]
      var output: StreamID
    }
  }

  /// Elements of a tensor that is collected in registers, at most.
  static let largestWhole = 2048
  /// Elements of a window, at most: they stand in registers, too.
  static let largestWindow = 16_384

  /// - Parameter graph: a graph without dead neurons.
  static func plan(_ graph: FixedPointGraph) throws -> StreamPlan {
    var planner = StreamPlanner(graph)
    return try planner.makePlan()
  }

  private init(_ graph: FixedPointGraph) {
    self.graph = graph
    analysis = RangeAnalysis(graph)
    plan = StreamPlan(name: graph.name)
    streams = graph.tensors.map { _ in nil }
  }

  private mutating func makePlan() throws -> StreamPlan {
    for (index, node) in graph.nodes.enumerated() { try add(node, index) }
    for (number, output) in graph.outputs.enumerated() {
      if planar.contains(output) { plan.planarOutputs.insert(number) }
      // What comes in goes out through a stage.
      let id = stream(output)
      plan.outputs.append(plan.inputs.contains(id) ? copy(id, of: output) : id)
    }
    plan.stages = ordered(cuts + regions.compactMap(stage))
    plan.dropDeadStages()
    plan.fuse()
    plan.settleRanges()
    return plan
  }

  // MARK: - Layers

  private mutating func add(_ node: FixedNode, _ index: Int) throws {
    if case .input = node.operation {
      let id: StreamID
      if let (turned, positions) = planarReader(of: node.output) {
        id = append(turned, positions: positions, level: 0)
        plan.rename(id, to: graph[node.output].name)
        plan.planarInputs.insert(plan.inputs.count)
        planar.insert(node.output)
      } else {
        id = append(node.output, positions: inputPositions(of: node.output), level: 0)
      }
      plan.inputs.append(id)
      streams[node.output.index] = id
      return
    }
    if isPlanarResult(node) {
      planar.insert(node.output)
      streams[node.output.index] = streams[node.inputs[0].index]
      return
    }
    if node.isCopy(in: graph) || planar.contains(node.inputs[0]) {
      streams[node.output.index] = streams[node.inputs[0].index]
      return
    }
    if addRecurrence(node, index) || addPointwise(node) || addWindows(node) || addAccumulation(node, index) { return }
    try addWhole(node)
  }

  /// A layer that treats every position by itself.
  private mutating func addPointwise(_ node: FixedNode) -> Bool {
    let operands = node.inputs.map(stream)
    let positions = plan[operands[0]].positions
    guard operands.allSatisfy({ plan[$0].positions == positions }),
      let types = tokenTypes(of: node.output, positions: positions)
    else { return false }
    let tokens = operands.map { plan[$0].types }
    let fragment: TokenFragment
    if case .map(let map) = node.operation {
      let shapes = node.inputs.map { graph[$0].shape }
      if positions == 1 {
        fragment = TokenFragment(
          node,
          node.operation,
          operands: tokens,
          types: types,
          shapes: (shapes, graph[node.output].shape)
        )
        guard map.isSmall else { return false }
      } else {
        guard map.isPointwise(shapes: shapes), zip(shapes, tokens).allSatisfy({ $0.last == $1.count }) else {
          return false
        }
        fragment = TokenFragment(node, map, shapes: shapes, operands: tokens, types: types)
      }
    } else {
      guard let operation = node.operation.onToken(of: positions, operands: tokens.map(\.count), result: types.count)
      else { return false }
      let shapes = positions == 1 ? (node.inputs.map { graph[$0].shape }, graph[node.output].shape) : nil
      fragment = TokenFragment(node, operation, operands: tokens, types: types, shapes: shapes)
    }
    join(node, fragment, operands, positions: positions)
    return true
  }

  /// A map over windows of positions.
  private mutating func addWindows(_ node: FixedNode) -> Bool {
    guard case .map(let map) = node.operation, node.inputs.count == 1 else { return false }
    let shape = graph[node.inputs[0]].shape
    let operand = stream(node.inputs[0])
    guard let raster = map.raster(shape: shape), plan[operand].positions == raster.tokens,
      plan[operand].elements == shape.last, raster.taps * plan[operand].elements <= Self.largestWindow,
      let types = tokenTypes(of: node.output, positions: raster.firings)
    else { return false }
    let fragment = TokenFragment(node, map, shapes: [shape], operands: [plan[operand].types], types: types)
    let output = append(node.output, positions: raster.firings, level: levels[operand.index] + 1)
    let layer = NetlistScope(name: node.name, kind: node.kind)
    cuts.append(
      StreamStage(
        name: node.name,
        layer: layer,
        operands: [operand],
        outputs: [output],
        work: .kernel(
          TokenKernel(
            raster: raster,
            body: fragment.body,
            padding: map.accesses[0].padding,
            layers: fragment.layers(layer)
          )
        )
      )
    )
    streams[node.output.index] = output
    return true
  }

  /// A dense layer over all positions.
  private mutating func addAccumulation(_ node: FixedNode, _ index: Int) -> Bool {
    guard case .dense(let dense) = node.operation else { return false }
    let operand = stream(node.inputs[0])
    let positions = plan[operand].positions
    switch dense.accumulation {
    case .exact: break
    case .stepwise(let type, _): guard type.overflow == .wrap else { return false }
    }
    let types = dense.accumulatorTypes(exact: analysis.exact[index])
    let sum = plan.append(
      TokenStream(
        name: "\(node.name)_sum",
        positions: 1,
        types: types,
        ranges: types.enumerated().map { element, type in
          dense.accumulation.type == nil ? analysis.exact[index][element].raw.union(Interval(0)) : type.rawRange
        }
      )
    )
    levels.append(levels[operand.index] + 1)
    regionOf.append(nil)
    let layer = NetlistScope(name: node.name, kind: node.kind)
    let isShared = node.implementation.strategy == .resource && node.implementation.reuseFactor > 1
    cuts.append(
      StreamStage(
        name: node.name,
        layer: layer,
        operands: [operand],
        outputs: [sum],
        work: .accumulation(
          TokenAccumulation(
            positions: positions,
            dense: dense,
            sumTypes: types,
            reuseFactor: isShared ? min(node.implementation.reuseFactor, plan[operand].elements) : nil
          )
        )
      )
    )
    var rest = node
    rest.implementation = ImplementationChoice()
    let fragment = TokenFragment(rest, .requantize, operands: [types], types: graph[node.output].types.all)
    join(rest, fragment, [sum], positions: 1)
    return true
  }

  /// A layer on whole tensors.
  private mutating func addWhole(_ node: FixedNode) throws {
    let sizes = node.inputs.map { graph[$0].count } + [graph[node.output].count]
    if case .map(let map) = node.operation, !map.isSmall { throw refusal(node, sizes) }
    guard sizes.allSatisfy({ $0 <= Self.largestWhole }) else { throw refusal(node, sizes) }
    let operands = node.inputs.map { whole(stream($0), of: $0) }
    let fragment = TokenFragment(
      node,
      node.operation,
      operands: operands.map { plan[$0].types },
      types: graph[node.output].types.all,
      shapes: (node.inputs.map { graph[$0].shape }, graph[node.output].shape)
    )
    join(node, fragment, operands, positions: 1)
  }

  private func refusal(_ node: FixedNode, _ sizes: [Int]) -> Diagnostic {
    let most = Self.largestWhole
    return Diagnostic.error(
      "not-streamable",
      "layer '\(node.name)' (\(node.kind)) cannot be streamed: it does not take its \(sizes.max() ?? 0) elements as they come",
      at: node.origin,
      hint: "give \(option: .io, "parallel"), or let it come behind pooling: up to \(most) elements are kept as a whole"
    )
  }

  // MARK: - Streams

  func stream(_ id: FixedTensorID) -> StreamID {
    guard let stream = streams[id.index] else { preconditionFailure("nodes stand in topological order") }
    return stream
  }

  /// Positions of an input; where all readers see it in one other shape, the elements in the same order, those of that shape:
  /// a channels-first image of one channel comes pixel by pixel.
  private func inputPositions(of id: FixedTensorID) -> Int {
    let readers = graph.nodes.filter { $0.inputs.contains(id) }
    guard graph[id].shape.count > 1, !graph.outputs.contains(id), let first = readers.first,
      case let shape = graph[first.output].shape, shape.count > 1,
      readers.allSatisfy({ $0.isCopy(in: graph) && graph[$0.output].shape == shape }),
      case let positions = shape.dropLast().reduce(1, *), tokenTypes(of: id, positions: positions) != nil
    else { return positions(of: id) }
    return positions
  }

  /// Leading extents, where all positions have the same types.
  private func positions(of id: FixedTensorID) -> Int {
    let positions = graph[id].shape.dropLast().reduce(1, *)
    return tokenTypes(of: id, positions: positions) == nil ? 1 : positions
  }

  /// By element of a token; nil where positions differ.
  func tokenTypes(of id: FixedTensorID, positions: Int) -> [FixedPointType]? {
    let types = graph[id].types
    guard positions > 0, types.count.isMultiple(of: positions) else { return nil }
    let length = types.count / positions
    if let uniform = types.uniform { return [FixedPointType](repeating: uniform, count: length) }
    guard (0..<types.count).allSatisfy({ types[$0] == types[$0 % length] }) else { return nil }
    return (0..<length).map { types[$0] }
  }

  mutating func append(_ id: FixedTensorID, positions: Int, level: Int) -> StreamID {
    let types = tokenTypes(of: id, positions: positions) ?? []
    var ranges = Array(analysis[id].prefix(types.count))
    for (index, range) in analysis[id].enumerated().dropFirst(types.count) {
      ranges[index % types.count] = ranges[index % types.count].union(range)
    }
    return appendMade(
      TokenStream(name: graph[id].name, positions: positions, types: types, ranges: ranges),
      level: level
    )
  }

  /// Adds a stream that no region makes.
  mutating func appendMade(_ stream: TokenStream, level: Int) -> StreamID {
    levels.append(level)
    regionOf.append(nil)
    return plan.append(stream)
  }

  /// All tokens of an event as one.
  private mutating func whole(_ id: StreamID, of tensor: FixedTensorID) -> StreamID {
    if plan[id].positions == 1 { return id }
    if let known = collected[id] { return known }
    let (positions, token) = (plan[id].positions, plan[id])
    var body = FixedPointGraph(name: "\(token.name)_whole")
    let types = (0..<positions).flatMap { _ in token.types }
    body.outputs = [body.appendInput("window", types: types, origin: Origin(file: token.name))]
    levels.append(levels[id.index] + 1)
    regionOf.append(nil)
    let output = plan.append(
      TokenStream(
        name: body.name,
        positions: 1,
        types: types,
        ranges: (0..<positions).flatMap { _ in token.ranges }
      )
    )
    cuts.append(
      StreamStage(
        name: body.name,
        layer: NetlistScope(name: body.name, kind: "Collect"),
        operands: [id],
        outputs: [output],
        work: .kernel(TokenKernel(raster: .whole(positions), body: body, padding: nil, layers: [:]))
      )
    )
    collected[id] = output
    return output
  }

  private mutating func copy(_ id: StreamID, of tensor: FixedTensorID) -> StreamID {
    let types = plan[id].types
    let node = FixedNode(
      name: "\(plan[id].name)_copy",
      kind: "Copy",
      operation: .requantize,
      inputs: [tensor],
      output: tensor,
      origin: graph.nodes.first { $0.output == tensor }?.origin ?? Origin(file: graph.name)
    )
    let fragment = TokenFragment(node, .requantize, operands: [types], types: types)
    let former = streams[tensor.index]
    join(node, fragment, [id], positions: plan[id].positions)
    let result = stream(tensor)
    streams[tensor.index] = former
    return result
  }
}

extension TokenFragment {
  fileprivate func layers(_ layer: NetlistScope) -> [String: NetlistScope] {
    Dictionary(body.nodes.map { ($0.name, layer) }, uniquingKeysWith: { first, _ in first })
  }
}

extension FixedNode {
  /// Whether the elements stay what they are, in their order.
  fileprivate func isCopy(in graph: FixedPointGraph) -> Bool {
    guard case .gather(let gather) = operation, inputs.count == 1, graph[inputs[0]].count == gather.sources.count,
      graph[inputs[0]].types.all == graph[output].types.all
    else { return false }
    return gather.sources.enumerated().allSatisfy { $1.element == $0 }
  }
}

extension MapOperation {
  /// Whether all firings may be built side by side, on whole tensors.
  fileprivate var isSmall: Bool { firings * resultCount <= StreamPlanner.largestWhole }
}
