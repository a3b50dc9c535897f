import AdderGraphs
import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

/// A lowering on its way: the netlist so far, and the values of all tensors that are made.
struct GraphLowering {
  let graph: FixedPointGraph
  let analysis: RangeAnalysis
  let plans: AdderGraphPlans
  let trees: TreeEnsemblePlans
  /// See ``LoweringOptions/narrowsPorts``.
  var narrowsPorts = false
  /// See ``LoweringOptions/extraDepth``.
  var extraDepth = 1
  var builder: NetlistBuilder
  /// By tensor, then by element: raw values on the grids of their types.
  var values: [[ValueID]]
  /// Graphs of single constant products.
  var constantProducts: [Int64: AdderGraph] = [:]
  /// How tables of sums are built.
  var tablePlans = TablePlans()

  init(
    graph: FixedPointGraph,
    analysis: RangeAnalysis,
    plans: AdderGraphPlans,
    trees: TreeEnsemblePlans,
    builder: NetlistBuilder? = nil
  ) {
    self.graph = graph
    self.analysis = analysis
    self.plans = plans
    self.trees = trees
    self.builder = builder ?? NetlistBuilder(name: graph.name)
    values = graph.tensors.map { _ in [] }
  }

  /// Builds one layer, after those that it reads.
  mutating func lowerNode(_ index: Int) throws {
    let node = graph.nodes[index]
    try refuseLargeTables(node)
    builder.beginScope(NetlistScope(name: node.name, kind: node.kind))
    values[node.output.index] = outputs(of: node, index: index)
  }

  private func refuseLargeTables(_ node: FixedNode) throws {
    let limit = 1 << 20
    let entries = node.operation.allTables.map(\.table.entries.count).max() ?? 0
    guard entries > limit else { return }
    throw Diagnostic.error(
      "table-too-large",
      "layer '\(node.name)' has a table of \(entries) entries; firmware holds at most \(limit)",
      at: node.origin,
      hint: "set a smaller TableSize"
    )
  }

  /// Makes the flat output vector.
  mutating func connectOutputs() {
    for id in graph.outputs {
      let tensor = graph[id]
      for element in 0..<tensor.count {
        let port = NetlistPort(tensor: tensor.name, element: element, type: portType(id, element))
        let value = values[id.index][element]
        // Wires only: what is proven is often more than the values' own intervals show.
        let word = narrowsPorts ? builder.wrap(value, width: port.type.width, signed: port.type.isSigned) : value
        builder.output(word, as: port)
      }
    }
  }

  mutating func outputs(of node: FixedNode, index: Int) -> [ValueID] {
    if let rows = DenseRows(nodeAt: index, of: graph, analysis: analysis) {
      return denseOutputs(rows, node, plan: plans.dense[index])
    }
    switch node.operation {
    case .input: return inputPorts(node)
    case .dense(let dense): return denseOutputs(DenseRows(dense), node, plan: plans.dense[index])
    case .affine(let rule): return affineOutputs(rule, node)
    case .rectifier(let rule): return rectifierOutputs(rule, node)
    case .clampedLinear(let rule): return clampedLinearOutputs(rule, node)
    case .table(let table): return tableOutputs(table, node)
    case .exponentialUnit(let rule): return exponentialUnitOutputs(rule, node)
    case .softmax(let softmax): return softmaxOutputs(softmax, node)
    case .argmax(let groups): return argmaxOutputs(groups, node)
    case .merge(let kind): return mergeOutputs(kind, node)
    case .gather(let gather):
      return eachOutput(of: node) { this, element in
        let source = gather.sources[element]
        return this.x(node, source.element, input: source.input)
      }
    case .requantize: return eachOutput(of: node) { this, element in this.x(node, element) }
    case .treeEnsemble(let ensemble):
      guard let plan = trees.ensembles[index] else { preconditionFailure("every ensemble is planned") }
      return treeEnsembleOutputs(ensemble, node, plan: plan)
    case .tableSum(let sums): return tableSumOutputs(sums, node)
    case .map(let map): return mapOutputs(map, node, index: index)
    case .scan(let scan): return scanOutputs(scan, node, index: index)
    }
  }

  private mutating func inputPorts(_ node: FixedNode) -> [ValueID] {
    let tensor = graph[node.output]
    return (0..<tensor.count).map { element in
      builder.element = Int32(element)
      return builder.input(NetlistPort(tensor: tensor.name, element: element, type: portType(node.output, element)))
    }
  }

  private func portType(_ id: FixedTensorID, _ element: Int) -> FixedPointType {
    let type = graph[id].types[element]
    return narrowsPorts ? .containing(analysis[id][element], fractionBits: type.fractionBits) : type
  }

  /// Element `element` of input `input` of a node, as a number.
  mutating func x(_ node: FixedNode, _ element: Int, input: Int = 0) -> ScaledValue {
    let id = node.inputs[input]
    return builder.scaled(
      values[id.index][element],
      fractionBits: graph[id].types[element].fractionBits,
      range: analysis[id][element]
    )
  }

  /// The type of an element of a node's output.
  func outputType(_ node: FixedNode, _ element: Int) -> FixedPointType { graph[node.output].types[element] }

  /// Quantises an exact result for every output element.
  mutating func eachOutput(
    of node: FixedNode,
    _ body: (inout GraphLowering, Int) -> ScaledValue
  ) -> [ValueID] {
    (0..<graph[node.output].count).map { element in
      builder.element = Int32(element)
      let result = body(&self, element)
      return builder.requantize(result, to: outputType(node, element))
    }
  }
}
