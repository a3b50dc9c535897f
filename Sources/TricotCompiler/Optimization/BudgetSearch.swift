import Basics
import Diagnostics
import FixedPointIR
import Glibc
import ModelIR
import Optimization
import Quantization
import Synchronization

/// Searches the smallest networks that still say what a float model says, and writes them into a folder.
public final class BudgetSearch: Sendable {
  public let options: OptimizationOptions
  public let clock: StageClock
  let log = DiagnosticLog()
  let isStopped = Atomic(false)

  public init(options: OptimizationOptions, clock: StageClock = StageClock()) {
    self.options = options
    self.clock = clock
  }

  /// Warnings and notes so far.
  public var findings: [Diagnostic] { log.all }

  /// Searches, or goes on where an interrupted search stopped; what was found is written at once.
  ///
  /// A cancelled task ends the search early: the points that were found stay, and the report says that it is not complete.
  public func run() async throws -> OptimizationReport {
    try await withTaskCancellationHandler {
      try await search()
    } onCancel: {
      isStopped.store(true, ordering: .relaxed)
    }
  }

  var threads: Int { options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  // MARK: - The search

  private func search() async throws -> OptimizationReport {
    let goal = try OptimizationGoal(options)
    let references = try options.references.map { try ReferenceFront(file: $0) }
    let source = try SearchSource(options, goal: goal, log: log)
    let folder = OptimizationFolder(path: options.output)
    var optimizerOptions = OptimizerOptions()
    optimizerOptions.effort = options.effort.choice
    optimizerOptions.meaning = options.outputs.choice
    optimizerOptions.seed = options.seed
    optimizerOptions.threads = threads
    optimizerOptions.steps = OptimizationSteps(without: options.leftOut)
    // A LUT holds about an adder bit; sharing makes that a little less.
    optimizerOptions.mostAdderBits = goal.lut.map { 3 * $0 + 1000 }
    optimizerOptions.droppedInputs = options.droppedInputs
    let optimizer = try clock.measure("prepare", "evaluating the trained model") {
      try source.search(optimizerOptions, log: log)
    }
    let former = try folder.prepare(identity: source.identity, replacing: options.replacing)
    let float = optimizer.evaluation.floatScore
    let progress = Mutex(
      former
        ?? OptimizationFolder.Progress(
          identity: source.identity,
          search: SearchState(stage: -1, network: nil),
          points: [],
          isComplete: false
        )
    )
    @Sendable func report() -> OptimizationReport {
      progress.withLock { self.report($0, goal, float, optimizer) }
    }
    if !(former?.isComplete ?? false) {
      try clock.measure("search", "searching") {
        let hooks = SearchHooks(
          estimate: { try self.estimate($0) },
          found: { point, state in
            let name = OptimizationFolder.pointName(state.stage)
            try folder.write(point.graph.description, to: name)
            try progress.withLock { progress in
              progress.points.removeAll { $0.model == name }
              progress.points.append(OptimizationReport.Point(point, file: name))
              progress.search = state
              try folder.write(progress)
            }
            try folder.write(try jsonText(report()), to: OptimizationFolder.report)
            self.tell(point)
          },
          goesOn: { !self.isStopped.load(ordering: .relaxed) }
        )
        try optimizer.run(hooks, from: former?.search)
      }
      let isComplete = !isStopped.load(ordering: .relaxed)
      try progress.withLock { progress in
        progress.isComplete = isComplete
        // Nobody goes on from a complete search.
        if isComplete { progress.search.network = nil }
        try folder.write(progress)
      }
    }
    if !isStopped.load(ordering: .relaxed) {
      try clock.measure("build", "building otherwise") { try vary(goal, progress, folder) }
      try await check(goal, progress, folder)
    }
    var result = report()
    result.references = references
    if options.comparesUniform && !isStopped.load(ordering: .relaxed) {
      let hooks = SearchHooks(
        estimate: { try self.estimate($0) },
        goesOn: { !self.isStopped.load(ordering: .relaxed) }
      )
      let points = try clock.measure("compare", "quantising with uniform bits") { try optimizer.uniformPoints(hooks) }
      result.uniform = points.map { OptimizationReport.Uniform($0, besides: result.points) }
        .sorted { ($0.lut, $0.kl) < ($1.lut, $1.kl) }
    }
    try clock.measure("inputs", "leaving out inputs") { try addInputs(to: &result, optimizer, folder) }
    try folder.write(try jsonText(result), to: OptimizationFolder.report)
    try folder.write(FrontPlot(result).svg, to: OptimizationFolder.front)
    try folder.write(FrontPage.html(of: result), to: OptimizationFolder.page)
    return result
  }

  private func tell(_ point: CurvePoint) {
    let loss = (point.score.predictedLoss.value * 10_000).rounded() / 100
    clock.update("searching: \(point.estimate.lut) LUT at \(loss) % loss")
  }

  private func report(
    _ progress: OptimizationFolder.Progress,
    _ goal: OptimizationGoal,
    _ float: HeldOutScore,
    _ optimizer: any CurveSearch
  ) -> OptimizationReport {
    var points = progress.points.sorted { ($0.lut, $0.kl, $0.model) < ($1.lut, $1.kl, $1.model) }
    var least = Double.infinity
    for index in points.indices {
      points[index].isOnFront = points[index].kl < least
      least = min(least, points[index].kl)
    }
    let choice = goal.choice(points.map { ($0.estimate, $0.score) })
    if let choice { points[choice.index].chosen = true }
    return OptimizationReport(
      model: String(PathNames.lastComponent(options.model)),
      effort: options.effort.rawValue,
      seed: options.seed,
      fittedEvents: optimizer.fittedEvents,
      heldOutEvents: float.events,
      floatAccuracy: float.accuracy?.value,
      floatAuc: float.auc,
      goal: OptimizationReport.Goal(goal),
      isMet: choice?.isMet ?? false,
      points: points,
      uniform: [],
      references: [],
      isComplete: progress.isComplete,
      inputs: [],
      removals: []
    )
  }

  /// What inputs are to the float model, and what became of them at the chosen point.
  private func addInputs(
    to report: inout OptimizationReport,
    _ optimizer: any CurveSearch,
    _ folder: OptimizationFolder
  ) throws {
    guard let chosen = report.points.first(where: \.chosen) else { return }
    let graph = try folder.graph(chosen.model)
    warnOfUnseen(try optimizer.evaluation.coverage(of: graph))
    let ports = optimizer.evaluation.ports(of: graph)
    guard ports.count <= Self.mostInputs else { return }
    let relevance = isStopped.load(ordering: .relaxed) ? nil : optimizer.relevance
    report.inputs = ports.map { port in
      OptimizationReport.Input(
        input: port.input,
        bits: port.bits,
        step: port.step,
        lower: port.lower,
        upper: port.upper,
        saturated: port.saturated,
        removalKl: relevance?.single[port.input].kl,
        removalLoss: relevance?.single[port.input].loss
      )
    }
    report.removals = (relevance?.successive ?? []).map {
      OptimizationReport.Removal(input: $0.input, kl: $0.kl, loss: $0.loss)
    }
  }

  private func warnOfUnseen(_ layers: [RangeCoverage]) {
    guard let worst = layers.filter(\.isPoor).max(by: { $0.proven * $1.seen < $1.proven * $0.seen }) else { return }
    log.report(
      .warning(
        "uncovered-ranges",
        "sums of layer '\(worst.layer)' can reach \(NumberText.short(worst.proven)), and no more than "
          + "\(NumberText.short(worst.seen)) in the calibration events: what the network does beyond was not seen",
        hint: "give events of every kind that the inputs can bring"
      )
    )
  }

  /// Tables of more inputs help nobody.
  private static let mostInputs = 256
}

extension OptimizationSteps {
  init(without steps: [OptimizationOptions.Step]) {
    self.init()
    usesSensitivities = !steps.contains(.sensitivities)
    perElementTypes = !steps.contains(.elementTypes)
    distils = !steps.contains(.distillation)
    damps = !steps.contains(.damping)
  }
}

extension OptimizationOptions.Effort {
  fileprivate var choice: OptimizationEffort {
    switch self {
    case .fast: .fast
    case .normal: .normal
    case .high: .high
    }
  }
}

extension OptimizationOptions.Outputs {
  fileprivate var choice: OutputMeaning {
    switch self {
    case .automatic: .automatic
    case .classes: .classes
    case .logistic: .logistic
    case .numbers: .numbers
    case .anomaly: .anomaly
    }
  }
}
