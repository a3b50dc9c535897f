import FixedPoint

extension RangeTransfer {
  /// The kernel is analysed once, for everything that any of its firings can read; a dense layer over rows row by row.
  mutating func mapResults(_ map: MapOperation) -> [ExactRange] {
    if let dense = map.denseOverRows(of: graph[node.inputs[0]].shape), let rows = rowResults(map, dense) { return rows }
    let kernel = RangeAnalysis(map.body, inputs: kernelInputs(map))
    self.kernel = kernel
    guard let output = map.body.outputs.first else { return [] }
    let results = kernel.ranges(of: output, in: map.body)
    return (0..<map.firings).flatMap { _ in results }
  }

  /// What a dense layer makes of each row, before anything quantises it; nil where its kernel's own types come between.
  private mutating func rowResults(_ map: MapOperation, _ dense: DenseOperation) -> [ExactRange]? {
    let (window, result) = (map.body.nodes[0].output, map.body.nodes[1].output)
    let types = map.body[window].types
    var raw = [[Interval]](repeating: [], count: 2)
    var sums: [ExactRange] = []
    var last: (row: [Interval], transfer: RangeTransfer, results: [ExactRange])?
    var all: [ExactRange] = []
    var overflows: [InnerOverflow] = []
    var widest = 0
    for position in 0..<map.firings {
      let row = (0..<types.count).map { x(position * types.count + $0).raw(on: types[$0].fractionBits) }
      if last?.row != row {
        var ranges = [[Interval]](repeating: [], count: 2)
        ranges[window.index] = row
        var transfer = RangeTransfer(node: map.body.nodes[1], graph: map.body, ranges: ranges)
        let results = transfer.denseResults(dense)
        widest = max(widest, transfer.widest)
        last = (row, transfer, results)
        let known = raw[window.index]
        raw[window.index] = known.isEmpty ? row : zip(known, row).map { $0.union($1) }
        sums = sums.isEmpty ? results : zip(sums, results).map { $0.union($1) }
      }
      guard let last else { continue }
      all += last.results
      overflows += last.transfer.innerOverflows.map { overflow in
        var here = overflow
        here.element += position * dense.outputSize
        return here
      }
    }
    guard map.keeps(sums, in: graph[node.output].types) else { return nil }
    let quantized = map.body[result].types
    raw[result.index] = sums.enumerated().map {
      quantized[$0].quantizedRange(of: $1.raw, fractionBits: $1.fractionBits)
    }
    kernel = RangeAnalysis(kernelOf: map, raw: raw, exact: [[], sums])
    note(widest: widest)
    for overflow in overflows { note(overflow) }
    return all
  }

  /// By operand, then by tap: the raw values that any firing can read, on the grid of the body's input.
  private func kernelInputs(_ map: MapOperation) -> [[Interval]] {
    map.accesses.indices.map { input in
      let id = node.inputs[input]
      let types = map.body[map.body.inputs[input]].types
      if let uniform = uniformRange(map, input, types) { return [Interval](repeating: uniform, count: types.count) }
      var ranges = [Interval?](repeating: nil, count: types.count)
      map.forEachPoint { _, point in
        for (tap, source) in map.accesses[input].sources(at: point, shape: graph[id].shape).enumerated() {
          let range = source.map { x($0, input: input) } ?? map.accesses[input].paddingRange
          let here = range.raw(on: types[tap].fractionBits)
          ranges[tap] = ranges[tap]?.union(here) ?? here
        }
      }
      return ranges.map { $0 ?? Interval(0) }
    }
  }

  /// The common range of all taps where all elements of the operand are alike; nil where a look at each is needed.
  private func uniformRange(_ map: MapOperation, _ input: Int, _ types: ElementTypes) -> Interval? {
    guard let first = inputs[input].first, let grid = graph[node.inputs[input]].types.uniform?.fractionBits,
      let target = types.uniform?.fractionBits, inputs[input].allSatisfy({ $0 == first })
    else { return nil }
    let range = ExactRange(raw: first, fractionBits: grid).raw(on: target)
    let access = map.accesses[input]
    guard access.padding != nil else { return range }
    let padding = access.paddingRange.raw(on: target)
    return range.contains(padding) ? range : nil
  }

  /// The states' ranges are found from the first state on, a step at a time, until they stop growing.
  mutating func scanResults(_ scan: ScanOperation) -> [ExactRange] {
    let body = scan.body
    let operands = (0..<scan.slicedOperandCount).map { input in sliceRanges(scan, input) }
    var states = initialRanges(scan)
    var kernel = RangeAnalysis(body, inputs: states + operands)
    var step = 1
    while step < scan.steps {
      let next = scan.body.outputs.prefix(scan.stateCount).map { kernel[$0] }
      var isStable = true
      for state in states.indices {
        for element in states[state].indices where !states[state][element].contains(next[state][element]) {
          isStable = false
          // Ranges that keep growing are given up: a state never leaves its type.
          states[state][element] =
            step < Self.exactSteps
            ? states[state][element].union(next[state][element])
            : body[body.inputs[state]].types[element].rawRange
        }
      }
      if isStable { break }
      kernel = RangeAnalysis(body, inputs: states + operands)
      step += 1
    }
    self.kernel = kernel
    let results = kernel.ranges(of: scan.result, in: body)
    return scan.returnsAll ? (0..<scan.steps).flatMap { _ in results } : results
  }

  /// Steps that are followed before growing states are widened to their types.
  private static let exactSteps = 16

  /// The states before the first step, on their own grids.
  private func initialRanges(_ scan: ScanOperation) -> [[Interval]] {
    let constants = scan.initialValues.map { $0.map { Interval($0.raw) } }
    guard scan.startsFromOperands else { return constants }
    return constants.indices.map { state in
      let types = scan.body[scan.body.inputs[state]].types
      return (0..<types.count).map { x($0, input: scan.slicedOperandCount + state).raw(on: types[$0].fractionBits) }
    }
  }

  /// What any slice of an operand can hold, on the grids of the body's input.
  private func sliceRanges(_ scan: ScanOperation, _ input: Int) -> [Interval] {
    let types = scan.body[scan.body.inputs[scan.stateCount + input]].types
    return (0..<types.count).map { element in
      let slices = (0..<scan.steps).map { x($0 * types.count + element, input: input) }
      let all = slices.dropFirst().reduce(slices[0].raw(on: types[element].fractionBits)) {
        $0.union($1.raw(on: types[element].fractionBits))
      }
      return all
    }
  }
}

extension WindowAccess {
  /// The number that stands outside the tensor.
  var paddingRange: ExactRange { ExactRange(padding ?? ExactValue(raw: 0, fractionBits: 0)) }
}

extension RangeAnalysis {
  /// The proven ranges of a tensor's elements as numbers.
  package func ranges(of id: FixedTensorID, in graph: FixedPointGraph) -> [ExactRange] {
    self[id].enumerated().map { ExactRange(raw: $1, fractionBits: graph[id].types[$0].fractionBits) }
  }
}
