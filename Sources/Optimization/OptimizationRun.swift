import Basics
import Diagnostics
import FixedPointIR
import Synchronization

/// One search: makes points, and tells of each.
package struct OptimizationRun: Sendable {
  let optimizer: BudgetOptimizer
  /// What a graph costs as hardware.
  let estimate: @Sendable (FixedPointGraph) throws -> PointEstimate
  /// Told of every point, in an order that does not depend on threads, with what a later run needs to go on from it.
  let found: @Sendable (CurvePoint, SearchState) throws -> Void
  /// Whether to go on.
  let goesOn: @Sendable () -> Bool

  package init(
    _ optimizer: BudgetOptimizer,
    estimate: @escaping @Sendable (FixedPointGraph) throws -> PointEstimate,
    found: @escaping @Sendable (CurvePoint, SearchState) throws -> Void,
    goesOn: @escaping @Sendable () -> Bool
  ) {
    self.optimizer = optimizer
    self.estimate = estimate
    self.found = found
    self.goesOn = goesOn
  }

  /// Searches until the curve is complete, or until it is asked to stop.
  ///
  /// - Parameter state: Where an earlier run stopped.
  package func run(from state: SearchState? = nil) throws {
    switch optimizer.options.effort {
    case .fast: try runOneShots(from: state)
    case .normal, .high: try runAnnealing(from: state)
    }
  }

  // MARK: - Points

  private func point(_ network: NetworkParameters, lambda: Double) throws -> CurvePoint {
    let graph = try optimizer.assembled(network)
    return CurvePoint(
      lambda: lambda,
      graph: graph,
      score: try optimizer.evaluation.score(graph),
      estimate: try estimate(graph)
    )
  }

  /// Whether hardware is made of a network: not of one far beyond the budget, and of every third where that takes long.
  private func isWorthBuilding(_ network: NetworkParameters, stage: Int) -> Bool {
    let cost = CostModel(tape: optimizer.tape).cost(network)
    if let most = optimizer.options.mostAdderBits, cost > Double(most) { return false }
    return cost < Self.slowToBuild || stage % 3 == 0
  }

  /// Adder bits from which making hardware takes many seconds.
  private static let slowToBuild = 60_000.0

  // MARK: - One price at a time

  /// For comparison: the float model with uniform bits, as it is quantised without a search.
  package func uniformPoints() throws -> [CurvePoint] {
    let bits = [(3, 5), (4, 5), (4, 6), (5, 6), (5, 7), (6, 8), (7, 9), (8, 10)]
    let results = parallelMap(count: bits.count, threads: optimizer.options.threads) {
      k -> Result<CurvePoint?, any Error> in
      guard goesOn() else { return .success(nil) }
      return Result {
        let graph = try optimizer.uniform(weightBits: bits[k].0, activationBits: bits[k].1)
        return CurvePoint(
          lambda: 0,
          graph: graph,
          score: try optimizer.evaluation.score(graph),
          estimate: try estimate(graph)
        )
      }
    }
    return try results.compactMap { try $0.get() }
  }

  /// Prices of bits, from hardly any to too many; the network's size sets the scale.
  private func lambdas(count: Int, ratio: Double) -> [Double] {
    let first = optimizer.firstLambda
    return (0..<count).map { k in (0..<k).reduce(first) { value, _ in value * ratio } }
  }

  private func runOneShots(from state: SearchState?) throws {
    let runner = optimizer.runner
    let training = optimizer.training.prefix(4096, of: optimizer.tape)
    let statistics = training
    let sensitivities = Sensitivities(runner, optimizer.float, statistics, seed: optimizer.options.seed)
    let sums = optimizer.tape.kernels.map { runner.values(of: $0.outputSlot, optimizer.float, statistics) }
    let lambdas = lambdas(count: 8, ratio: 1.65).map { $0 * 1.6 }
    let first = state.map { $0.stage + 1 } ?? 0
    guard first < lambdas.count else { return }
    // Prices in parallel, each on one thread.
    let outer = optimizer.options.threads
    let inner = TapeRunner(optimizer.tape, threads: 1)
    let results = parallelMap(count: lambdas.count - first, threads: outer) { k -> Result<CurvePoint?, any Error> in
      guard goesOn() else { return .success(nil) }
      let lambda = lambdas[first + k]
      var oneShot = OneShot(
        runner: inner,
        model: optimizer.float,
        finest: optimizer.finest,
        seed: optimizer.options.seed
      )
      oneShot.steps = optimizer.options.steps
      var network = oneShot.network(lambda: lambda, statistics, sums: sums, sensitivities: sensitivities)
      if optimizer.options.steps.distils {
        var training = Distillation(
          runner: inner,
          batch: training,
          finest: optimizer.finest,
          rowScales: optimizer.rowScales,
          steps: 400,
          seed: optimizer.options.seed &+ UInt64(first + k)
        )
        if !optimizer.options.steps.damps { training.damping = 0 }
        training.goesOn = goesOn
        network = training.trained(network)
      }
      guard goesOn(), isWorthBuilding(network, stage: 0) else { return .success(nil) }
      return Result { try point(network, lambda: lambda) }
    }
    for (k, result) in results.enumerated() {
      guard let point = try result.get() else { continue }
      try found(point, SearchState(stage: first + k, network: nil))
    }
  }

  // MARK: - Annealing

  private func runAnnealing(from state: SearchState?) throws {
    let plan = optimizer.annealingPlan
    var annealing = Annealing(
      runner: optimizer.runner,
      batch: optimizer.training,
      statistics: optimizer.training.prefix(plan.statistics, of: optimizer.tape),
      finest: optimizer.finest,
      rowScales: optimizer.rowScales,
      seed: optimizer.options.seed,
      trainingSteps: plan.steps
    )
    annealing.steps = optimizer.options.steps
    annealing.goesOn = goesOn
    let lambdas = lambdas(count: plan.stages, ratio: plan.ratio)
    var network = try state?.network?.parameters(for: optimizer.tape) ?? optimizer.float
    let first = state?.network == nil ? 0 : (state?.stage ?? -1) + 1
    for stage in first..<max(lambdas.count, first) {
      guard goesOn() else { return }
      network = annealing.stage(stage, lambda: lambdas[stage], from: network, isFirst: stage == 0)
      guard goesOn() else { return }
      guard isWorthBuilding(network, stage: stage) else { continue }
      let point = try point(network, lambda: lambdas[stage])
      try found(point, SearchState(stage: stage, network: StoredNetwork(network)))
      // Beyond this nothing that one could want is left.
      if point.score.kl.value > plan.hopeless { return }
    }
  }
}

