import Diagnostics
import FoundationEssentials
import Glibc
import ModelIR
import Quantization
import Simulation
import Synchronization

/// Many combinations of options, each estimated and compared with the float model.
public final class Scan: Sendable {
  /// The file that says what is scanned.
  public let file: String
  /// The folder of the results.
  public let output: String
  /// Points that are computed at once; nil: as many as there are cores.
  public let jobs: Int?
  public let clock: StageClock

  public init(file: String, output: String, jobs: Int? = nil, clock: StageClock = StageClock()) {
    self.file = file
    self.output = output
    self.jobs = jobs
    self.clock = clock
  }

  /// Computes the points that are not there yet, and writes table and page of all.
  ///
  /// A point's file is written as soon as it is computed: who calls again goes on where an interrupted scan stopped.
  public func run() async throws -> ScanReport {
    let plan = try ScanPlan(file: file)
    let folder = ScanFolder(path: output)
    try folder.prepare()
    let known = plan.points.map { folder.point($0.key) }
    var missing: [ScanPlan.Point] = []
    for (point, found) in zip(plan.points, known)
    where found == nil && !missing.contains(where: { $0.key == point.key }) {
      missing.append(point)
    }
    if !missing.isEmpty {
      try await clock.measure("scan", "computing \(missing.count) points") {
        try await compute(missing, plan, folder, threads: nil)
      }
    }
    let report = try report(of: plan, folder)
    try folder.write(try jsonText(report), to: ScanFolder.report)
    try folder.write(try ScanPage(report).html, to: ScanFolder.page)
    return report
  }

  /// Computes one point and writes its file: what a workflow calls for each.
  public func run(point key: String) async throws {
    let plan = try ScanPlan(file: file)
    guard let point = plan.points.first(where: { $0.key == key }) else {
      throw Diagnostic.error(
        "unknown-point",
        "'\(key)' is no point of the scan",
        at: Origin(file: file),
        hint: "write the workflow again: the scan, or a file that it names, has changed"
      )
    }
    let folder = ScanFolder(path: output)
    try folder.prepare()
    // A workflow runs as many at once as there are cores.
    try await compute([point], plan, folder, threads: 1)
  }

  /// Writes a Snakemake workflow with a job for each point into the output folder.
  ///
  /// - Returns: how many jobs there are, points that are computed already included.
  public func writeWorkflow() throws -> Int {
    let plan = try ScanPlan(file: file)
    let folder = ScanFolder(path: output)
    try folder.prepare()
    var keys: [String] = []
    for point in plan.points where !keys.contains(point.key) { keys.append(point.key) }
    try folder.write(try ScanWorkflow.snakefile(scan: file, keys: keys), to: ScanFolder.workflow)
    return keys.count
  }

  // MARK: - Points

  private func compute(
    _ points: [ScanPlan.Point],
    _ plan: ScanPlan,
    _ folder: ScanFolder,
    threads: Int?
  ) async throws {
    let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let workers = min(max(jobs ?? cores, 1), points.count)
    let shared = SharedStages(points.map(\.options))
    // Points with much in common stand together, so that what they share can go soon.
    let order = points.indices.sorted {
      shared.rank(of: points[$0].options, $0) < shared.rank(of: points[$1].options, $1)
    }
    let events = try ScanEvents(plan.file)
    let synthesizes = plan.file.synthesizes
    let ownThreads = workers > 1 ? 1 : threads
    let progress = ScanProgress(total: points.count, clock: clock)
    try await withThrowingTaskGroup(of: Void.self) { group in
      var next = order.makeIterator()
      func begin() {
        guard let index = next.next() else { return }
        let point = points[index]
        group.addTask { [self] in
          let found = try await measure(point, synthesizes: synthesizes, shared, events, threads: ownThreads)
          try folder.write(found)
          progress.advance()
        }
      }
      for _ in 0..<workers { begin() }
      while try await group.next() != nil { begin() }
    }
  }

