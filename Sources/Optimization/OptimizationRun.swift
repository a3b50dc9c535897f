import Basics
import Diagnostics
import FixedPointIR
import Synchronization

/// One search: makes points, and tells of each.
struct OptimizationRun: Sendable {
  let optimizer: BudgetOptimizer
  let hooks: SearchHooks

  init(_ optimizer: BudgetOptimizer, _ hooks: SearchHooks) {
    self.optimizer = optimizer
    self.hooks = hooks
  }

  /// Searches until the curve is complete, or until it is asked to stop.
  ///
  /// - Parameter state: Where an earlier run stopped.
  func run(from state: SearchState? = nil) throws {
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
      estimate: try hooks.estimate(graph)
    )
  }

  /// Whether hardware is made of a network: not of one far beyond the budget, and of every third where that takes long.
  private func isWorthBuilding(_ network: NetworkParameters, stage: Int) -> Bool {
    let costs = CostModel(tape: optimizer.tape)
    if let most = optimizer.options.mostAdderBits, costs.cost(network) > Double(most) { return false }
    return costs.cost(network, ofAllPositions: false) < Self.slowToBuild || stage % 3 == 0
  }

  /// Adder bits from which seeking adder graphs takes many seconds; all positions of a kernel have one.
  private static let slowToBuild = 60_000.0

  // MARK: - One price at a time

  /// Prices of bits, from hardly any to too many; the network's size sets the scale.
  private func lambdas(count: Int, ratio: Double) -> [Double] {
    let first = optimizer.firstLambda
    return (0..<count).map { k in (0..<k).reduce(first) { value, _ in value * ratio } }
  }

  private func runOneShots(from state: SearchState?) throws {
    let training = optimizer.training.prefix(4096, of: optimizer.tape)
    let float = floatStart(training)
    let lambdas = lambdas(count: 8, ratio: optimizer.isOfNumbers ? 2.2 : 1.65).map { $0 * 1.6 }
    let first = state.map { $0.stage + 1 } ?? 0
    guard first < lambdas.count else { return }
    // Prices in parallel, each on one thread.
    let outer = optimizer.options.threads
    let queue = OrderedDelivery<CurvePoint?> { k, point in
      guard let point else { return }
      try hooks.found(point, SearchState(stage: first + k, network: nil))
    }
    let results = parallelMap(count: lambdas.count - first, threads: outer) { k -> Result<Void, any Error> in
      Result {
        guard hooks.goesOn() else { return }
        let network = oneShot(lambdas[first + k], index: first + k, float)
        guard hooks.goesOn() else { return }
        let isBuilt = isWorthBuilding(network, stage: 0)
        try queue.deliver(isBuilt ? try point(network, lambda: lambdas[first + k]) : nil, at: k)
      }
    }
    for result in results { try result.get() }
  }

  private func floatStart(_ batch: TapeBatch) -> FloatStart {
    FloatStart(optimizer.runner, optimizer.float, batch, finest: optimizer.finest, seed: optimizer.options.seed)
  }

  /// The network for one price, on one thread.
  private func oneShot(_ lambda: Double, index: Int, _ float: FloatStart) -> NetworkParameters {
    let network = float.network(lambda: lambda, steps: optimizer.options.steps, threads: 1)
    guard optimizer.options.steps.distils else { return network }
    var distillation = Distillation(
      runner: TapeRunner(optimizer.tape, threads: 1),
      batch: float.batch,
      finest: optimizer.finest,
      rowScales: optimizer.rowScales,
      steps: 400,
      seed: optimizer.options.seed &+ UInt64(index)
    )
    if !optimizer.options.steps.damps { distillation.damping = 0 }
    distillation.goesOn = hooks.goesOn
    return distillation.trained(network)
  }

  // MARK: - Annealing

  private func runAnnealing(from state: SearchState?) throws {
    let plan = optimizer.annealingPlan
    let statistics = optimizer.training.prefix(plan.statistics, of: optimizer.tape)
    var annealing = Annealing(
      runner: optimizer.runner,
      batch: optimizer.training,
      statistics: statistics,
      finest: optimizer.finest,
      rowScales: optimizer.rowScales,
      seed: optimizer.options.seed,
      trainingSteps: plan.steps,
      float: floatStart(statistics)
    )
    annealing.steps = optimizer.options.steps
    annealing.goesOn = hooks.goesOn
    let lambdas = plan.lambdas(from: optimizer.firstLambda)
    var position = try state?.position(for: optimizer.tape) ?? Annealing.Position()
    let first = position.network == nil ? 0 : (state?.stage ?? -1) + 1
    for stage in first..<max(lambdas.count, first) {
      guard hooks.goesOn() else { return }
      position = annealing.stage(stage, lambda: lambdas[stage], from: position)
      guard hooks.goesOn(), let network = position.network else { return }
      guard isWorthBuilding(network, stage: stage) else { continue }
      let point = try point(network, lambda: lambdas[stage])
      try hooks.found(point, SearchState(stage: stage, position))
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
  /// Prices below the first of those, further apart.
  package var faithfulStages = 0
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

  /// The prices in order; the first one that is not for the most faithful networks is given.
  func lambdas(from usual: Double) -> [Double] {
    let below = (0..<faithfulStages).reversed().map { k in (0...k).reduce(usual) { value, _ in value / Self.wideRatio }
    }
    return below + (0..<stages).map { k in (0..<k).reduce(usual) { value, _ in value * ratio } }
  }

  private static let wideRatio = 1.7
}

extension BudgetOptimizer {
  /// The first price: a tenth of a nat for all the adder bits that eight-bit weights would take.
  var firstLambda: Double {
    let digits = tape.kernels.reduce(0.0) { total, kernel in
      total + Double(kernel.inputs * kernel.outputs * kernel.positions) * 2 * 12
    }
    // Squared errors are wanted smaller than divergences.
    return (isOfNumbers ? 0.001 : 0.1) / max(digits, 1)
  }

  var annealingPlan: AnnealingPlan {
    if let plan = options.plan { return plan }
    let isOfNumbers = isOfNumbers
    var plan =
      switch options.effort {
      case .fast, .normal:
        AnnealingPlan(
          stages: isOfNumbers ? 37 : 28,
          ratio: isOfNumbers ? 1.3 : 1.2,
          steps: steps(2500),
          statistics: 4096
        )
      case .high:
        AnnealingPlan(
          stages: isOfNumbers ? 53 : 40,
          ratio: isOfNumbers ? 1.2 : 1.14,
          steps: steps(6000),
          statistics: 8192
        )
      }
    plan.faithfulStages = isOfNumbers ? 0 : 5
    return plan
  }

  /// Training steps for each price, fewer for networks whose steps take long: by their products and by the numbers they move.
  private func steps(_ count: Int) -> Int {
    let products = tape.kernels.reduce(0.0) { $0 + Double($1.inputs * $1.outputs * $1.positions) }
    let work = products + 8 * Double(tape.totalSize)
    return max(count / 6, min(count, Int(Double(count) * 8000 / max(work, 1))))
  }

  fileprivate var isOfNumbers: Bool { tape.heads.contains { $0.kind == .numbers } }
}
