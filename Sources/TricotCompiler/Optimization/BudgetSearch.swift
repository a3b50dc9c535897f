import Diagnostics
import FixedPointIR
import Glibc
import ModelIR
import Optimization
import Quantization
import Synchronization
import Verification

/// Searches the smallest networks that still say what a float model says, and writes them into a folder.
public final class BudgetSearch: Sendable {
  public let options: OptimizationOptions
  public let clock: StageClock
  private let log = DiagnosticLog()
  private let isStopped = Atomic(false)

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

  private var threads: Int { options.threads ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

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
    if !isStopped.load(ordering: .relaxed) { try await check(goal, progress, folder) }
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
    let name = folder.file(chosen.model)
    let text = String(decoding: try FileReading.bytes(of: name), as: UTF8.self)
    let ports = optimizer.evaluation.ports(of: try FixedPointGraph(parsing: text, file: name))
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

  /// Tables of more inputs help nobody.
  private static let mostInputs = 256

  // MARK: - Hardware

  private func compilation(of text: String, threads: Int) -> Compilation {
    var compilation = CompilationOptions(model: "point.tricot")
    compilation.hardware.part = options.part
    compilation.hardware.clockPeriod = options.clockPeriod
    compilation.threads = threads
    return Compilation(compilation, files: ["point.tricot": Array(text.utf8)])
  }

  private func estimate(_ graph: FixedPointGraph) throws -> PointEstimate {
    let threads = options.effort == .fast ? 1 : threads
    let report = try compilation(of: graph.description, threads: threads).estimate()
    return PointEstimate(
      adderBits: report.layers.reduce(0) { $0 + $1.adderBits },
      lut: report.resources.lut,
      ff: report.resources.ff,
      dsp: report.resources.dsp,
      latencyCycles: report.latencyCycles,
      latencyNanoseconds: report.latencyNs
    )
  }

  /// Has yosys count the points that may keep a limit of LUTs, the most faithful first, until one does.
  private func check(
    _ goal: OptimizationGoal,
    _ progress: borrowing Mutex<OptimizationFolder.Progress>,
    _ folder: OptimizationFolder
  ) async throws {
    guard let limit = goal.lut, options.synthesizes else { return }
    guard (try? ExternalTool.yosys.require(hint: "leave it out")) != nil else {
      log.report(
        .note("not-synthesized", "yosys is not installed, so the limit of LUTs is checked against the estimate alone")
      )
      return
    }
    guard limit <= Self.mostSynthesized else {
      log.report(
        .note(
          "not-synthesized",
          "beyond \(Self.mostSynthesized) LUTs yosys takes long, so the limit is checked against the estimate alone"
        )
      )
      return
    }
    // Estimates lie above yosys's counts: by how much, the first count tells.
    var ratio = 0.9
    for _ in 0..<Self.mostSyntheses {
      let points = progress.withLock { $0.points }
      let candidates = points.indices.filter { index in
        let point = points[index]
        guard point.yosysLut == nil, point.lut <= Self.mostSynthesized, Double(point.lut) * ratio <= Double(limit)
        else { return false }
        var rest = goal
        rest.lut = nil
        return rest.resourceMiss(point.estimate) == 0
      }
      let proven = points.filter { $0.yosysLut.map { $0 <= limit } ?? false && goal.resourceMiss($0.estimate) == 0 }
      guard let next = candidates.min(by: { points[$0].kl < points[$1].kl }),
        proven.allSatisfy({ points[next].kl < $0.kl })
      else { return }
      let text = String(decoding: try FileReading.bytes(of: folder.file(points[next].model)), as: UTF8.self)
      let count = try await compilation(of: text, threads: threads).estimate(synthesize: true).synthesis?.resources.lut
      guard let count else { return }
      ratio = Double(count) / Double(max(points[next].lut, 1))
      try progress.withLock { progress in
        progress.points[next].yosysLut = count
        try folder.write(progress)
      }
    }
  }

  private static let mostSyntheses = 6
  private static let mostSynthesized = 20_000
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
    }
  }
}
