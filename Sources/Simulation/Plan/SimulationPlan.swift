import Diagnostics
import FixedPoint
import FixedPointIR

/// A graph as the workers execute it: kernels in order, and where every tensor lies in the memory of a tile.
struct SimulationPlan: Sendable {
  var inputs: [InputKernel] = []
  /// The places of a kernel's inputs, which the firing operation fills.
  var kernelInputs: [Int] = []
  var kernels: [any TileKernel] = []
  /// The kernel after which each node of the graph is complete, as a count of kernels.
  var kernelsUntilNode: [Int] = []
  /// Places of the tensors, by kernel index spaces; tensors that are the same rows share one.
  var places: [TensorPlace] = []
  var outputs: [OutputKernel] = []
  /// The place of every tensor of the graph, and the values that it can hold.
  var tensors: [PlannedTensor] = []
  /// Samples of a full tile.
  private(set) var lanes = Tile.mostLanes
  /// Bytes per lane.
  var memorySize = 0
  var scratchSize = 0

  init(_ graph: FixedPointGraph) throws {
    let hasKernels = graph.nodes.contains { !$0.operation.facts.bodies.isEmpty }
    try self.init(graph, kind: .model(hasKernels ? RangeAnalysis(graph) : nil))
  }

  /// What a plan is for.
  enum Kind {
    /// The user's model, whose inputs are numbers; an analysis where operations have kernels.
    case model(RangeAnalysis?)
    /// The kernel of one node, whose overflows count as that node's.
    case kernel(RangeAnalysis, result: CountingSite, inside: CountingSite)

    fileprivate var analysis: RangeAnalysis? {
      switch self {
      case .model(let analysis): analysis
      case .kernel(let analysis, _, _): analysis
      }
    }
  }

  init(_ graph: FixedPointGraph, kind: Kind) throws {
    try plan(graph, kind)
    assignStorage(graph)
    assignOffsets(graph)
    planOutputs(graph)
    while lanes > Tile.granule, memorySize * lanes > Tile.tensorMemory { lanes /= 2 }
    prepareKernels(lanes: lanes)
  }

  /// Tells the kernels how many lanes a full tile has, and learns how much scratch memory they need then.
  mutating func prepareKernels(lanes: Int) {
    for index in kernels.indices { kernels[index].prepare(lanes: lanes) }
    scratchSize = kernels.reduce(Chunk.scratchSize) { max($0, $1.scratchSize) }
    scratchSize = inputs.reduce(scratchSize) { max($0, $1.scratchSize) }
  }

  private mutating func plan(_ graph: FixedPointGraph, _ kind: Kind) throws {
    let unplanned = PlannedTensor(place: -1, types: ElementTypes(each: []), ranges: [])
    tensors = [PlannedTensor](repeating: unplanned, count: graph.tensors.count)
    var inputOffset = 0
    for (index, node) in graph.nodes.enumerated() {
      let types = graph[node.output].types
      let context = NodeContext(
        node: node,
        index: index,
        inputs: node.inputs.map { tensors[$0.index] },
        inputShapes: node.inputs.map { graph[$0].shape },
        kernel: kind.analysis?.kernels[index],
        output: places.count,
        outputTypes: types,
        resultSite: kind.resultSite(of: node, index: index, in: graph),
        insideSite: kind.insideSite(ofNode: index)
      )
      try context.require(
        context.inputs.allSatisfy { $0.place >= 0 },
        "an input that no earlier layer computes"
      )
      if case .input = node.operation, case .kernel(let analysis, _, _) = kind {
        kernelInputs.append(places.count)
        addTensor(node.output, types: types, ranges: analysis[node.output])
      } else if case .input = node.operation {
        addInput(context, offset: inputOffset, stride: graph.inputCount, node.output)
        inputOffset += types.count
      } else if let alias = context.alias {
        tensors[node.output.index] = PlannedTensor(
          place: alias.place,
          types: types,
          ranges: alias.ranges
        )
      } else {
        let planned = try context.plan()
        kernels.append(planned.kernel)
        addTensor(node.output, types: types, ranges: planned.ranges)
      }
      kernelsUntilNode.append(kernels.count)
    }
  }

  private mutating func addInput(_ context: NodeContext, offset: Int, stride: Int, _ output: FixedTensorID) {
    let types = context.outputTypes
    inputs.append(
      InputKernel(
        output: context.output,
        offset: offset,
        stride: stride,
        types: types.all,
        site: context.resultSite
      )
    )
    addTensor(output, types: types, ranges: types.all.map(\.rawRange))
  }

  private mutating func addTensor(_ id: FixedTensorID, types: ElementTypes, ranges: [Interval]) {
    tensors[id.index] = PlannedTensor(place: places.count, types: types, ranges: ranges)
    let all = ranges.dropFirst().reduce(ranges.first ?? Interval(0)) { $0.union($1) }
    let storage: LaneStorage = LaneStorage.int32.holds(all) ? .int32 : LaneStorage.int64.holds(all) ? .int64 : .int128
    places.append(TensorPlace(storage: storage, offset: 0, rows: types.count))
  }

