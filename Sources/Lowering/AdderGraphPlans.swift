import AdderGraphs
import Basics
import FixedPoint
import FixedPointIR

/// The adder graphs of one dense layer, alone or at several positions.
package struct DensePlan: Sendable {
  /// What a position computes by graphs.
  package enum Kernel: Sendable {
    /// One graph for the whole matrix; its output `j` is the sum on the grid `fractionBits`.
    case matrix(AdderGraph, fractionBits: Int)
    /// A graph per input: all constant multiples of it.
    case multiples([AdderGraph])
  }

  /// By position: which kernel it uses, or nil where its sums are built directly.
  package var kernels: [Kernel?]
}

/// The adder graphs of all dense layers of a model, sought in parallel before the netlist is built.
package struct AdderGraphPlans: Sendable {
  /// By node: those of dense layers and of maps that fire one at every position.
  package private(set) var dense: [DensePlan?]
  /// The plans of the nodes' kernels, of all that are not dense layers; nil for nodes without one.
  package private(set) var kernels: [AdderGraphPlans?]
  /// How many matrices were handed to the optimiser for this.
  package private(set) var searches = 0

  /// A problem, and what its solution belongs to.
  private struct Task: Sendable {
    var problem: ConstantMatrixProblem
    var maximumDepth: Int?
    var extraDepth: Int
    /// Coefficients that are not zero: about how long it takes.
    var size: Int
  }

  /// - Parameter isWanted: whether a node's graphs are sought.
  package init(
    _ graph: FixedPointGraph,
    analysis: RangeAnalysis,
    options: LoweringOptions,
    isWanted: (FixedNode) -> Bool = Self.isBuiltOfAdders
  ) {
    self.init(noneOf: graph)
    search(graph, analysis: analysis, options: options, isWanted: isWanted)
  }

  /// Plans of a graph for which nothing was sought yet.
  package init(noneOf graph: FixedPointGraph) {
    dense = graph.nodes.map { _ in nil }
    kernels = graph.nodes.map { node in node.operation.facts.bodies.first.map { AdderGraphPlans(noneOf: $0) } }
  }

  /// Whether the netlist of a node needs its graphs.
  package static func isBuiltOfAdders(_ node: FixedNode) -> Bool { node.implementation.strategy != .multipliers }

  /// The plans of some nodes only.
  package func restricted(to graph: FixedPointGraph, where isWanted: (FixedNode) -> Bool) -> AdderGraphPlans {
    var result = self
    for (index, node) in graph.nodes.enumerated() {
      if !isWanted(node) { result.dense[index] = nil }
      if let body = node.operation.facts.bodies.first {
        result.kernels[index] = kernels[index]?.restricted(to: body, where: isWanted)
      }
    }
    return result
  }

  /// Seeks the graphs of wanted nodes, inside kernels, too, that have none yet; the graph and its analysis are those of
  /// the others.
  package mutating func search(
    _ graph: FixedPointGraph,
    analysis: RangeAnalysis,
    options: LoweringOptions,
    isWanted: (FixedNode) -> Bool
  ) {
    var tasks: [Task] = []
    let drafts = Drafts(graph, analysis: analysis, options: options, known: self, isWanted: isWanted, tasks: &tasks)
    searches += tasks.count
    fill(drafts, with: Self.solve(tasks, options))
  }

  private mutating func fill(_ drafts: Drafts, with graphs: [AdderGraph]) {
    for (index, draft) in drafts.dense.enumerated() {
      if let draft { dense[index] = draft.plan(graphs) }
    }
    for (index, inside) in drafts.kernels.enumerated() {
      if let inside { kernels[index]?.fill(inside, with: graphs) }
    }
  }

  /// The problems of a graph and of its kernels, which are all solved at once.
  private struct Drafts {
    var dense: [Draft?] = []
    var kernels: [Drafts?] = []

    init(
      _ graph: FixedPointGraph,
      analysis: RangeAnalysis,
      options: LoweringOptions,
      known: AdderGraphPlans?,
      isWanted: (FixedNode) -> Bool,
      tasks: inout [Task]
    ) {
      let arrival = ArrivalEstimate(graph)
      for (index, node) in graph.nodes.enumerated() {
        let rows = DenseRows(nodeAt: index, of: graph, analysis: analysis)
        if rows == nil, let kernel = analysis.kernels[index], let body = node.operation.facts.bodies.first {
          kernels.append(
            Drafts(
              body,
              analysis: kernel,
              options: options,
              known: known?.kernels[index],
              isWanted: isWanted,
              tasks: &tasks
            )
          )
        } else {
          kernels.append(nil)
        }
        guard let rows, isWanted(node), known?.dense[index] == nil else {
          self.dense.append(nil)
          continue
        }
        let input = node.inputs[0]
        let draft = Draft(
          rows,
          types: graph[input].types,
          ranges: analysis[input],
          levels: arrival.levels[input.index],
          firstTask: tasks.count
        )
        let depth = options.maximumDepth[node.name]
        tasks += draft.problems.map { problem in
          Task(
            problem: problem,
            maximumDepth: depth,
            extraDepth: node.implementation.extraDepth ?? options.extraDepth,
            size: problem.coefficients.count { $0 != 0 }
          )
        }
        self.dense.append(draft)
      }
    }
  }

  /// The largest problems come first, so that no thread is left alone with one at the end.
  private static func solve(_ tasks: [Task], _ options: LoweringOptions) -> [AdderGraph] {
    let order = tasks.indices.sorted { (-tasks[$0].size, $0) < (-tasks[$1].size, $1) }
    let threads = max(1, options.threads / max(1, min(tasks.count, options.threads)))
    let solved = parallelMap(count: order.count, threads: options.threads) { position in
      let task = tasks[order[position]]
      return AdderGraphOptimizer.optimize(
        task.problem,
        AdderGraphOptions(
          effort: options.effort,
          seed: options.seed,
          threads: threads,
          maximumDepth: task.maximumDepth,
          extraDepth: task.extraDepth
        )
      )
    }
    var graphs = solved
    for (position, index) in order.enumerated() { graphs[index] = solved[position] }
    return graphs
  }
}

