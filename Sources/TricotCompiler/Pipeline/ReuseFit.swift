import DesignBuilding
import Devices
import Diagnostics
import Estimation
import FixedPointIR

extension Compilation {
  /// The reuse factors with which every layer fits the part.
  ///
  /// - Parameter interval: The most cycles between events; nil: as many as without reuse.
  public func fit(interval: Int? = nil) throws -> FitReport {
    try VerilogFirmwareBackend().refuseIdleOptions(options, for: .project)
    try CompilationOptions.check(interval: interval)
    let quantized = try quantized
    let part = try part(named: quantized.part)
    let design = designOptions(for: quantized, part: part)
    let graph = try liveGraph.graph
    if design.recurrence == .sequential, !isStreamed(quantized), let scan = graph.nodes.first(where: \.isRecurrence) {
      // A step's cycles are known of the whole design only, not layer by layer.
      throw Diagnostic.error(
        "unsupported-form",
        "'\(scan.name)' is a recurrence as one cell, whose cycles are not told layer by layer",
        at: scan.origin,
        hint: "leave \(option: .recurrence) out, or use \(option: .io, "stream")"
      )
    }
    let factors = Self.reuseFactors(of: graph)
    let trials = try factors.map { factor in
      try clock.measure("lower", "trying reuse factor \(factor)") {
        try ReuseTrial(graph, reuseFactor: factor, options: design, isStreamed: isStreamed(quantized))
      }
    }
    return ReuseFit(graph, trials, part: part, interval: interval ?? trials[0].interval).report
  }

  /// Powers of two, up to the inputs of the largest layer.
  private static func reuseFactors(of graph: FixedPointGraph) -> [Int] {
    let most = graph.nodes.compactMap { $0.operation.denseKernel?.inputSize }.max() ?? 1
    return Array(sequence(first: 1) { $0 < most ? $0 * 2 : nil })
  }
}

extension FixedNode {
  fileprivate var isRecurrence: Bool { if case .scan = operation { true } else { false } }
}

/// The model with one reuse factor for all layers.
private struct ReuseTrial {
  let reuseFactor: Int
  /// By layer.
  let resources: [String: ResourceCount]
  let paces: [String: Int]
  let total: ResourceCount
  let interval: Int

  init(_ graph: FixedPointGraph, reuseFactor: Int, options: DesignOptions, isStreamed: Bool) throws {
    var graph = graph
    graph.setImplementation(strategy: reuseFactor > 1 ? .resource : nil, reuseFactor: reuseFactor)
    self.reuseFactor = reuseFactor
    let estimate: DesignEstimate
    if isStreamed {
      let made = try DesignMaker.streamed(graph, options: options)
      estimate = DesignEstimate(made.design)
      paces = made.paces
    } else {
      estimate = DesignEstimate(try DesignMaker.design(of: graph, options: options))
      paces = DesignMaker.paces(of: graph, options: options)
    }
    resources = Dictionary(estimate.layers.map { ($0.name, $0.resources) }, uniquingKeysWith: +)
    total = estimate.total
    interval = estimate.initiationInterval
  }
}

/// Looks for reuse factors of all layers that fit a part together.
private struct ReuseFit {
  private let part: Part
  private let interval: Int
  private var layers: [Layer] = []
  /// What all other layers, queues and control take at most.
  private var rest = ResourceCount()

  private struct Layer {
    var node: FixedNode
    var factors: [Factor]
  }

  private struct Factor {
    var reuseFactor: Int
    var pace: Int
    var resources: ResourceCount
  }

  /// A sum over some layers, and the factors that it came from.
  private struct Sum {
    var resources: ResourceCount
    var factors: [Int]
  }

  init(_ graph: FixedPointGraph, _ trials: [ReuseTrial], part: Part, interval: Int) {
    self.part = part
    self.interval = interval
    for node in graph.nodes where node.operation.denseKernel != nil {
      var factors: [Factor] = []
      for trial in trials {
        let resources = trial.resources[node.name] ?? ResourceCount()
        let pace = trial.paces[node.name] ?? 1
        // Beyond a layer's inputs nothing changes.
        if let last = factors.last, last.pace == pace, last.resources == resources { continue }
        factors.append(Factor(reuseFactor: trial.reuseFactor, pace: pace, resources: resources))
      }
      if factors.count > 1 { layers.append(Layer(node: node, factors: factors)) }
    }
    for trial in trials {
      let own = layers.reduce(ResourceCount()) { $0 + (trial.resources[$1.node.name] ?? ResourceCount()) }
      rest.cover(trial.total, without: own)
    }
  }

  var report: FitReport {
    let choice = sums(over: layers.indices.map { $0 }).min { largestShare($0) < largestShare($1) }
    return FitReport(
      part: part.name,
      interval: interval,
      layers: layers.indices.map { index in
        let others = sums(over: layers.indices.filter { $0 != index })
        return FitReport.Layer(
          name: layers[index].node.name,
          kind: layers[index].node.kind,
          factors: layers[index].factors.map { factor in
            FitReport.Factor(
              reuseFactor: factor.reuseFactor,
              interval: factor.pace,
              resources: ResourceReport(factor.resources),
              fits: factor.pace <= interval
                && others.contains { ($0.resources + factor.resources).fits(part.capacity) }
            )
          }
        )
      },
      choice: choice.map { sum in
        FitReport.Choice(
          reuseFactors: sum.factors,
          resources: ResourceReport(sum.resources),
          utilization: UtilizationReport(sum.resources, of: part.capacity)
        )
      }
    )
  }

  /// All sums over layers, with the rest, that fit the part and that no other undercuts in everything.
  private func sums(over indices: [Int]) -> [Sum] {
    indices.reduce([Sum(resources: rest, factors: [])].filter { $0.resources.fits(part.capacity) }) { sums, index in
      var kept: [Sum] = []
      for sum in sums {
        for factor in layers[index].factors where factor.pace <= interval {
          let next = Sum(
            resources: sum.resources + factor.resources,
            factors: sum.factors + [factor.reuseFactor]
          )
          guard next.resources.fits(part.capacity), !kept.contains(where: { $0.resources.fits(next.resources) })
          else { continue }
          kept.removeAll { next.resources.fits($0.resources) }
          kept.append(next)
        }
      }
      return kept
    }
  }

  private func largestShare(_ sum: Sum) -> Double {
    let share = UtilizationReport(sum.resources, of: part.capacity)
    return max(share.lut, share.ff, share.dsp, share.bram36)
  }
}

extension ResourceCount {
  /// Whether none of what a part runs out of is more than in another count.
  fileprivate func fits(_ other: ResourceCount) -> Bool {
    lut <= other.lut && ff <= other.ff && dsp <= other.dsp && bram18 <= other.bram18
  }

  /// Grows to what is left of a total.
  fileprivate mutating func cover(_ total: ResourceCount, without own: ResourceCount) {
    lut = max(lut, total.lut - own.lut)
    ff = max(ff, total.ff - own.ff)
    dsp = max(dsp, total.dsp - own.dsp)
    bram18 = max(bram18, total.bram18 - own.bram18)
    carry8 = max(carry8, total.carry8 - own.carry8)
    carry4 = max(carry4, total.carry4 - own.carry4)
  }
}
