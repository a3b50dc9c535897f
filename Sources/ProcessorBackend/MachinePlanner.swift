import DesignIR
import Diagnostics
import FixedPoint
import FixedPointIR
import NetlistIR

/// Chooses for every layer of a model what computes it.
struct MachinePlanner {
  let graph: FixedPointGraph
  let analysis: RangeAnalysis
  let options: ProcessorOptions
  private var stages: [MachineStage] = []
  private var finishes: [FinishChain] = []
  private var finishNumbers: [FinishChain: Int] = [:]
  /// Nodes that a stage before them computes already.
  private var isDone: [Bool]
  private var ranges: MachineRanges
  private let readers: [[Int]]
  private let live: LiveElements

  init(_ live: AnalysedGraph, options: ProcessorOptions) {
    graph = live.graph
    analysis = live.analysis
    self.options = options
    isDone = graph.nodes.map { _ in false }
    ranges = MachineRanges(raw: live.analysis.raw)
    var readers = [[Int]](repeating: [], count: graph.tensors.count)
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs { readers[input.index].append(index) }
    }
    self.readers = readers
    self.live = LiveElements(graph)
  }

  mutating func plan() throws -> MachinePlan {
    for index in graph.nodes.indices where !isDone[index] { try plan(index) }
    let plan = MachinePlan(graph: graph, ranges: ranges, stages: stages, finishes: finishes, options: options)
    if options.isReloadable && plan.programMemories.isEmpty {
      throw Diagnostic.error(
        "nothing-to-reload",
        "'\(graph.name)' has no processor whose program could be replaced",
        at: graph.nodes.first.map { Origin(file: $0.origin.file) },
        hint: "leave out \(option: .reloadable)"
      )
    }
    return plan
  }

  private mutating func plan(_ index: Int) throws {
    let node = graph.nodes[index]
    if let rows = DenseRows(nodeAt: index, of: graph, analysis: analysis), rows.positions == 1 || !options.isReloadable
    {
      return try planProcessors(DenseLayerPlan(rows, of: graph, analysis: analysis), index)
    }
    switch node.operation {
    case .input: break
    case .dense(let dense):
      try planProcessors(DenseLayerPlan(DenseRows(dense), of: graph, analysis: analysis), index)
    case .affine(let rule): try planProcessors(AffineLayerPlan(rule), index)
    case .gather(let gather) where isMove(gather, node):
      stages.append(.wires(node: index, gather))
      if options.isReloadable {
        ranges[node.output] = gather.sources.map { ranges[node.inputs[$0.input]][$0.element] }
      }
    case .gather, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge, .requantize:
      stages.append(
        .unit(FunctionUnit(name: node.name, node: index, inputs: node.inputs, output: node.output))
      )
      if options.isReloadable {
        let part = graph.single(node)
        let inside = RangeAnalysis(part, inputs: graph.sources(of: node).map { ranges[$0] })
        ranges[node.output] = inside[part.outputs[0]]
      }
    case .tableSum: throw refused(node, "a sum of tables", hint: "use \(option: .backend, "verilog")")
    case .treeEnsemble:
      throw refused(node, "an ensemble of trees", hint: "use \(option: .backend, "verilog")")
    case .map:
      throw refused(node, "a layer whose kernel moves over positions", hint: "use \(option: .backend, "verilog")")
    case .scan:
      throw refused(node, "a recurrent layer", hint: "use \(option: .backend, "verilog")")
    }
  }

  private func refused(_ node: FixedNode, _ what: String, hint: DiagnosticText) -> Diagnostic {
    Diagnostic.error(
      "unsupported-operator",
      "layer '\(node.name)' (\(node.kind)) is \(what), for which there is no processor",
      at: node.origin,
      hint: hint
    )
  }

  private func isMove(_ gather: GatherOperation, _ node: FixedNode) -> Bool {
    gather.sources.enumerated().allSatisfy { element, source in
      let from = graph[node.inputs[source.input]].types[source.element]
      let to = graph[node.output].types[element]
      return from.width == to.width && from.fractionBits == to.fractionBits && from.isSigned == to.isSigned
        && to.rawRange.contains(ranges[node.inputs[source.input]][source.element])
    }
  }

  // MARK: - Processors

  private mutating func planProcessors(_ layer: some LayerPlan, _ index: Int) throws {
    let node = graph.nodes[index]
    let nodes = chain(behind: index)
    for node in nodes { isDone[node] = true }
    let output = graph.nodes[nodes[nodes.count - 1]].output
    let arithmetic = try arithmetic(of: layer, node)
    var built = try layer.build(node, graph, ranges, options, arithmetic)
    for number in built.processors.indices {
      let processor = built.processors[number]
      let chain = FinishChain(
        sum: processor.accumulator,
        nodes: nodes.map { graph.nodes[$0] },
        types: { graph[$0.output].types[processor.element] },
        element: processor.element
      )
      built.processors[number].finish = self.number(of: chain)
    }
    let isLive = live[output]
    if options.isReloadable {
      ranges[output] = graph[output].types.all.map { _ in Interval(0) }
      for processor in built.processors {
        let chain = finishes[processor.finish].graph
        let inside = RangeAnalysis(chain, inputs: [[processor.accumulator.wordRange]])
        ranges[output][processor.element] = inside[chain.outputs[0]][0]
      }
    }
    built.processors.removeAll { processor in
      // In another network, another neuron may be dead.
      !isLive[processor.element] && !options.isReloadable || graph[output].types[processor.element].width == 0
    }
    stages.append(
      .processors(
        ProcessorLayer(
          name: node.name,
          nodes: nodes,
          scope: NetlistScope(name: node.name, kind: node.kind),
          inputs: node.inputs,
          output: output,
          arithmetic: arithmetic,
          weightFractionBits: built.weightFractionBits,
          weights: built.weights,
          groups: built.groups,
          processors: built.processors,
          isReloadable: options.isReloadable
        )
      )
    )
  }

  private func arithmetic(of layer: some LayerPlan, _ node: FixedNode) throws -> ProcessorArithmetic {
    guard let type = layer.accumulator else { return options.isMultiplierless ? .shiftAndAdd : .multiply }
    guard !options.isMultiplierless else {
      throw refused(
        node,
        "to be summed in \(type.shortDescription), step by step, and programs of shifts and additions sum exactly",
        hint: "leave \(option: .multiplierless) out, or widen the accumulator's type"
      )
    }
    return .stepwise(type)
  }

  /// The layer and those behind it that go element by element and that nobody else reads between.
  private func chain(behind index: Int) -> [Int] {
    var chain = [index]
    while true {
      let output = graph.nodes[chain[chain.count - 1]].output
      guard !graph.outputs.contains(output), readers[output.index].count == 1,
        let next = readers[output.index].first, graph.nodes[next].operation.canFinish
      else { return chain }
      chain.append(next)
    }
  }

  private mutating func number(of chain: FinishChain) -> Int {
    if let known = finishNumbers[chain] { return known }
    finishes.append(chain)
    finishNumbers[chain] = finishes.count - 1
    return finishes.count - 1
  }
}

extension MachinePlan {
  /// - Parameter live: a graph without dead neurons.
  /// - Throws: a `Diagnostic` that names a layer for which there is no processor.
  package init(_ live: AnalysedGraph, options: ProcessorOptions) throws {
    var planner = MachinePlanner(live, options: options)
    self = try planner.plan()
  }
}