/// The problems of one dense layer before they are solved; positions with the same matrix share one.
private struct Draft {
  private enum Kernel {
    case matrix(task: Int, fractionBits: Int)
    case multiples(tasks: Range<Int>)
  }

  private let firstTask: Int
  private var kernels: [Kernel?] = []
  private(set) var problems: [ConstantMatrixProblem] = []

  init(_ rows: DenseRows, types: ElementTypes, ranges: [Interval], levels: [Int], firstTask: Int) {
    self.firstTask = firstTask
    let dense = rows.dense
    for position in 0..<rows.positions {
      let elements = position * dense.inputSize..<(position + 1) * dense.inputSize
      let position = Position(
        dense: dense,
        fractionBits: elements.map { types[$0].fractionBits },
        ranges: Array(ranges[elements]),
        levels: Array(levels[elements])
      )
      switch dense.accumulation {
      case .exact: addMatrix(position)
      case .stepwise: addMultiples(position)
      }
    }
  }

  private mutating func addMatrix(_ position: Position) {
    guard let (problem, fractionBits) = position.matrix else {
      kernels.append(nil)
      return
    }
    if let index = problems.firstIndex(where: { $0.coefficients == problem.coefficients }) {
      problems[index].widen(by: problem)
      kernels.append(.matrix(task: firstTask + index, fractionBits: fractionBits))
    } else {
      kernels.append(.matrix(task: firstTask + problems.count, fractionBits: fractionBits))
      problems.append(problem)
    }
  }

  private mutating func addMultiples(_ position: Position) {
    let rows = position.rows
    if problems.isEmpty {
      problems = rows
    } else {
      for index in rows.indices { problems[index].widen(by: rows[index]) }
    }
    kernels.append(.multiples(tasks: firstTask..<firstTask + rows.count))
  }

  func plan(_ graphs: [AdderGraph]) -> DensePlan {
    DensePlan(
      kernels: kernels.map { kernel in
        switch kernel {
        case .matrix(let task, let fractionBits): .matrix(graphs[task], fractionBits: fractionBits)
        case .multiples(let tasks): .multiples(Array(graphs[tasks]))
        case nil: nil
        }
      }
    )
  }
}

/// The inputs of a dense kernel at one position.
private struct Position {
  let dense: DenseOperation
  let fractionBits: [Int]
  let ranges: [Interval]
  let levels: [Int]

  /// The levels after the earliest input.
  private var relativeLevels: [Int] {
    let variable = ranges.indices.filter { !ranges[$0].isConstant }
    let first = variable.map { levels[$0] }.min() ?? 0
    return levels.map { max(0, $0 - first) }
  }

  /// Zero for inputs that are constants: they join the bias.
  private var variableRanges: [Interval] { ranges.map { $0.isConstant ? Interval(0) : $0 } }

  /// All inputs brought to one grid by the coefficients, or nil where these leave 62 bits.
  var matrix: (ConstantMatrixProblem, fractionBits: Int)? {
    let variable = ranges.indices.filter { !ranges[$0].isConstant }
    let grid = variable.map { fractionBits[$0] }.max() ?? 0
    var coefficients = [Int64](repeating: 0, count: dense.weights.count)
    for i in variable {
      let shift = grid - fractionBits[i]
      for k in i * dense.outputSize..<(i + 1) * dense.outputSize where dense.weights[k] != 0 {
        let range = Interval(Int128(dense.weights[k])).shifted(by: shift)
        guard range.bitWidth <= 62 else { return nil }
        coefficients[k] = Int64(range.lower)
      }
    }
    let problem = ConstantMatrixProblem(
      inputCount: dense.inputSize,
      outputCount: dense.outputSize,
      coefficients: coefficients,
      inputRanges: variableRanges,
      inputLevels: relativeLevels
    )
    return (problem, grid + dense.weightFractionBits)
  }

  /// For each input, all its products.
  var rows: [ConstantMatrixProblem] {
    (0..<dense.inputSize).map { i in
      let row = Array(dense.weights[i * dense.outputSize..<(i + 1) * dense.outputSize])
      // Products of larger weights are built directly.
      let coefficients = row.map { abs(Int128($0)) < Int128(1) << 61 ? $0 : 0 }
      return ConstantMatrixProblem(
        inputCount: 1,
        outputCount: dense.outputSize,
        coefficients: coefficients,
        inputRanges: [ranges[i]]
      )
    }
  }
}

extension ConstantMatrixProblem {
  /// Makes a graph for this problem good for the inputs of another one with the same matrix, too.
  fileprivate mutating func widen(by other: ConstantMatrixProblem) {
    for i in inputRanges.indices {
      inputRanges[i] = inputRanges[i].union(other.inputRanges[i])
      inputLevels[i] = max(inputLevels[i], other.inputLevels[i])
    }
  }
}
