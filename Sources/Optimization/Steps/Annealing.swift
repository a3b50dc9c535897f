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
  /// The float model as a start.
  let float: FloatStart

  /// Where an annealing stands.
  struct Position: Sendable {
    /// Nil before the first stage.
    var network: NetworkParameters?
    /// The rate that the last training was best with.
    var rate = Distillation.usualRate
    /// How often in a row a start from the float model was the worse one.
    var misses = 0
  }

  /// After so many stages in which it was the worse one, the float model is no start any more.
  private static let mostMisses = 3

  /// The next network for a higher price.
  func stage(_ index: Int, lambda: Double, from position: Position) -> Position {
    var result = position
    let costs = CostModel(tape: runner.tape)
    func value(_ network: NetworkParameters) -> Double {
      runner.meanLoss(network, statistics) + lambda * costs.cost(network)
    }
    let former = position.network.map { rounded($0, index, lambda: lambda) }
    var network = former
    if former == nil || position.misses < Self.mostMisses {
      let fresh = float.network(lambda: lambda, steps: steps)
      // Roundings of roundings add up; but what was trained has learnt to live with few bits.
      let isBetter = former.map { value(fresh) < value($0) } ?? true
      if isBetter { network = fresh }
      result.misses = isBetter ? 0 : position.misses + 1
    }
    guard let network else { return result }
    result.network = network
    guard steps.distils else { return result }
    let costBefore = position.network.map { costs.cost($0) } ?? costs.cost(network)
    train(
      &result,
      network,
      index,
      before: position.network,
      allowance: { trained in
        1.5 * lambda * max(costBefore - costs.cost(trained), 0) + 5e-4
      }
    )
    return result
  }

  /// New types and fewer digits for a network that is quantised already.
  private func rounded(_ start: NetworkParameters, _ index: Int, lambda: Double) -> NetworkParameters {
    let tape = runner.tape
    let costs = CostModel(tape: tape)
    let sensitivities = Sensitivities(runner, start, statistics, seed: seed &+ UInt64(index))
    let allocation = TypeAllocation(tape: tape, lambda: lambda, perLayer: !steps.perElementTypes)
    var network = start
    network.types = allocation.types(sensitivities, digits: costs.digitsReading(start))
    var rounding = LayerRounding(runner: runner, costs: costs, lambda: lambda, finest: finest, damping: 1e-3)
    rounding.usesSensitivities = steps.usesSensitivities
    let scaling = NeuronScaling(tape)
    var reference = start
    for k in tape.kernels.indices {
      let sums = runner.values(of: tape.kernels[k].outputSlot, start, statistics)
      let (kernel, factors) = rounding.round(
        k,
        network,
        statistics,
        sums: sums,
        weights: sensitivities.sums[k],
        reference: reference.kernels[k],
        keepsZeros: true,
        scales: [Float](repeating: 1, count: tape.kernels[k].outputs),
        freedoms: steps.rescales
          ? scaling.freedoms(k, network.types, sensitivities)
          : [NeuronScaling.Freedom](repeating: .none, count: tape.kernels[k].outputs)
      )
      network.kernels[k] = kernel
      scaling.apply(factors, k, to: &reference)
    }
    network.roundBiases(tape)
    return network
  }

  // MARK: - Training

  /// Trains at the rate of the stage before, at a quarter of it where that does harm; where it pays the next stage
  /// dares more.
  private func train(
    _ position: inout Position,
    _ network: NetworkParameters,
    _ index: Int,
    before: NetworkParameters?,
    allowance: (NetworkParameters) -> Double
  ) {
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
    let untrained = runner.meanLoss(network, statistics)
    let former = before.map { runner.meanLoss($0, statistics) }
    var least = untrained
    training.rate = position.rate
    for attempt in 0..<2 {
      guard goesOn() else { return }
      let trained = training.trained(network)
      let loss = runner.meanLoss(trained, statistics)
      if loss < least {
        least = loss
        position.network = trained
        position.rate = training.rate
      }
      let isExplained = former.map { loss - $0 <= allowance(trained) } ?? true
      if isExplained && loss < untrained {
        if attempt == 0 { position.rate = min(training.rate * 2, Distillation.usualRate) }
        return
      }
      training.rate /= 4
      if training.rate < Self.leastRate { return }
    }
    if least == untrained { position.rate = training.rate }
  }

  private static let leastRate: Float = 1e-5
}

/// The float model with everything that a one-shot needs of it, computed once.
struct FloatStart: Sendable {
  let runner: TapeRunner
  let model: NetworkParameters
  let finest: [[Int]]
  let seed: UInt64
  let batch: TapeBatch
  /// By kernel.
  private let sums: [[Float]]
  private let sensitivities: Sensitivities

  init(_ runner: TapeRunner, _ model: NetworkParameters, _ batch: TapeBatch, finest: [[Int]], seed: UInt64) {
    (self.runner, self.model, self.finest, self.seed, self.batch) = (runner, model, finest, seed, batch)
    sums = runner.tape.kernels.map { runner.values(of: $0.outputSlot, model, batch) }
    sensitivities = Sensitivities(runner, model, batch, seed: seed)
  }

  /// The network for one price, without training.
  ///
  /// - Parameter threads: Nil: as many as there are.
  func network(lambda: Double, steps: OptimizationSteps, threads: Int? = nil) -> NetworkParameters {
    let runner = threads.map { TapeRunner(self.runner.tape, threads: $0) } ?? self.runner
    var oneShot = OneShot(runner: runner, model: model, finest: finest, seed: seed)
    oneShot.steps = steps
    return oneShot.network(lambda: lambda, batch, sums: sums, sensitivities: sensitivities)
  }
}
