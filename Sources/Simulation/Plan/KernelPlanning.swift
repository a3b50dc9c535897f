import Diagnostics
import FixedPoint
import FixedPointIR

extension NodeContext {
  /// A kernel that is fired at every point of a domain: the plan of its body, and what is copied where.
  func map(_ operation: MapOperation) throws -> PlannedNode {
    let body = try kernelPlan(of: operation.body)
    let results = try results(of: operation.body.outputs[0], in: operation.body, plan: body, firings: operation.firings)
    var groups = FiringGroups(length: operation.resultCount)
    try operation.forEachPoint { number, point in
      var copies: [WindowCopy] = []
      for (input, access) in operation.accesses.enumerated() {
        let sources = access.sources(at: point, shape: inputShapes[input])
        let types = operation.body[operation.body.inputs[input]].types
        copies += try windowCopies(from: input, to: types, sources: sources, padding: access.padding)
      }
      groups.add(number, WindowCopy.joined(copies), results: results.kindOfFiring[number], of: results.kinds)
    }
    let ranges = results.ranges
    if let kernel = windowDense(body, groups.all) { return PlannedNode(kernel: kernel, ranges: ranges) }
    let kernel = MapKernel(
      inputs: inputs.map(\.place),
      output: output,
      body: body,
      groups: groups.all,
      site: resultSite
    )
    return PlannedNode(kernel: kernel, ranges: ranges)
  }

  /// A kernel that is fired once per step, and hands its state on.
  func scan(_ operation: ScanOperation) throws -> PlannedNode {
    let body = try kernelPlan(of: operation.body)
    let slices = try (0..<operation.steps).map { step in
      try (0..<operation.slicedOperandCount).map { input in
        let types = operation.body[operation.body.inputs[operation.stateCount + input]].types
        let first = operation.slice(ofStep: step) * types.count
        return try windowCopies(
          from: input,
          to: types,
          sources: (first..<first + types.count).map { $0 },
          padding: nil,
          kernelInput: operation.stateCount + input
        )
      }.flatMap { $0 }
    }
    let starts = try (0..<(operation.startsFromOperands ? operation.stateCount : 0)).flatMap { state in
      let types = operation.body[operation.body.inputs[state]].types
      return try windowCopies(
        from: operation.slicedOperandCount + state,
        to: types,
        sources: (0..<types.count).map { $0 },
        padding: nil,
        kernelInput: state
      )
    }
    let firings = operation.returnsAll ? operation.steps : 1
    let results = try results(of: operation.result, in: operation.body, plan: body, firings: firings)
    let kernel = ScanKernel(
      inputs: inputs.map(\.place),
      output: output,
      body: body,
      nextStates: operation.body.outputs.prefix(operation.stateCount).map { body.tensors[$0.index].place },
      initialStates: zip(operation.initialStates, operation.body.inputs).map { initial, id in
        (0..<operation.body[id].count).map { initial[$0] }
      },
      starts: WindowCopy.joined(starts),
      steps: slices.map(WindowCopy.joined),
      results: results.kindOfFiring.map { results.kinds[$0] },
      resultPlace: body.tensors[operation.result.index].place,
      destinations: (0..<operation.steps).map { step in
        operation.returnsAll ? operation.slice(ofStep: step) : step == operation.steps - 1 ? 0 : nil
      },
      site: resultSite
    )
    return PlannedNode(kernel: kernel, ranges: results.ranges)
  }

  private func kernelPlan(of body: FixedPointGraph) throws -> SimulationPlan {
    guard let kernel else { preconditionFailure("the analysis of a graph covers its kernels") }
    return try SimulationPlan(body, kind: .kernel(kernel, result: resultSite, inside: insideSite))
  }

  /// The rows of an operand that fill an input of the kernel.
  private func windowCopies(
    from input: Int,
    to types: ElementTypes,
    sources: [Int?],
    padding: ExactValue?,
    kernelInput: Int? = nil
  ) throws -> [WindowCopy] {
    try sources.enumerated().map { tap, source in
      let grid = types[tap].fractionBits
      var copy = WindowCopy(input: input, kernelInput: kernelInput ?? input, row: tap, count: 1, source: .constant(0))
      if let source {
        let lift = inputs[input].ranges[source] == Interval(0) ? 0 : grid - inputs[input].fractionBits(source)
        try require(lift >= 0, "an operand on a finer grid than the kernel's input")
        copy.source = .rows(first: source, lift: lift)
      } else if let padding {
        copy.source = .constant(padding.raw(on: grid))
      }
      return copy
    }
  }

  /// What the results of each firing go through, and what they can be: the kernel's own values, in the output's types.
  private func results(
    of result: FixedTensorID,
    in body: FixedPointGraph,
    plan: SimulationPlan,
    firings: Int
  ) throws -> KernelResults {
    let planned = plan.tensors[result.index]
    let length = planned.types.count
    try require(firings * length == outputTypes.count, "results that do not fill the output")
    func firing(_ number: Int) -> (runs: [RowRun], ranges: [Interval]) {
      let rules = (0..<length).map { row in
        outputRule(number * length + row, range: planned.ranges[row], fractionBits: planned.fractionBits(row))
      }
      let rows = rules.enumerated().map { row, rule in
        let program = ElementProgram(function: .copy(lift: 0), rule: rule, ranges: [planned.ranges[row]])
        return RowRun(input: 0, sourceRow: row, row: row, count: 1, program: program)
      }
      return (RowRun.joined(rows), rules.map(\.result))
    }
    // One description serves all firings whose types are alike.
    var known: [ArraySlice<FixedPointType>: Int] = [:]
    var kinds: [(runs: [RowRun], ranges: [Interval])] = []
    let types = outputTypes.all
    let kindOfFiring = (0..<firings).map { number in
      let here = types[number * length..<(number + 1) * length]
      if let kind = known[here] { return kind }
      known[here] = kinds.count
      kinds.append(firing(number))
      return kinds.count - 1
    }
    return KernelResults(
      kinds: kinds.map(\.runs),
      kindOfFiring: kindOfFiring,
      ranges: kindOfFiring.flatMap { kinds[$0].ranges }
    )
  }
}

/// What the results of firings go through, and what they can be.
private struct KernelResults {
  var kinds: [[RowRun]]
  var kindOfFiring: [Int]
  var ranges: [Interval]
}

/// Firings on their way into groups of those that are alike.
private struct FiringGroups {
  private struct Shape: Hashable {
    var copies: [WindowCopy]
    var results: Int
  }

  /// Elements that a firing returns.
  let length: Int
  private(set) var all: [FiringGroup] = []
  private var known: [Shape: Int] = [:]

  init(length: Int) { self.length = length }

  mutating func add(_ firing: Int, _ copies: [WindowCopy], results: Int, of kinds: [[RowRun]]) {
    let shape = Shape(copies: copies.map(\.shape), results: results)
    let index = known[shape] ?? all.count
    if index == all.count {
      known[shape] = index
      all.append(FiringGroup(copies: copies.map { WindowCopies(copy: $0) }, results: kinds[results]))
    }
    all[index].firings.append(firing)
    all[index].resultRows.append(Int32(firing * length))
    for (number, copy) in copies.enumerated() {
      if let first = copy.first { all[index].copies[number].firsts.append(Int32(first)) }
    }
  }
}
