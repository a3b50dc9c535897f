import Diagnostics
import FixedPointIR
import Optimization
import Synchronization
import Verification

// What points cost, and other ways to build them.
extension BudgetSearch {
  private func compilation(of text: String, threads: Int) -> Compilation {
    var compilation = CompilationOptions(model: "point.tricot")
    compilation.hardware.part = options.part
    compilation.hardware.clockPeriod = options.clockPeriod
    compilation.threads = threads
    return Compilation(compilation, files: ["point.tricot": Array(text.utf8)])
  }

  func estimate(_ graph: FixedPointGraph) throws -> PointEstimate {
    PointEstimate(try report(on: graph, threads: options.effort == .fast ? 1 : threads))
  }

  private func report(on graph: FixedPointGraph, threads: Int) throws -> EstimationReport {
    try compilation(of: graph.description, threads: threads).estimate()
  }

  /// Builds points that miss limits of resources in other ways, and adds those that then keep them: the most faithful ones,
  /// found by halving, for what keeps the limits is mostly what is less faithful.
  func vary(
    _ goal: OptimizationGoal,
    _ progress: borrowing Mutex<OptimizationFolder.Progress>,
    _ folder: OptimizationFolder
  ) throws {
    guard goal.isBudget else { return }
    let points = progress.withLock { $0.points }.filter { goal.lossMiss($0.score) == 0 }
    let fitting = points.filter { goal.resourceMiss($0.estimate) == 0 }.map(\.kl).min() ?? .infinity
    let variants = HardwareVariants(goal: goal) { try self.report(on: $0, threads: self.threads) }
    let candidates = points.filter { $0.kl < fitting && variants.isPlausible($0.estimate) }.sorted { $0.kl < $1.kl }
    var first = 0
    var last = candidates.count
    while first < last && !isStopped.load(ordering: .relaxed) {
      let middle = (first + last) / 2
      let point = candidates[middle]
      let graph = try folder.graph(point.model)
      guard let variant = try variants.fitting(graph, usual: point.estimate) else {
        first = middle + 1
        continue
      }
      last = middle
      let name = OptimizationFolder.variantName(of: point.model, besides: points.map(\.model))
      try folder.write(variant.graph.description, to: name)
      try progress.withLock { progress in
        progress.points.append(point.built(as: variant.estimate, file: name))
        try folder.write(progress)
      }
    }
  }

  /// Has yosys count the points that may keep a limit of LUTs, the most faithful first, until one does.
  func check(
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
