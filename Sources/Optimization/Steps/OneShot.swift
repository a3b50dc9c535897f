/// Types and weights for one price of adder bits, without any gradient step: types in closed form, then the weights layer by
/// layer, three times over, because each needs the other.
struct OneShot: Sendable {
  let runner: TapeRunner
  let model: NetworkParameters
  /// By kernel, the exponent of the last place in each row.
  let finest: [[Int]]
  let seed: UInt64
  var rounds = 3
  var steps = OptimizationSteps()

  /// - Parameters:
  ///   - batch: Events with the float model's answers.
  ///   - sums: By kernel, what the float model's layers make of them.
  ///   - sensitivities: Of the float model.
  func network(lambda: Double, _ batch: TapeBatch, sums: [[Float]], sensitivities: Sensitivities) -> NetworkParameters {
    let costs = CostModel(tape: runner.tape)
    let allocation = TypeAllocation(tape: runner.tape, lambda: lambda, perLayer: !steps.perElementTypes)
    var rounding = LayerRounding(runner: runner, costs: costs, lambda: lambda, finest: finest)
    rounding.usesSensitivities = steps.usesSensitivities
    var sensitivities = sensitivities
    var digits = costs.expectedDigits(perWeight: 1.5)
    var best: (value: Double, network: NetworkParameters)?
    let scaling = NeuronScaling(runner.tape)
    // The model with other scales of its neurons is the same.
    var model = model
    var scales = runner.tape.kernels.map { [Float](repeating: 1, count: $0.outputs) }
    for round in 0..<rounds {
      var network = model
      network.types = allocation.types(sensitivities, digits: digits)
      for k in runner.tape.kernels.indices {
        let (kernel, factors) = rounding.round(
          k,
          network,
          batch,
          sums: sums[k],
          weights: sensitivities.sums[k],
          reference: model.kernels[k],
          keepsZeros: false,
          scales: scales[k],
          freedoms: steps.rescales
            ? scaling.freedoms(k, network.types, sensitivities)
            : [NeuronScaling.Freedom](repeating: .none, count: runner.tape.kernels[k].outputs)
        )
        network.kernels[k] = kernel
        scaling.apply(factors, k, to: &model)
        for j in factors.indices { scales[k][j] *= factors[j] }
      }
      network.roundBiases(runner.tape)
      let value = runner.meanLoss(network, batch) + lambda * costs.cost(network)
      if best.map({ value < $0.value }) ?? true { best = (value, network) }
      guard round + 1 < rounds else { break }
      sensitivities = Sensitivities(runner, network, batch, seed: seed)
      digits = costs.digitsReading(network)
    }
    return best?.network ?? model
  }
}

/// What an optimisation does; the ablation table leaves single steps out.
package struct OptimizationSteps: Sendable, Hashable {
  package var usesSensitivities = true
  package var perElementTypes = true
  package var distils = true
  package var damps = true
  package var rescales = true

  package init() {}
}

extension NetworkParameters {
  /// Puts biases on a grid two places below that of the values that they end in, so that they cost few bits.
  mutating func roundBiases(_ tape: Tape) {
    for k in kernels.indices {
      for j in kernels[k].bias.indices {
        let grid = biasFractionBits(tape, k, j)
        let scale = Float(sign: .plus, exponent: grid, significand: 1)
        kernels[k].bias[j] = (kernels[k].bias[j] * scale).rounded() / scale
      }
    }
  }

  /// The fraction bits of a bias.
  func biasFractionBits(_ tape: Tape, _ k: Int, _ j: Int) -> Int {
    guard let point = tape.kernels[k].absorbingPoint, let types else { return Self.freeBiasBits }
    let groups = types[point].groups
    return groups[j % groups.count].fractionBits + 2
  }

  /// The fraction bits of biases whose sums nobody rounds.
  static let freeBiasBits = 6
}
