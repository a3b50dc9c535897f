import Devices
import FixedPoint
import NetlistIR

/// Joins a constant with the sum before or behind it, where that saves a stage: two operands and a constant take one carry chain.
///
/// A bit of such a sum looks at two bits of either operand, since what a constant does to them is known: no more levels than without the
/// constant, and at most one look-up table more for each bit.
enum ConstantJoining {
  static func run(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) -> Netlist {
    let usesBlockRegisters = BlockRegisters.areUsed(delays, options)
    let candidates = SumMatching.joinable(netlist, usesBlockRegisters: usesBlockRegisters).map { pairs in
      pairs.first { $0.terms.count { netlist[$0.value].range.isConstant } == 1 }
    }
    guard candidates.contains(where: { $0 != nil }) else { return netlist }
    let timing = StageTiming(netlist, delays: delays, options: options)
    let before = timing.earliest().stages.max() ?? 0
    // All that come earlier; then only those that must.
    var pairs = [SumPair?](repeating: nil, count: candidates.count)
    func joins(_ index: Int) -> JoinedDelay? {
      guard let pair = pairs[index] else { return nil }
      return JoinedDelay(
        operands: pair.terms.map { Int32($0.value.index) },
        delay: pair.delay(in: netlist, delays)
      )
    }
    let after =
      timing.earliest { index, known in
        guard let candidate = candidates[index], pairs[candidate.inner] == nil else { return nil }
        pairs[index] = candidate
        let whole = timing.arrival(after: timing.fusion.operands[index], delay: timing.delays[index], known)
        guard let joined = joins(index) else { return nil }
        let early = timing.arrival(after: joined.operands, delay: joined.delay, known)
        if joined.delay <= timing.budget, early < whole { return early }
        pairs[index] = nil
        return nil
      }.stages.max() ?? 0
    guard after < before else { return netlist }
    let deadlines = timing.latest(latency: Int(after) + 1, instead: joins)
    _ = timing.earliest { index, known in
      guard let joined = joins(index) else { return nil }
      let whole = timing.arrival(after: timing.fusion.operands[index], delay: timing.delays[index], known)
      let rest = deadlines.tails[index] - joined.delay
      if whole.stage < deadlines.stages[index]
        || whole.stage == deadlines.stages[index] && whole.time + rest <= timing.budget
      {
        pairs[index] = nil
        return whole
      }
      return timing.arrival(after: joined.operands, delay: joined.delay, known)
    }
    return TernarySums.joined(netlist, pairs)
  }
}
