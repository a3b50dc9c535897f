import FixedPoint

/// What one operation can produce from given ranges of its inputs: exact ranges of its results before they are quantised
/// to the output types, the widest exact intermediate, and the quantisations inside that may overflow.
///
/// The analysis and the verifier share it: the first starts from proven ranges, the second from whole types.
struct RangeTransfer {
  let node: FixedNode
  let graph: FixedPointGraph
  /// Ranges of the input elements, by input.
  let inputs: [[Interval]]
  /// Ranges of everything made before, by tensor.
  let ranges: [[Interval]]

  /// Bits of the widest exact intermediate so far.
  private(set) var widest = 0
  /// Inner quantisations that may change a value because it does not fit.
  private(set) var innerOverflows: [InnerOverflow] = []
  /// What is proven inside the operation's kernel, over all its firings.
  var kernel: RangeAnalysis?

  /// A quantisation inside an operation, and a range that it may not hold.
  struct InnerOverflow {
    var place: OverflowFinding.Place
    var type: FixedPointType
    var exact: ExactRange
    /// Which repetition of the quantisation: an output element or a softmax group.
    var element: Int
  }

  init(node: FixedNode, graph: FixedPointGraph, ranges: [[Interval]]) {
    self.node = node
    self.graph = graph
    inputs = node.inputs.map { ranges[$0.index] }
    self.ranges = ranges
  }

  var count: Int { graph[node.output].count }

  /// Element `element` of input `input`.
  func x(_ element: Int, input: Int = 0) -> ExactRange {
    ExactRange(
      raw: inputs[input][element],
      fractionBits: graph[node.inputs[input]].types[element].fractionBits
    )
  }

  /// Records the width of an intermediate.
  mutating func note(_ range: ExactRange) -> ExactRange {
    note(range.raw)
    return range
  }

  mutating func note(widest bits: Int) { widest = max(widest, bits) }

  mutating func note(_ overflow: InnerOverflow) { innerOverflows.append(overflow) }

  mutating func note(_ range: Interval) { widest = max(widest, range.bitWidth) }

  mutating func quantize(
    _ range: ExactRange,
    to type: FixedPointType,
    at place: OverflowFinding.Place,
    element: Int
  ) -> ExactRange {
    if !type.holds(range.raw, fractionBits: range.fractionBits) {
      innerOverflows.append(InnerOverflow(place: place, type: type, exact: range, element: element))
    }
    return range.quantized(to: type)
  }

  /// The exact range of every output element; empty for inputs, of which nothing is known.
  mutating func results() -> [ExactRange] {
    switch node.operation {
    case .input: return []
    case .dense(let dense): return denseResults(dense)
    case .affine(let rule):
      return each { this, i in
        let product = this.note(this.x(i) * rule.scale.range(at: i))
        return this.note(product + rule.bias.range(at: i))
      }
    case .rectifier(let rule): return each { this, i in this.rectified(rule, element: i) }
    case .clampedLinear(let rule):
      return each { this, i in
        let product = this.note(this.x(i) * rule.slope.range(at: i))
        let line = this.note(product + rule.shift.range(at: i))
        let raised = this.note(.maximum(line, rule.lower.range(at: i)))
        return this.note(.minimum(raised, rule.upper.range(at: i)))
      }
    case .table(let table): return each { this, i in this.entries(of: table, for: this.x(i)) }
    case .exponentialUnit(let rule): return each { this, i in this.exponentialUnit(rule, element: i) }
    case .softmax(let softmax): return softmaxResults(softmax)
    case .argmax(let groups):
      return each { this, i in
        let first = i / groups.size * groups.size
        _ = this.note((first..<first + groups.size).reduce(ExactRange.zero) { .maximum($0, this.x($1)) })
        return ExactRange(raw: groups.size == 1 ? Interval(1) : .bit, fractionBits: 0)
      }
    case .merge(let kind):
      let results = each { this, i in this.merged(kind, element: i) }
      return kind == .add ? meanResults(results) : results
    case .gather(let gather): return gather.sources.map { x($0.element, input: $0.input) }
    case .requantize: return each { this, i in this.x(i) }
    case .treeEnsemble(let ensemble): return treeEnsembleResults(ensemble)
    case .tableSum(let sums): return tableSumResults(sums)
    case .map(let map): return mapResults(map)
    case .scan(let scan): return scanResults(scan)
    }
  }

  private mutating func each(_ body: (inout RangeTransfer, Int) -> ExactRange) -> [ExactRange] {
    (0..<count).map { body(&self, $0) }
  }

  private mutating func rectified(_ rule: RectifierOperation, element i: Int) -> ExactRange {
    let x = x(i)
    let threshold = rule.threshold.range(at: i)
    let grid = ExactRange.grid(x, threshold)
    let values = x.raw(on: grid)
    let limit = threshold.raw(on: grid).lower
    note(values - Interval(limit))
    let firstUpper = rule.isInclusive ? limit : limit + 1
    var branches: [ExactRange] = []
    if values.upper >= firstUpper {
      branches.append(
        ExactRange(raw: Interval(max(values.lower, firstUpper), values.upper), fractionBits: grid)
      )
    }
    if values.lower < firstUpper {
      let below = ExactRange(raw: Interval(values.lower, min(values.upper, firstUpper - 1)), fractionBits: grid)
      let product = note(below * rule.lowerSlope.range(at: i))
      branches.append(note(product + rule.lowerOffset.range(at: i)))
    }
    let value = note(branches.dropFirst().reduce(branches[0]) { $0.union($1) })
    return rule.maximum.map { note(.minimum(value, $0.range(at: i))) } ?? value
  }

  private mutating func exponentialUnit(_ rule: ExponentialUnitOperation, element i: Int) -> ExactRange {
    let x = x(i)
    var branches: [ExactRange] = []
    if x.raw.upper >= 0 {
      let positive = ExactRange(raw: Interval(max(x.raw.lower, 0), x.raw.upper), fractionBits: x.fractionBits)
      branches.append(note(positive * rule.positiveScale.range(at: i)))
    }
    if x.raw.lower < 0 {
      let negative = ExactRange(raw: Interval(x.raw.lower, min(x.raw.upper, -1)), fractionBits: x.fractionBits)
      branches.append(note(entries(of: rule.exponential, for: negative) * rule.negativeScale.range(at: i)))
    }
    return note(branches.dropFirst().reduce(branches[0]) { $0.union($1) })
  }

  private mutating func merged(_ kind: FixedMergeKind, element i: Int) -> ExactRange {
    let values = inputs.indices.map { x(i, input: $0) }
    let rest = values.dropFirst()
    switch kind {
    case .add: return rest.reduce(values[0]) { note($0 + $1) }
    case .subtract: return rest.reduce(values[0]) { note($0 - $1) }
    case .multiply:
      // A square is never negative, which the product of two intervals does not see.
      if node.inputs.count == 2, node.inputs[0] == node.inputs[1] {
        return note(ExactRange(raw: values[0].raw.squared, fractionBits: 2 * values[0].fractionBits))
      }
      return rest.reduce(values[0]) { note($0 * $1) }
    case .average:
      let sum = rest.reduce(values[0]) { note($0 + $1) }
      return ExactRange(raw: sum.raw, fractionBits: sum.fractionBits + 1)
    case .maximum: return rest.reduce(values[0]) { note(.maximum($0, $1)) }
    case .minimum: return rest.reduce(values[0]) { note(.minimum($0, $1)) }
    }
  }
}
