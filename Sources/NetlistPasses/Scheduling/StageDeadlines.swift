import Devices
import NetlistIR

/// When every value must be there so that the pipeline has no more stages than it needs.
struct StageDeadlines {
  private let timing: StageTiming
  private let model: DelayModel
  /// By value: the latest stage, and the delay from its start to the end of that stage.
  private let latest: (stages: [Int32], tails: [Int32])

  init(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) {
    timing = StageTiming(netlist, delays: delays, options: options)
    model = delays
    let least = Int(timing.earliest().stages.max() ?? 0) + 1
    latest = timing.latest(latency: max(least, options.latency ?? least))
  }

  /// Takes the pairs of adders out that would be too late as one; returns them.
  ///
  /// - Parameter pairs: by outer adder.
  func takeOutLate(of pairs: inout [SumPair?]) -> [SumPair] {
    var late: [SumPair] = []
    _ = timing.earliest { index, arrival in
      guard let pair = pairs[index] else { return nil }
      let delay = pair.delay(in: timing.netlist, model)
      let joined = timing.arrival(after: pair.terms.map { Int32($0.value.index) }, delay: delay, arrival)
      if delay <= timing.budget, isInTime(index, joined) { return joined }
      late.append(pair)
      pairs[index] = nil
      return nil
    }
    return late
  }

  private func isInTime(_ index: Int, _ joined: (stage: Int32, time: Int32)) -> Bool {
    let rest = latest.tails[index] - timing.delays[index]
    return joined.stage < latest.stages[index]
      || joined.stage == latest.stages[index] && joined.time + rest <= timing.budget
  }
}
