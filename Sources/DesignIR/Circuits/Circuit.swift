import Devices
import NetlistIR

/// A netlist cut into pipeline stages: a new event enters every cycle, its outputs leave ``latency`` cycles later.
///
/// A value of stage `s` is computed between register rank `s` and register rank `s + 1`. Inputs are ports, read in stage
/// 0 without a register of their own; outputs are registered at rank ``latency``. A value used in a later stage passes
/// one register per rank between; all its users share that one delay chain.
package struct Circuit: Sendable {
  package var netlist: Netlist
  /// The stage of every value, by value index: `0 …< latency`.
  package var stages: [Int32]
  /// Cycles from inputs to outputs; at least 1.
  package var latency: Int
  /// Cycles between events.
  ///
  /// Fully unrolled pipelines accept one every cycle.
  package let initiationInterval = 1
  /// The clock period that the stages were cut for, in nanoseconds.
  package var clockPeriod: Double
  /// The estimated longest path of a stage in picoseconds, registers included.
  package var worstStageDelay: Int

  package init(netlist: Netlist, stages: [Int32], latency: Int, clockPeriod: Double, worstStageDelay: Int) {
    self.netlist = netlist
    self.stages = stages
    self.latency = latency
    self.clockPeriod = clockPeriod
    self.worstStageDelay = worstStageDelay
  }

  package func stage(of id: ValueID) -> Int { Int(stages[id.index]) }
}

extension Circuit {
  /// For every value, the last rank at which somebody reads it: its own stage where nobody needs it later.
  ///
  /// Constants need no registers.
  package var lastRanks: [Int32] {
    var last = stages
    for (index, value) in netlist.values.enumerated() {
      for operand in value.instruction.operands {
        last[operand.index] = max(last[operand.index], stages[index])
      }
    }
    for output in netlist.outputs { last[output.value.index] = Int32(latency) }
    for (index, value) in netlist.values.enumerated() {
      if case .constant = value.instruction { last[index] = stages[index] }
    }
    return last
  }

  /// Register bits of the data path: the bits of each value that are needed, times the ranks it passes.
  package var registerBits: Int {
    let (last, widths) = (lastRanks, netlist.demandedWidths)
    return netlist.values.indices.reduce(0) { sum, index in
      sum + widths[index] * Int(last[index] - stages[index])
    }
  }
}
