import Basics

/// One step of the annealing after the other: a higher price of bits, other types, fewer digits, then training; each leaves a
/// network on the curve.
struct Annealing: Sendable {
  let runner: TapeRunner
  /// Events to train on.
  let batch: TapeBatch
  /// Events for statistics, the first of those.
  let statistics: TapeBatch
  let finest: [[Int]]
  let rowScales: [[Float]]
  let seed: UInt64
  /// Training steps of a stage.
  var trainingSteps: Int
  var steps = OptimizationSteps()
  /// Whether to go on; asked often.
  var goesOn: @Sendable () -> Bool = { true }

  /// The next network for a higher price.
  ///
  /// - Parameters:
  ///   - start: The network of the stage before, or the float model.
  ///   - isFirst: Whether `start` is the float model.
  func stage(_ index: Int, lambda: Double, from start: NetworkParameters, isFirst: Bool) -> NetworkParameters {
    let tape = runner.tape
    let costs = CostModel(tape: tape)
    let sensitivities = Sensitivities(runner, start, statistics, seed: seed &+ UInt64(index))
    let digits = isFirst ? costs.expectedDigits(perWeight: 2) : costs.digitsReading(start)
    let allocation = TypeAllocation(tape: tape, lambda: lambda, perLayer: !steps.perElementTypes)
    var network = start
    network.types = allocation.types(sensitivities, digits: digits)
    var rounding = LayerRounding(runner: runner, costs: costs, lambda: lambda, finest: finest, damping: 1e-3)
    rounding.usesSensitivities = steps.usesSensitivities
    for k in tape.kernels.indices {
      let sums = runner.values(of: tape.kernels[k].outputSlot, start, statistics)
      network.kernels[k] = rounding.round(
        k,
        network,
        statistics,
        sums: sums,
        weights: sensitivities.sums[k],
        reference: start.kernels[k],
        keepsZeros: !isFirst
      )
    }
    network.roundBiases(tape)
    guard steps.distils else { return network }
    return distilled(network, index, lambda: lambda, before: start, isFirst: isFirst)
  }

  /// Trains, and where that went wrong trains again at half the rate.
  private func distilled(
    _ network: NetworkParameters,
    _ index: Int,
    lambda: Double,
    before: NetworkParameters,
    isFirst: Bool
  ) -> NetworkParameters {
    var training = Distillation(
      runner: runner,
      batch: batch,
      finest: finest,
      rowScales: rowScales,
      steps: trainingSteps,
      seed: SeededGenerator.mix(seed &+ UInt64(index) &* 7919)
    )
    training.goesOn = goesOn
    if !steps.damps { training.damping = 0 }
    let trained = training.trained(network)
    guard !isFirst, goesOn() else { return trained }
    let costs = CostModel(tape: runner.tape)
    let saved = costs.cost(before) - costs.cost(trained)
    let loss = runner.meanLoss(trained, statistics)
    let allowed = 1.5 * lambda * max(saved, 0) + 5e-4
    guard loss - runner.meanLoss(before, statistics) > allowed else { return trained }
    training.rate /= 2
    let again = training.trained(network)
    return runner.meanLoss(again, statistics) < loss ? again : trained
  }
}