  private mutating func planOutputs(_ graph: FixedPointGraph) {
    var offset = 0
    for id in graph.outputs {
      let tensor = tensors[id.index]
      outputs.append(
        OutputKernel(place: tensor.place, offset: offset, stride: graph.outputCount, types: tensor.types.all)
      )
      offset += tensor.types.count
    }
  }

  /// A kernel that writes one tensor as a flat vector of its own.
  func traceKernel(of tensor: FixedTensorID) -> OutputKernel {
    let planned = tensors[tensor.index]
    return OutputKernel(place: planned.place, offset: 0, stride: planned.types.count, types: planned.types.all)
  }
}

extension SimulationPlan.Kind {
  fileprivate func resultSite(of node: FixedNode, index: Int, in graph: FixedPointGraph) -> CountingSite {
    switch self {
    case .model: .result(ofNode: index)
    case .kernel(_, let result, let inside): graph.outputs.contains(node.output) ? result : inside
    }
  }

  fileprivate func insideSite(ofNode index: Int) -> CountingSite {
    switch self {
    case .model: .inside(ofNode: index)
    case .kernel(_, _, let inside): inside
    }
  }
}

extension NodeContext {
  /// The input that the node passes on unchanged, if it does.
  fileprivate var alias: PlannedTensor? {
    switch node.operation {
    case .gather(let gather):
      guard inputs.count >= 1, let first = gather.sources.first?.input, inputs.indices.contains(first),
        gather == passing(first), inputs[first].types.count == outputTypes.count
      else { return nil }
      return isUnchanged(inputs[first]) ? inputs[first] : nil
    case .requantize:
      guard inputs.count == 1, inputs[0].types.count == outputTypes.count else { return nil }
      return isUnchanged(inputs[0]) ? inputs[0] : nil
    case .input, .dense, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge,
      .treeEnsemble, .tableSum, .map, .scan:
      return nil
    }
  }

  private func passing(_ input: Int) -> GatherOperation {
    GatherOperation(sources: (0..<inputs[input].types.count).map { .init(input: input, element: $0) })
  }

  private func isUnchanged(_ input: PlannedTensor) -> Bool {
    (0..<outputTypes.count).allSatisfy {
      outputRule($0, range: input.ranges[$0], fractionBits: input.fractionBits($0)).isIdentity
    }
  }

  /// The kernel of the node.
  fileprivate func plan() throws -> PlannedNode {
    let arity = node.operation.facts.arity
    try require(arity.allows(inputs.count), "it takes \(arity), not \(inputs.count)")
    switch node.operation {
    case .input: preconditionFailure("inputs are planned apart")
    case .dense(let operation): return try dense(operation)
    case .affine(let operation):
      try requireConstants(operation.scale, operation.bias)
      return try elementwise { element, x, fractionBits in
        .affine(x, fractionBits, scale: operation.scale.constant(element), bias: operation.bias.constant(element))
      }
    case .rectifier(let operation):
      try requireConstants(
        operation.threshold,
        operation.lowerSlope,
        operation.lowerOffset,
        operation.maximum ?? ConstantVector(0)
      )
      return try elementwise { element, x, fractionBits in
        .rectifier(x, fractionBits, operation, element: element)
      }
    case .clampedLinear(let operation):
      try requireConstants(operation.slope, operation.shift, operation.lower, operation.upper)
      return try elementwise { element, x, fractionBits in
        .clampedLinear(
          x,
          fractionBits,
          slope: operation.slope.constant(element),
          shift: operation.shift.constant(element),
          lower: operation.lower.constant(element),
          upper: operation.upper.constant(element)
        )
      }
    case .table(let operation): return try table(operation)
    case .exponentialUnit(let operation):
      try requireConstants(operation.positiveScale, operation.negativeScale)
      return try exponentialUnit(operation)
    case .softmax(let operation): return try softmax(operation)
    case .argmax(let groups): return try argmax(groups)
    case .merge(let kind): return try merge(kind)
    case .gather(let operation):
      try require(
        operation.sources.count == outputTypes.count
          && operation.sources.allSatisfy {
            inputs.indices.contains($0.input) && (0..<inputs[$0.input].types.count).contains($0.element)
          },
        "a gather outside its inputs"
      )
      return try elementwise(sources: operation.sources) { _, x, fractionBits in .copy(x, fractionBits) }
    case .requantize:
      return try elementwise { _, x, fractionBits in .copy(x, fractionBits) }
    case .treeEnsemble(let operation): return try treeEnsemble(operation)
    case .tableSum(let operation): return try tableSum(operation)
    case .map(let operation): return try map(operation)
    case .scan(let operation): return try scan(operation)
    }
  }

  private func requireConstants(_ vectors: ConstantVector...) throws {
    try require(vectors.allSatisfy { $0.fits(outputTypes.count) }, "a constant vector that does not fit the output")
  }
}
