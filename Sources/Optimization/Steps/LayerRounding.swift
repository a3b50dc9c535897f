import Basics

/// Rounds the weights of one kernel, neuron by neuron, to what the data say: least squares over the layer's real inputs,
/// weighted with how much the answers feel each sum.
struct LayerRounding: Sendable {
  let runner: TapeRunner
  let costs: CostModel
  /// Nats per adder bit.
  let lambda: Double
  /// By kernel, the exponent of the last place in each row.
  let finest: [[Int]]
  /// As a share of the mean diagonal element.
  var damping = 1e-4
  /// Whether sums are weighted with the answers' sensitivity; else all alike.
  var usesSensitivities = true

  /// The most rows of which statistics are taken: for many unknowns fewer times as many, since their matrices grow so large.
  private static func mostRows(_ unknowns: Int) -> Int { (1 << 15) / max(unknowns / 64, 1) + 2 * unknowns }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }

  /// - Parameters:
  ///   - kernel: Which.
  ///   - parameters: The network, whose layers before this one are rounded already.
  ///   - sums: What the reference network's layer makes of the same events.
  ///   - weights: By sum, its sensitivity.
  ///   - reference: The weights that the reference network has.
  ///   - keepsZeros: Whether weights that are zero in the reference stay zero.
  ///   - scales: By output, what the sums are scaled with.
  ///   - freedoms: By output, which further factors may be tried.
  /// - Returns: The kernel, and the factor of each output.
  func round(
    _ kernel: Int,
    _ parameters: NetworkParameters,
    _ batch: TapeBatch,
    sums: [Float],
    weights: [Float],
    reference: KernelParameters,
    keepsZeros: Bool,
    scales: [Float],
    freedoms: [NeuronScaling.Freedom]
  ) -> (kernel: KernelParameters, factors: [Float]) {
    let place = runner.tape.kernels[kernel]
    let inputs = runner.values(of: place.inputSlot, parameters, batch)
    let prices = costs.digitCosts(kernel, parameters.types).map { $0 * lambda }
    // Rows that no type lets through carry nothing.
    let live = (0..<place.inputs).filter { i in
      (0..<place.positions).contains { position in
        guard let origin = place.origins[position * place.inputs + i] else { return false }
        return !(parameters.types?[origin.point].groups[origin.group].isDead ?? false)
      }
    }
    let events = batch.events * place.positions
    let most = Self.mostRows(place.inputs)
    // Coprime to the positions, so that all of them are seen.
    var stride = max(1, (events + most - 1) / most)
    while Self.greatestCommonDivisor(stride, place.positions) > 1 { stride += 1 }
    let rows = (events + stride - 1) / stride
    let finest = finest[kernel]
    let damping = damping
    let equations = LayerEquations(
      place,
      live: live,
      inputs: inputs,
      sums: sums,
      weights: usesSensitivities ? weights : nil,
      rows: rows,
      stride: stride
    )
    let columns = parallelMap(count: place.outputs, threads: runner.threads) { j -> (CostAwareRounding.Result, Float) in
      let kept = live.indices.filter { !(keepsZeros && reference.weights[live[$0] * place.outputs + j] == 0) }
      let unchanged = CostAwareRounding.Result(weights: [], digits: [], bias: Double(reference.bias[j]))
      let problem = equations.problem(j, kept: kept, reference: reference, scale: scales[j], damping: damping)
      var result = unchanged
      var factor = 1.0
      if let problem {
        let rounding = CostAwareRounding(
          prices: kept.map { prices[live[$0]] },
          finest: kept.map { finest[live[$0]] }
        )
        (result, factor) = rounding.solve(problem, freedoms[j])
      }
      var column = CostAwareRounding.Result(
        weights: [Float](repeating: 0, count: place.inputs),
        digits: [UInt8](repeating: 0, count: place.inputs),
        bias: result.bias.isFinite ? result.bias : Double(reference.bias[j])
      )
      for (position, i) in kept.enumerated() where position < result.weights.count {
        column.weights[live[i]] = result.weights[position]
        column.digits[live[i]] = result.digits[position]
      }
      return (column, Float(factor))
    }
    var made = reference
    for (j, (column, _)) in columns.enumerated() {
      made.bias[j] = Float(column.bias)
      for i in 0..<place.inputs {
        made.weights[i * place.outputs + j] = column.weights[i]
        made.digits[i * place.outputs + j] = column.digits[i]
      }
    }
    return (made, columns.map(\.1))
  }
}
