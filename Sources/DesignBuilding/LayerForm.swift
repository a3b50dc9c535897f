import AdderGraphs
import FixedPoint
import FixedPointIR

/// How one layer is built; it never changes a bit of what it computes.
package enum LayerForm: Hashable, Sendable {
  /// In one pipeline with its neighbours, every firing of a kernel built of its own values.
  case flat
  /// One module for the kernel, an instance for every firing; a new event every cycle.
  case instances
  /// Fewer instances than positions: each fires at its positions one after the other.
  case rounds(parallel: Int)
  /// Multipliers that are shared: each takes `reuseFactor` cycles over its weights.
  case timeMultiplexed(reuseFactor: Int)
  /// One kernel with state registers, fired step by step.
  case sequential

  /// The form without its numbers.
  package enum Name: String, Sendable, CaseIterable {
    case flat, instances, rounds
    case timeMultiplexed = "time-multiplexed"
    case sequential
  }

  package var name: Name {
    switch self {
    case .flat: .flat
    case .instances: .instances
    case .rounds: .rounds
    case .timeMultiplexed: .timeMultiplexed
    case .sequential: .sequential
    }
  }

  /// Whether the layer takes a new event every cycle.
  package var isEveryCycle: Bool {
    switch self {
    case .flat, .instances: true
    case .rounds, .timeMultiplexed, .sequential: false
    }
  }

  /// Whether the layer's kernel is a module of its own.
  var isKernelModule: Bool {
    switch self {
    case .instances, .rounds: true
    case .flat, .timeMultiplexed, .sequential: false
    }
  }
}

/// How kernels that are fired often are built.
package enum HierarchyChoice: String, CaseIterable, Sendable {
  /// Instances where a flat layer would be large.
  case automatic
  /// Every firing of its own values: the least latency and logic, the largest Verilog.
  case flat
  /// One module, many instances: Verilog of the kernel's size.
  case shared
}

/// How recurrences are built.
package enum RecurrenceChoice: String, CaseIterable, Sendable {
  /// Step behind step: a new event every cycle.
  case unrolled
  /// One kernel and its state.
  case sequential
}

extension LayerForm {
  /// Signed digits of all firings from which on a kernel becomes a module of its own.
  ///
  /// Below, flattening saves the registers at the module's ports and a stage, and costs little to build.
  private static let flatDigits = 20_000

  /// The form of a layer.
  init(_ node: FixedNode, of graph: FixedPointGraph, options: DesignOptions) {
    switch node.operation {
    case .dense(let dense):
      let reuse = ReuseSchedule.legalFactor(node.implementation.reuseFactor, for: dense)
      let isShared =
        node.implementation.strategy == .resource && options.allowsReuse && reuse > 1
      self = isShared ? .timeMultiplexed(reuseFactor: reuse) : .flat
    case .map(let map):
      if let parallel = options.parallelPositions ?? node.implementation.parallelPositions, map.positions > parallel {
        self = .rounds(parallel: parallel)
        return
      }
      switch options.hierarchy {
      case .flat: self = .flat
      case .shared: self = map.firings > 1 ? .instances : .flat
      case .automatic:
        let isLarge = map.firings > 2 && map.firings * map.body.digits >= Self.flatDigits
        self = isLarge && !map.hasOwnTypesByRow(node, in: graph) ? .instances : .flat
      }
    case .scan: self = options.recurrence == .sequential ? .sequential : .flat
    case .input, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge, .gather,
      .requantize, .treeEnsemble, .tableSum:
      self = .flat
    }
  }
}

extension MapOperation {
  /// Whether a dense layer reads rows of different types: flat, each position is built of its own, which are narrower than those
  /// that a module for all would need.
  fileprivate func hasOwnTypesByRow(_ node: FixedNode, in graph: FixedPointGraph) -> Bool {
    let operand = graph[node.inputs[0]]
    guard denseOverRows(of: operand.shape) != nil, operand.types.uniform == nil else { return false }
    let length = accesses[0].tapCount
    return !(0..<operand.count).allSatisfy { operand.types[$0] == operand.types[$0 % length] }
  }
}

extension FixedPointGraph {
  /// Signed digits of all weights, and one for every element of other layers: about how large the logic is.
  fileprivate var digits: Int {
    nodes.reduce(0) { sum, node in
      switch node.operation {
      case .dense(let dense): sum + dense.weights.reduce(0) { $0 + SignedDigits.count($1) }
      case .map(let map): sum + map.firings * map.body.digits
      case .scan(let scan): sum + scan.steps * scan.body.digits
      // A table costs about as much as the product with a weight of a few digits.
      case .tableSum(let sums): sum + 4 * sums.edges.count
      case .input, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge, .gather,
        .requantize, .treeEnsemble:
        sum + self[node.output].count
      }
    }
  }
}
