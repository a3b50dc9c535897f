import FixedPoint
import TextForm

/// Replaces hls4ml's stepwise accumulators by exact ones wherever that cannot change a bit.
///
/// A stepwise accumulator forbids sharing among the products of different inputs and orders the additions; an exact one
/// frees both. The rewrite of a layer needs, for every output:
///
/// 1. *No rounding inside.* Every product `x_i · w_ij` (whose grid is `2^-(F_x + F_w)`, made coarser by the factors of two
///    in `w_ij`) and the bias stand on the accumulator's grid. Then each `q` of the rule only fits, it never rounds.
/// 2. One of:
///    - *No overflow inside, whatever the accumulator does about it.* The bias, each product and each partial sum, in the
///      accumulator's own order and over the proven input ranges, lie inside the accumulator. Then every `q` is the
///      identity and the last accumulator is the exact sum.
///    - *A wrapping accumulator whose total fits.* Wrapping is reduction modulo `2^I`, so by (1) the last accumulator is
///      the wrapped exact sum, whatever wrapped on the way; if the exact sum is proven to lie inside, it is the exact sum.
///    - *A wrapping accumulator under a wrapping output that keeps no higher bit.* The accumulator is the exact sum plus a
///      multiple of `2^I_acc`. `I_out <= I_acc` and a rounding rule that commutes with the addition of multiples of
///      `2^I_out` leave the same `I_out` bits. Rules that only look at the dropped bits do (TRN, RND, RND_MIN_INF), and
///      RND_CONV, which also looks at the last kept bit, for an output of at least one bit. Rules that look at the sign
///      (TRN_ZERO, RND_ZERO, RND_INF) do not, unless the output's grid is so fine that nothing is rounded.
package enum AccumulatorSimplification {
  /// Rewrites what is proven, leaves the rest; returns the names of the layers that changed.
  ///
  /// - Precondition: the graph passed ``FixedPointGraphVerifier``, and the analysis is of this graph.
  @discardableResult
  package static func run(_ graph: inout FixedPointGraph, analysis: RangeAnalysis) -> [String] {
    var changed: [String] = []
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      if case .stepwise(let type, let order)? = node.operation.denseKernel?.accumulation,
        let rows = StepwiseRows(node, of: graph)
      {
        let isExact = (0..<rows.positions).allSatisfy { position in
          let inputs = position * rows.dense.inputSize..<(position + 1) * rows.dense.inputSize
          return Proof(
            dense: rows.dense,
            accumulator: type,
            order: order,
            inputTypes: inputs.map { graph[node.inputs[0]].types[$0] },
            inputs: Array(analysis[node.inputs[0]][inputs]),
            outputTypes: rows.results
          ).holds
        }
        guard isExact else { continue }
        var dense = rows.dense
        dense.accumulation = .exact
        graph.nodes[index].operation.replaceDenseKernel(by: dense)
        changed.append(node.name)
        continue
      }
      if let kernel = analysis.kernels[index] {
        let body = simplified(&graph.nodes[index].operation, analysis: kernel)
        if body { changed.append(node.name) }
        continue
      }
      if case .treeEnsemble(let ensemble) = node.operation {
        let types = graph[node.output].types
        guard let exact = ensemble.withExactSums(analysis[node.inputs[0]], outputTypes: types) else { continue }
        graph.nodes[index].operation = .treeEnsemble(exact)
        changed.append(node.name)
        continue
      }
    }
    PassTrace.record(.accumulatorSimplification, graph)
    return changed
  }

  /// Rewrites the kernel of a map or scan; returns whether anything changed.
  private static func simplified(_ operation: inout FixedOperation, analysis: RangeAnalysis) -> Bool {
    if case .map(var map) = operation {
      guard !run(&map.body, analysis: analysis).isEmpty else { return false }
      operation = .map(map)
      return true
    }
    if case .scan(var scan) = operation {
      guard !run(&scan.body, analysis: analysis).isEmpty else { return false }
      operation = .scan(scan)
      return true
    }
    return false
  }

  /// A dense layer, or one over rows, and what quantises its sums.
  private struct StepwiseRows {
    var dense: DenseOperation
    var positions: Int
    var results: ElementTypes

    init?(_ node: FixedNode, of graph: FixedPointGraph) {
      if case .dense(let dense) = node.operation {
        self.dense = dense
        positions = 1
        results = graph[node.output].types
        return
      }
      guard case .map(let map) = node.operation, let dense = map.denseOverRows(of: graph[node.inputs[0]].shape) else {
        return nil
      }
      self.dense = dense
      positions = map.firings
      results = map.body[map.body.outputs[0]].types
    }
  }

  /// That one position's sums may be exact.
  private struct Proof {
    let dense: DenseOperation
    let accumulator: FixedPointType
    let order: SummationOrder
    let inputTypes: [FixedPointType]
    let inputs: [Interval]
    let outputTypes: ElementTypes

    var holds: Bool {
      (0..<dense.outputSize).allSatisfy { j in
        guard let terms = terms(output: j) else { return false }
        return partialSumsFit(terms) || wrappedSumAgrees(terms, output: outputTypes[j])
      }
    }

    /// The bias and the products in their order, as intervals on the accumulator's grid; nil where one is rounded.
    private func terms(output j: Int) -> [Interval]? {
      guard let bias = onGrid(Interval(1), factor: dense.bias[j], fractionBits: dense.bias.fractionBits) else {
        return nil
      }
      var terms = [bias]
      for i in order.inputs(ofOutput: j, inputSize: dense.inputSize) {
        let weight = dense.weights[i * dense.outputSize + j]
        let grid = inputTypes[i].fractionBits + dense.weightFractionBits
        guard let product = onGrid(inputs[i], factor: weight, fractionBits: grid) else { return nil }
        terms.append(product)
      }
      return terms
    }

    /// `x · factor` on the accumulator's grid, or nil where that would round some value.
    private func onGrid(_ x: Interval, factor: Int64, fractionBits: Int) -> Interval? {
      guard factor != 0, x != Interval(0) else { return Interval(0) }
      let places = accumulator.fractionBits - fractionBits
      if places >= 0 { return x.scaled(by: Int128(factor)).shifted(by: places) }
      guard factor.trailingZeroBitCount >= -places else { return nil }
      return x.scaled(by: Int128(factor >> -places))
    }

    private func partialSumsFit(_ terms: [Interval]) -> Bool {
      let room = accumulator.rawRange
      var sum = Interval(0)
      for term in terms {
        sum = sum + term
        guard room.contains(term), room.contains(sum) else { return false }
      }
      return true
    }

    private func wrappedSumAgrees(_ terms: [Interval], output: FixedPointType) -> Bool {
      guard accumulator.overflow == .wrap else { return false }
      let sum = terms.reduce(Interval(0), +)
      if accumulator.rawRange.contains(sum) { return true }
      guard output.overflow == .wrap, output.integerBits <= accumulator.integerBits else { return false }
      if output.width == 0 || output.fractionBits >= accumulator.fractionBits { return true }
      switch output.rounding {
      case .truncate, .roundHalfUp, .roundHalfDown, .roundHalfToEven: return true
      case .truncateTowardZero, .roundHalfAwayFromZero, .roundHalfTowardZero: return false
      }
    }
  }
}
