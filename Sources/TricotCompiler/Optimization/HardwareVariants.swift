import FixedPointIR
import Optimization

/// Other hardware for the same network, where that keeps limits of resources which the usual hardware misses.
///
/// Products in DSP blocks or without any, adder graphs flatter or deeper: what is computed stays the same to the bit.
struct HardwareVariants {
  /// The limits; what may be lost does not matter here.
  let goal: OptimizationGoal
  let estimate: (FixedPointGraph) throws -> EstimationReport

  /// A network in other hardware.
  struct Variant {
    var graph: FixedPointGraph
    var report: EstimationReport

    var estimate: PointEstimate { PointEstimate(report) }
  }

  /// Adder levels above the least possible that save nearly all that depth can.
  private static let deep = 4
  /// What flatter graphs have been seen to save in cycles, and other hardware in LUTs, is less than this.
  private static let mostCyclesSaved = 3
  private static let mostLutSaved = 2.0

  /// Whether other hardware may keep the limits at all.
  func isPlausible(_ usual: PointEstimate) -> Bool {
    let lut = goal.lut.map { Double($0) * (goal.dsp ?? 0 > 0 ? Self.mostLutSaved : 1.1) }
    let period = usual.latencyNanoseconds / Double(max(usual.latencyCycles, 1))
    return Double(usual.verifiedLUT ?? usual.lut) <= lut ?? .infinity
      && usual.latencyCycles - Self.mostCyclesSaved <= goal.latencyCycles ?? .max
      && usual.latencyNanoseconds - Double(Self.mostCyclesSaved) * period <= goal.latencyNanoseconds ?? .infinity
  }

  /// The first hardware that keeps all limits; nil: none does.
  ///
  /// - Parameter usual: What the network costs as it is built usually.
  func fitting(_ network: FixedPointGraph, usual: PointEstimate) throws -> Variant? {
    var graph = network
    var now = usual
    func advance(_ change: (inout FixedPointGraph) -> Void) throws -> Variant? {
      change(&graph)
      let report = try estimate(graph)
      now = PointEstimate(report)
      return goal.resourceMiss(now) == 0 ? Variant(graph: graph, report: report) : nil
    }
    if let limit = goal.dsp, usual.dsp > limit {
      if let found = try advance({ $0.setImplementation(strategy: .logic) }) { return found }
    }
    if isLate(now) {
      if let found = try advance({ $0.setImplementation(extraDepth: 0) }) { return found }
    } else if let limit = goal.lut, now.lut > limit {
      let flat = graph
      if let found = try advance({ $0.setImplementation(extraDepth: Self.deep) }) { return found }
      if isLate(now) { graph = flat }
    }
    guard let limit = goal.dsp, limit > now.dsp, let most = goal.lut, now.lut > most else { return nil }
    let layers = try layersForBlocks(graph, free: limit - now.dsp, excess: now.lut - most)
    guard !layers.isEmpty else { return nil }
    return try advance { graph in
      graph.setImplementation(strategy: .multipliers) { layers.contains($0.name) }
    }
  }

  private func isLate(_ estimate: PointEstimate) -> Bool {
    estimate.latencyCycles > goal.latencyCycles ?? .max
      || estimate.latencyNanoseconds > goal.latencyNanoseconds ?? .infinity
  }

  /// The layers whose products go to DSP blocks: those first that save most LUTs with each, until enough are saved.
  private func layersForBlocks(_ graph: FixedPointGraph, free: Int, excess: Int) throws -> [String] {
    let candidates = graph.nodes.filter { node in
      node.implementation.strategy != .multipliers && node.operation.multipliesByConstants
    }
    guard !candidates.isEmpty else { return [] }
    var multiplied = graph
    let names = candidates.map(\.name)
    multiplied.setImplementation(strategy: .multipliers) { names.contains($0.name) }
    let before = try estimate(graph).layers
    let after = try estimate(multiplied).layers
    struct Gain {
      var name: String
      var lut: Int
      var dsp: Int
    }
    var gains = names.compactMap { name -> Gain? in
      guard let old = before.first(where: { $0.name == name }), let new = after.first(where: { $0.name == name }) else {
        return nil
      }
      let gain = Gain(
        name: name,
        lut: old.resources.lut - new.resources.lut,
        dsp: new.resources.dsp - old.resources.dsp
      )
      return gain.lut > 0 ? gain : nil
    }
    gains.sort { $0.lut * max($1.dsp, 1) > $1.lut * max($0.dsp, 1) }
    var chosen: [String] = []
    var saved = 0
    var used = 0
    for gain in gains where saved < excess && used + gain.dsp <= free {
      chosen.append(gain.name)
      saved += gain.lut
      used += gain.dsp
    }
    return chosen
  }
}

extension FixedOperation {
  /// Whether the layer, or its kernel, is a matrix of constants times what comes in.
  fileprivate var multipliesByConstants: Bool {
    if case .dense = self { return true }
    return facts.bodies.contains { body in body.nodes.contains { $0.operation.multipliesByConstants } }
  }
}

extension PointEstimate {
  init(_ report: EstimationReport) {
    self.init(
      adderBits: report.layers.reduce(0) { $0 + $1.adderBits },
      lut: report.resources.lut,
      ff: report.resources.ff,
      dsp: report.resources.dsp,
      latencyCycles: report.latencyCycles,
      latencyNanoseconds: report.latencyNs
    )
  }
}
