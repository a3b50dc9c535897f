import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Grows the fixed-point graph of a model that brings its own types.
struct TrainedGraphBuilder {
  /// What a tensor of the model has become.
  enum Made {
    case tensor(FixedTensorID)
    /// A function of exact numbers that is not exact itself: it becomes a table once a quantiser says how fine.
    case function(PendingFunction)
  }

  let model: ModelGraph
  let implementation: ImplementationChoice
  let log: DiagnosticLog
  private let ports: PortTypes
  private let readers: [[Int]]
  private(set) var graph: FixedPointGraph
  private(set) var analysis = RangeAnalysis()
  /// By model tensor.
  private var made: [Made?]
  private var portPosition = 0
  private var names: Set<String>

  init(model: ModelGraph, ports: PortTypes, implementation: ImplementationChoice, log: DiagnosticLog) {
    self.model = model
    self.ports = ports
    self.implementation = implementation
    self.log = log
    graph = FixedPointGraph(name: model.name)
    graph.inputConversion = ports.conversion
    made = [Made?](repeating: nil, count: model.tensors.count)
    names = Set(model.nodes.map(\.name))
    var readers = [[Int]](repeating: [], count: model.tensors.count)
    for (index, node) in model.nodes.enumerated() { for input in node.inputs { readers[input.index].append(index) } }
    self.readers = readers
  }

  mutating func build() throws {
    for node in model.nodes { made[node.output.index] = try result(of: node) }
    for output in model.outputs {
      guard let node = model.nodes.first(where: { $0.output == output }) else { continue }
      graph.outputs.append(try exact(output, readBy: node))
    }
  }

  private mutating func result(of node: ModelNode) throws -> Made {
    switch node.operation {
    case .input: return .tensor(addInput(node))
    case .quantize(let quantizer): return try quantized(node, quantizer)
    case .activation(let function): return try activated(node, function)
    case .gather(let sources):
      if case .function(let function) = try operand(node) { return .function(function.gathering(sources)) }
      return .tensor(try move(node, sources.map { .init(input: 0, element: $0) }))
    case .reshape:
      let operand = try operand(node)
      if case .function = operand { return operand }
      return .tensor(try move(node, GatherOperation.identity(count: model[node.output].count).sources))
    case .concatenate(let axis):
      let sources = ConcatenationMap(inputs: node.inputs.map { model[$0].shape }, axis: axis).sources
      return .tensor(try move(node, sources.map { .init(input: $0.input, element: $0.element) }))
    case .dense(let layer): return .tensor(try dense(node, layer))
    case .affine(let layer): return .tensor(try affine(node, layer))
    case .merge(let kind): return .tensor(try merge(node, kind))
    case .normalize: throw node.dividesByNorm
    case .convolution(let layer): return .tensor(try convolution(node, layer))
    case .pool(let layer): return try pooling(node, layer)
    case .reduce(let layer): return try reduction(node, layer)
    case .pad: throw node.hasNoWindows(in: "trained arithmetic")
    case .treeEnsemble:
      throw Diagnostic.error(
        "unsupported-operator",
        "'\(node.name)' is a tree ensemble among layers whose types are trained",
        at: node.origin,
        hint: "compile the trees as a model of their own"
      )
    case .batchNormalization:
      throw Diagnostic.error(
        "unquantised-weights",
        "'\(node.name)' has weights in floating point among layers whose types are trained",
        at: node.origin,
        hint: "use the quantised layer, or merge it into its neighbour before training"
      )
    }
  }

  // MARK: - Operands

  /// What the node's only operand has become.
  func operand(_ node: ModelNode) throws -> Made {
    guard let result = made[node.inputs[0].index] else { preconditionFailure("a tensor is made before it is read") }
    return result
  }

  /// A tensor of exact numbers; a function that no quantiser has rounded becomes a table of its float32 values.
  mutating func exact(_ id: TensorID, readBy node: ModelNode) throws -> FixedTensorID {
    switch made[id.index] {
    case .tensor(let tensor): return tensor
    case .function(let function):
      let isReturned = model.outputs.contains(id) && readers[id.index].isEmpty
      guard isReturned || function.isExact else {
        throw Diagnostic.error(
          "unquantised-function",
          "'\(node.name)' computes with '\(function.name)', whose results no quantiser has rounded",
          at: node.origin,
          hint: "enable the layer's input quantiser"
        )
      }
      let tensor = try addTable(function, types: nil, shape: model[id].shape)
      made[id.index] = .tensor(tensor)
      return tensor
    case nil: preconditionFailure("a tensor is made before it is read")
    }
  }

