import Diagnostics
import FixedPoint

/// Names a tensor of one ``FixedPointGraph``.
package struct FixedTensorID: Hashable, Sendable, Comparable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
  package static func < (a: FixedTensorID, b: FixedTensorID) -> Bool { a.index < b.index }
}

/// A typed value that flows between layers.
package struct FixedTensor: Hashable, Sendable {
  package var name: String
  /// Extents without the batch dimension, channels last.
  package var shape: [Int]
  /// The type of every element; ``ElementTypes/count`` equals ``count``.
  package var types: ElementTypes

  package init(name: String, shape: [Int], types: ElementTypes) {
    self.name = name
    self.shape = shape
    self.types = types
  }

  /// Elements per event.
  package var count: Int { shape.reduce(1, *) }
}

/// One layer of the quantised model.
package struct FixedNode: Sendable {
  /// The layer's name: unique, the provenance of everything made from it.
  package var name: String
  /// The kind as the user knows it ("Dense", "Softmax"), for reports.
  package var kind: String
  package var operation: FixedOperation
  package var inputs: [FixedTensorID]
  package var output: FixedTensorID
  package var origin: Origin
  /// How the user wants it built.
  ///
  /// Never changes a bit of what it computes.
  package var implementation: ImplementationChoice

  package init(
    name: String,
    kind: String,
    operation: FixedOperation,
    inputs: [FixedTensorID],
    output: FixedTensorID,
    origin: Origin,
    implementation: ImplementationChoice = ImplementationChoice()
  ) {
    self.name = name
    self.kind = kind
    self.operation = operation
    self.inputs = inputs
    self.output = output
    self.origin = origin
    self.implementation = implementation
  }
}

/// hls4ml's `Strategy` and `ReuseFactor`, as far as they say how a layer is built.
package struct ImplementationChoice: Sendable, Hashable {
  package enum Strategy: String, Sendable, CaseIterable, Codable {
    /// Constant products as shared shift-and-add graphs: the default.
    case distributedArithmetic = "distributed_arithmetic"
    /// hls4ml's words for unrolled and for shared multipliers; at an initiation interval of 1 both are built unrolled.
    case latency
    case resource
    /// One `*` per non-trivial product, for DSP blocks.
    case multipliers
    /// Like the default, and products of two values of look-up tables and carry chains: no DSP blocks, but for wide products
    /// outside a softmax.
    case logic

    /// Whether constant products are shared shift-and-add graphs.
    package var sharesAdders: Bool {
      switch self {
      case .distributedArithmetic, .logic: true
      case .latency, .resource, .multipliers: false
      }
    }

    /// Whether hls4ml has no such strategy.
    package var isOwn: Bool {
      switch self {
      case .multipliers, .logic: true
      case .distributedArithmetic, .latency, .resource: false
      }
    }
  }

  package var strategy: Strategy
  package var reuseFactor: Int
  /// How many positions of a kernel are computed at once, where a whole event comes at once; nil: all.
  package var parallelPositions: Int?
  /// How many adder levels above the least possible the sums may take; nil: as the lowering has it for all layers.
  package var extraDepth: Int?

  package init(
    strategy: Strategy = .distributedArithmetic,
    reuseFactor: Int = 1,
    parallelPositions: Int? = nil,
    extraDepth: Int? = nil
  ) {
    self.strategy = strategy
    self.reuseFactor = reuseFactor
    self.parallelPositions = parallelPositions
    self.extraDepth = extraDepth
  }
}

/// The quantised model: the single source of truth about what is computed.
///
/// Integer weights, every tensor typed per element, every rounding and overflow written down. Nodes stand in topological
/// order. Simulators execute it; backends may choose how, never what.
package struct FixedPointGraph: Sendable {
  package var name: String
  package var tensors: [FixedTensor] = []
  package var nodes: [FixedNode] = []
  /// The tensors that the model returns, in the model's order.
  package var outputs: [FixedTensorID] = []
  /// What becomes of the user's numbers before they are quantised to the types of the inputs.
  package var inputConversion: InputConversion = .exact

  package init(name: String) { self.name = name }

  package subscript(_ id: FixedTensorID) -> FixedTensor {
    get { tensors[id.index] }
    set { tensors[id.index] = newValue }
  }

  /// The model's inputs in the model's order.
  package var inputs: [FixedTensorID] {
    nodes.compactMap { node in
      if case .input = node.operation { node.output } else { nil }
    }
  }

  /// Elements per event over all inputs, in the order of the flat input vector.
  package var inputCount: Int { inputs.reduce(0) { $0 + self[$1].count } }
  /// Elements per event over all outputs, in the order of the flat output vector.
  package var outputCount: Int { outputs.reduce(0) { $0 + self[$1].count } }

  /// Has every layer, those in kernels included, built in another way; what is nil stays.
  ///
  /// - Parameter isMeant: Which layers; what is in their kernels goes with them.
  package mutating func setImplementation(
    strategy: ImplementationChoice.Strategy? = nil,
    reuseFactor: Int? = nil,
    extraDepth: Int? = nil,
    where isMeant: (FixedNode) -> Bool = { _ in true }
  ) {
    for index in nodes.indices where isMeant(nodes[index]) {
      if let strategy { nodes[index].implementation.strategy = strategy }
      if let reuseFactor { nodes[index].implementation.reuseFactor = reuseFactor }
      if let extraDepth { nodes[index].implementation.extraDepth = extraDepth }
      if case .map(var map) = nodes[index].operation {
        map.body.setImplementation(strategy: strategy, reuseFactor: reuseFactor, extraDepth: extraDepth)
        nodes[index].operation = .map(map)
      }
      if case .scan(var scan) = nodes[index].operation {
        scan.body.setImplementation(strategy: strategy, reuseFactor: reuseFactor, extraDepth: extraDepth)
        nodes[index].operation = .scan(scan)
      }
    }
  }

  /// Adds a node and its output tensor, which takes the node's name; returns the output.
  @discardableResult
  package mutating func append(
    _ operation: FixedOperation,
    named name: String,
    kind: String,
    inputs: [FixedTensorID],
    shape: [Int],
    types: ElementTypes,
    origin: Origin,
    implementation: ImplementationChoice = ImplementationChoice()
  ) -> FixedTensorID {
    let output = FixedTensorID(tensors.count)
    tensors.append(FixedTensor(name: name, shape: shape, types: types))
    nodes.append(
      FixedNode(
        name: name,
        kind: kind,
        operation: operation,
        inputs: inputs,
        output: output,
        origin: origin,
        implementation: implementation
      )
    )
    return output
  }
}
