import Devices
import FixedPoint
import NetlistIR

/// Compares what a late choice may turn out to be before it is made, where that saves a stage.
///
/// `(c ? a : b) < d` becomes `c ? a < d : b < d`, and with a choice on either side four comparisons are one look-up table's inputs together
/// with both conditions: the largest of four then takes one comparison and two tables, where a tournament takes two
/// comparisons and two tables.
enum EarlyComparisons {
  static func run(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) -> Netlist {
    let timing = StageTiming(netlist, delays: delays, options: options)
    let before = timing.earliest().stages.max() ?? 0
    var chosen = [Bool](repeating: false, count: netlist.values.count)
    _ = timing.earliest { index, known in
      guard let sides = netlist.sides(ofComparison: ValueID(index)) else { return nil }
      let whole = timing.arrival(after: timing.fusion.operands[index], delay: timing.delays[index], known)
      let flags = sides.pairs.map { pair in
        timing.arrival(after: [pair.0, pair.1].map { Int32($0.index) }, delay: timing.delays[index], known)
      }
      let conditions = sides.conditions.map { known($0.index) }
      let early = timing.arrival(
        after: (0..<Int32(flags.count + conditions.count)).map(\.self),
        delay: Int32(delays.lut)
      ) { (flags + conditions)[$0] }
      guard early < whole else { return nil }
      chosen[index] = true
      return early
    }
    guard chosen.contains(true) else { return netlist }
    let result = netlist.rebuilt { id, names, builder in
      guard chosen[id.index], let sides = netlist.sides(ofComparison: id) else { return nil }
      let flags = sides.pairs.map { builder.less(names[$0.0.index], names[$0.1.index]) }
      let conditions = sides.conditions.map { names[$0.index] }
      guard let last = conditions.last else { return nil }
      let (yes, no) = (flags[..<(flags.count / 2)], flags[(flags.count / 2)...])
      return builder.select(conditions[0], builder.chosen(last, among: yes), builder.chosen(last, among: no))
    }
    let after = StageTiming(result, delays: delays, options: options).earliest().stages.max() ?? 0
    return after < before ? result : netlist
  }
}

/// A comparison of what conditions choose.
private struct ChosenSides {
  /// Of the left side, then of the right one, as far as those are choices.
  var conditions: [ValueID] = []
  /// What is compared where the first condition holds, then where it does not; each where the second one holds, and where it does not.
  var pairs: [(ValueID, ValueID)]
}

extension Netlist {
  /// What a comparison of choices compares; nil for anything else, and where a constant side makes it a few tables anyway.
  fileprivate func sides(ofComparison id: ValueID) -> ChosenSides? {
    guard case .less(let a, let b) = self[id].instruction, !self[a].range.isConstant, !self[b].range.isConstant else {
      return nil
    }
    var sides = ChosenSides(pairs: [(a, b)])
    if case .select(let condition, let yes, let no) = self[a].instruction {
      sides.conditions.append(condition)
      sides.pairs = [(yes, b), (no, b)]
    }
    if case .select(let condition, let yes, let no) = self[b].instruction {
      sides.conditions.append(condition)
      sides.pairs = sides.pairs.flatMap { [($0.0, yes), ($0.0, no)] }
    }
    return sides.conditions.isEmpty ? nil : sides
  }
}

extension NetlistBuilder {
  /// One flag, or the one of two that a condition chooses.
  fileprivate mutating func chosen(_ condition: ValueID, among flags: ArraySlice<ValueID>) -> ValueID {
    let first = flags[flags.startIndex]
    return flags.count == 1 ? first : select(condition, first, flags[flags.startIndex + 1])
  }
}