/// How an annealing goes.
package struct AnnealingPlan: Sendable, Hashable {
  /// Prices of bits, one after the other, and each over the one before.
  package var stages: Int
  package var ratio: Double
  /// Training steps for each price.
  package var steps: Int
  /// Events for statistics.
  package var statistics: Int
  /// The distance beyond which no network is of use.
  package var hopeless = 0.35

  package init(stages: Int, ratio: Double, steps: Int, statistics: Int) {
    self.stages = stages
    self.ratio = ratio
    self.steps = steps
    self.statistics = statistics
  }
}

extension BudgetOptimizer {
  /// The first price: a tenth of a nat for all the adder bits that eight-bit weights would take.
  var firstLambda: Double {
    let digits = tape.kernels.reduce(0.0) { total, kernel in
      total + Double(kernel.inputs * kernel.outputs * kernel.positions) * 2 * 12
    }
    // Squared errors are wanted smaller than divergences.
    return (isOfNumbers ? 0.01 : 0.1) / max(digits, 1)
  }

  var annealingPlan: AnnealingPlan {
    if let plan = options.plan { return plan }
    return switch options.effort {
    case .fast, .normal: AnnealingPlan(stages: 28, ratio: isOfNumbers ? 1.3 : 1.2, steps: steps(1000), statistics: 4096)
    case .high: AnnealingPlan(stages: 40, ratio: isOfNumbers ? 1.2 : 1.14, steps: steps(3000), statistics: 8192)
    }
  }

  /// Training steps for each price, fewer for networks whose steps take long.
  private func steps(_ count: Int) -> Int {
    let work = tape.kernels.reduce(0.0) { $0 + Double($1.inputs * $1.outputs * $1.positions) }
    return max(count / 6, min(count, Int(Double(count) * 12_000 / max(work, 1))))
  }

  private var isOfNumbers: Bool { tape.heads.contains { $0.kind == .numbers } }
}