  mutating func exactInputs(_ node: ModelNode) throws -> [FixedTensorID] {
    var result: [FixedTensorID] = []
    for input in node.inputs { result.append(try exact(input, readBy: node)) }
    return result
  }

  // MARK: - Results

  /// The types that all readers of a tensor quantise it to, if they agree; then nothing finer needs to be made.
  func wantedTypes(of id: TensorID) -> ElementTypes? {
    guard !model.outputs.contains(id) else { return nil }
    var wanted: ElementTypes?
    for reader in readers[id.index] {
      guard case .quantize(let quantizer) = model.nodes[reader].operation, (quantizer.scaling?.scaler ?? 1) == 1 else {
        return nil
      }
      let types = quantizer.elementTypes(count: model[id].count)
      guard wanted == nil || wanted == types else { return nil }
      wanted = types
    }
    return wanted
  }

  /// Appends a node with the types that its readers want, or else exact ones.
  ///
  /// - Parameter grids: by element, the finest grid on which results stand, where more is known than that of the operands.
  mutating func append(
    _ operation: FixedOperation,
    for node: ModelNode,
    named name: String? = nil,
    inputs: [FixedTensorID],
    types: ElementTypes? = nil,
    grids: [Int]? = nil
  ) -> FixedTensorID {
    let shape = model[node.output].shape
    return append(
      operation,
      named: name ?? node.name,
      kind: node.layerClass ?? node.operation.kindName,
      inputs: inputs,
      shape: shape,
      types: types ?? wantedTypes(of: node.output),
      grids: grids,
      origin: node.origin
    )
  }

  mutating func append(
    _ operation: FixedOperation,
    named name: String,
    kind: String,
    inputs: [FixedTensorID],
    shape: [Int],
    types: ElementTypes?,
    grids: [Int]? = nil,
    origin: Origin
  ) -> FixedTensorID {
    var extended = graph
    let placeholder = ElementTypes(uniform: FixedPointType(width: 1, integerBits: 1), count: shape.reduce(1, *))
    let output = extended.append(
      operation,
      named: name,
      kind: kind,
      inputs: inputs,
      shape: shape,
      types: types ?? placeholder,
      origin: origin,
      implementation: implementation
    )
    if types == nil {
      let results = analysis.exactResults(ofLastNodeOf: extended)
      extended[output].types = ElementTypes(
        each: results.enumerated().map { Self.exactType($1, grid: grids?[$0]) }
      )
    }
    extended.quantiseInLastKernel()
    graph = extended
    analysis.extend(graph)
    return output
  }

  /// The smallest type that holds a range whose numbers stand on a grid that may be coarser than the range's.
  static func exactType(_ range: ExactRange, grid: Int?) -> FixedPointType {
    if range.raw == Interval(0) { return FixedPointType(width: 0, integerBits: 0, isSigned: false) }
    let coarse = min(grid ?? range.fractionBits, range.fractionBits)
    return .containing(range.raw.shifted(by: coarse - range.fractionBits), fractionBits: coarse)
  }

  /// A name that no layer of the model and no other part has.
  mutating func uniqueName(_ name: String) -> String {
    var candidate = name
    var number = 2
    while !names.insert(candidate).inserted {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }

  private mutating func addInput(_ node: ModelNode) -> FixedTensorID {
    let count = model[node.output].count
    let types = ElementTypes(each: Array(ports.types[portPosition..<portPosition + count]))
    portPosition += count
    return append(.input, for: node, inputs: [], types: types)
  }

  private mutating func move(_ node: ModelNode, _ sources: [GatherOperation.Source]) throws -> FixedTensorID {
    let inputs = try exactInputs(node)
    let types = ElementTypes(each: sources.map { graph[inputs[$0.input]].types[$0.element] })
    return append(
      .gather(GatherOperation(sources: sources)),
      for: node,
      inputs: inputs,
      types: wantedTypes(of: node.output) ?? types
    )
  }
}

extension TensorQuantizer {
  func elementTypes(count: Int) -> ElementTypes {
    types.count == 1 ? ElementTypes(uniform: types[0], count: count) : ElementTypes(each: types)
  }
}