  private func measure(
    _ plan: ScanPlan.Point,
    synthesizes: Bool,
    _ shared: SharedStages,
    _ events: ScanEvents,
    threads: Int?
  ) async throws -> ScanReport.Point {
    let start = ContinuousClock.now
    var point = ScanReport.Point(
      key: plan.key,
      model: plan.model,
      values: [],
      seconds: 0,
      isOnLutFront: false,
      isOnLatencyFront: false
    )
    var options = plan.options
    options.threads = threads
    do {
      let compilation = Compilation(options, sharing: shared.take(options, base: plan.base))
      defer { shared.release(options) }
      let estimate = try await compilation.estimate(synthesize: synthesizes)
      try events.judge(compilation, base: plan.base, into: &point)
      point.estimate = ScanReport.Estimate(estimate)
      point.yosysLut = estimate.synthesis?.resources.lut
    } catch let error as Diagnostic {
      // One combination that cannot be built says nothing about the others.
      point.failure = error.description
    }
    point.seconds = (ContinuousClock.now - start) / .seconds(1)
    return point
  }

  private func report(of plan: ScanPlan, _ folder: ScanFolder) throws -> ScanReport {
    var points = try plan.points.map { planned -> ScanReport.Point in
      guard var point = folder.point(planned.key) else {
        throw Diagnostic.error(
          "missing-point",
          "the point \(planned.key) was not computed",
          at: Origin(file: output),
          hint: "run the scan again"
        )
      }
      point.model = planned.model
      point.values = plan.optionNames.map { planned.values[$0] ?? "" }
      return point
    }
    points.markFronts()
    let hasAccuracy = points.contains { $0.accuracy != nil }
    return ScanReport(
      scan: String(PathNames.lastComponent(file)),
      options: plan.optionNames,
      quality: hasAccuracy ? "accuracy" : points.contains { $0.agreement != nil } ? "agreement" : "none",
      points: points
    )
  }
}

/// Compilations whose stages several points share, as long as one of these is still to come.
private final class SharedStages: Sendable {
  private struct Entry {
    var compilation: Compilation?
    var remaining: Int
    var rank: Int
  }

  private let entries: Mutex<[CompilationOptions: Entry]>

  init(_ points: [CompilationOptions]) {
    var entries: [CompilationOptions: Entry] = [:]
    for options in points {
      let rank = entries.count
      entries[options.netlistChoice, default: Entry(remaining: 0, rank: rank)].remaining += 1
    }
    self.entries = Mutex(entries)
  }

  /// Where a point stands in the order of work.
  func rank(of options: CompilationOptions, _ index: Int) -> (Int, Int) {
    (entries.withLock { $0[options.netlistChoice]?.rank ?? 0 }, index)
  }

  /// What the point shares its stages with.
  func take(_ options: CompilationOptions, base: Compilation) -> Compilation {
    entries.withLock { entries in
      let choice = options.netlistChoice
      if let found = entries[choice]?.compilation { return found }
      var leading = choice
      leading.threads = options.threads
      let made = Compilation(leading, sharing: base)
      entries[choice]?.compilation = made
      return made
    }
  }

  func release(_ options: CompilationOptions) {
    entries.withLock { entries in
      entries[options.netlistChoice]?.remaining -= 1
      if entries[options.netlistChoice]?.remaining == 0 { entries[options.netlistChoice]?.compilation = nil }
    }
  }
}

/// Says how many points are there, and what time the others may take.
private final class ScanProgress: Sendable {
  private let total: Int
  private let clock: StageClock
  private let done = Atomic(0)
  private let start = ContinuousClock.now

  init(total: Int, clock: StageClock) {
    self.total = total
    self.clock = clock
  }

  func advance() {
    let count = done.add(1, ordering: .relaxed).newValue
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let left = Int((elapsed / Double(count) * Double(total - count)).rounded(.up))
    clock.update("\(count) of \(total) points, about \(left) s left")
  }
}
