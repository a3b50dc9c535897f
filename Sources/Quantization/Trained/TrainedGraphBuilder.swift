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
    /// Whole numbers and what they are multiplied by.
    case scaled(ScaledTensor)
  }

  let model: ModelGraph
  let implementation: ImplementationChoice
  let log: DiagnosticLog
  let ports: PortTypes
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
      return try move(node, sources.map { .init(input: 0, element: $0) })
    case .reshape:
      let operand = try operand(node)
      if case .function = operand { return operand }
      return try move(node, GatherOperation.identity(count: model[node.output].count).sources)
    case .concatenate(let axis):
      let sources = ConcatenationMap(inputs: node.inputs.map { model[$0].shape }, axis: axis).sources
      return try move(node, sources.map { .init(input: $0.input, element: $0.element) })
    case .dense(let layer): return try dense(node, layer)
    case .affine(let layer): return try affine(node, layer)
    case .merge(let kind): return try merge(node, kind)
    case .normalize: throw node.dividesByNorm
    case .convolution(let layer): return try convolution(node, layer)
    case .pool(let layer): return try pooling(node, layer)
    case .reduce(let layer): return try reduction(node, layer)
    case .pad(let layer): return try pad(node, layer)
    case .treeEnsemble(let ensemble): return .tensor(try trees(node, ensemble))
    case .tableSum(let sums): return .tensor(try tableSum(node, sums))
    case .batchNormalization(let layer): return try normalized(node, layer)
    case .product(let product): return try self.product(node, product)
    case .recurrence, .embedding: throw node.hasNoTrainedTypes
    }
  }

  /// Makes something of a tensor while another stands in its place.
  mutating func replacing<Result>(
    _ id: TensorID,
    by other: Made,
    _ make: (inout TrainedGraphBuilder) throws -> Result
  ) rethrows -> Result {
    let own = made[id.index]
    made[id.index] = other
    defer { made[id.index] = own }
    return try make(&self)
  }

  func made(_ id: TensorID) -> Made {
    guard let result = made[id.index] else { preconditionFailure("a tensor is made before it is read") }
    return result
  }

  // MARK: - Operands

  /// What the node's only operand has become.
  func operand(_ node: ModelNode) throws -> Made { made(node.inputs[0]) }

  /// A tensor of exact numbers; a function that no quantiser has rounded becomes a table of its float32 values.
  mutating func exact(_ id: TensorID, readBy node: ModelNode) throws -> FixedTensorID {
    switch made[id.index] {
    case .tensor(let tensor): return tensor
    case .scaled(let scaled):
      let isReturned = model.outputs.contains(id) && readers[id.index].isEmpty
      let tensor: FixedTensorID
      if isReturned, isSmall(scaled.tensor) {
        // Rounded to float32, as the framework rounds it.
        tensor = try addTable(PendingFunction(scaled, named: node), types: nil, shape: model[id].shape)
      } else {
        tensor = try realised(scaled, for: node)
      }
      made[id.index] = .tensor(tensor)
      return tensor
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
      guard case .quantize(let quantizer) = model.nodes[reader].operation, quantizer.scaling?.isPlainArgument ?? true
      else {
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
  /// - Parameters:
  ///   - isResult: whether these are the numbers that the readers see, and not what stands for them.
  ///   - grids: by element, the finest grid on which results stand, where more is known than that of the operands.
  mutating func append(
    _ operation: FixedOperation,
    for node: ModelNode,
    named name: String? = nil,
    inputs: [FixedTensorID],
    types: ElementTypes? = nil,
    isResult: Bool = true,
    grids: [Int]? = nil
  ) -> FixedTensorID {
    let shape = model[node.output].shape
    return append(
      operation,
      named: name ?? node.name,
      kind: node.layerClass ?? node.operation.kindName,
      inputs: inputs,
      shape: shape,
      types: types ?? (isResult ? wantedTypes(of: node.output) : nil),
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
    extended.quantizeInLastKernel()
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

  /// Elements in another order, with what they are multiplied by.
  private mutating func move(_ node: ModelNode, _ sources: [GatherOperation.Source]) throws -> Made {
    let isScaled = node.inputs.contains { if case .scaled = made($0) { true } else { false } }
    guard isScaled else {
      let inputs = try exactInputs(node)
      let types = ElementTypes(each: sources.map { graph[inputs[$0.input]].types[$0.element] })
      return .tensor(
        append(
          .gather(GatherOperation(sources: sources)),
          for: node,
          inputs: inputs,
          types: wantedTypes(of: node.output) ?? types
        )
      )
    }
    var operands: [ScaledTensor] = []
    for input in node.inputs { operands.append(try scaled(input, readBy: node)) }
    let types = ElementTypes(each: sources.map { graph[operands[$0.input].tensor].types[$0.element] })
    let tensor = append(
      .gather(GatherOperation(sources: sources)),
      for: node,
      inputs: operands.map(\.tensor),
      types: types
    )
    return .scaled(
      ScaledTensor(
        tensor,
        scale: sources.map { operands[$0.input].scale($0.element) },
        bias: sources.map { operands[$0.input].bias($0.element) }
      )
    )
  }

  /// Whether a table of all that the tensor's elements can be is no matter.
  func isSmall(_ id: FixedTensorID) -> Bool {
    analysis[id].allSatisfy { $0.upper - $0.lower < 1 << 12 }
  }
}

extension TensorQuantizer {
  func elementTypes(count: Int) -> ElementTypes {
    types.count == 1 ? ElementTypes(uniform: types[0], count: count) : ElementTypes(each: types)
  }
}
