import Devices
import FixedPoint
import NetlistIR
import TextForm

/// Joins two adders into one of three operands where nobody else reads the first: FPGAs whose look-up tables have two
/// outputs sum three operands with one table a bit.
///
/// Which pairs are joined is a matching of most saved tables in the forest of adders with one reader each. The pipeline
/// gets no more stages than without: pairs that would be too late are given up, and others are sought in their place.
package enum TernarySums {
  package static func run(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) -> Netlist {
    var matching = SumMatching(netlist, usesBlockRegisters: BlockRegisters.areUsed(delays, options))
    let deadlines = StageDeadlines(netlist, delays: delays, options: options)
    // Each round gives up at least one pair; the last one takes what is in time.
    var pairs: [SumPair?] = []
    for _ in 0..<rounds {
      pairs = matching.pairs()
      let late = deadlines.takeOutLate(of: &pairs)
      if late.isEmpty { break }
      for pair in late { matching.forbid(pair) }
    }
    let result = joined(netlist, pairs)
    PassTrace.record(.ternarySums, result)
    return result
  }

  private static let rounds = 16

  /// The netlist with those pairs, by outer adder, as sums of three.
  static func joined(_ netlist: Netlist, _ pairs: [SumPair?]) -> Netlist {
    netlist.rebuilt { id, names, builder in
      guard let terms = pairs[id.index]?.terms else { return nil }
      let sum = Instruction.addThree(terms[0], terms[1], terms[2]).mapOperands { names[$0.index] }
      let joined = builder.simplified(sum)
      builder.assume(joined, in: netlist[id].range)
      return joined
    }
  }
}
