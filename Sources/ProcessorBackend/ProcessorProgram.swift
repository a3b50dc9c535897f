import FixedPoint

/// What every lane of a processor does in one cycle: an operand, shifted, times a factor, is added to the accumulator.
package struct LaneInstruction: Hashable, Sendable {
  /// Which of the layer's operands the lane shows; nil where it is idle.
  package var operand: Int?
  /// Places by which the operand is shifted to the left.
  package var shift: Int
  /// The weight; in a machine without multipliers -1, 0 or 1.
  package var factor: Int64

  package init(operand: Int?, shift: Int = 0, factor: Int64) {
    self.operand = operand
    self.shift = shift
    self.factor = factor
  }

  package static let idle = LaneInstruction(operand: nil, factor: 0)
}

/// What a processor computes of every event: starts from a constant, takes a word each cycle, finishes the sum.
package struct ProcessorProgram: Hashable, Sendable {
  /// The processor's name: `dense_N07`.
  package var name: String
  /// What the accumulator starts from, on its grid.
  package var start: Int128
  /// By cycle, then by lane.
  package var words: [[LaneInstruction]]

  package init(name: String, start: Int128, words: [[LaneInstruction]]) {
    self.name = name
    self.start = start
    self.words = words
  }
}

/// One of the numbers that a layer of processors reads.
package struct Operand: Hashable, Sendable {
  /// Of the operands of the layer's node.
  package var input: Int
  package var element: Int
  package var type: FixedPointType
  /// What is proven of its raw value.
  package var range: Interval

  package init(input: Int, element: Int, type: FixedPointType, range: Interval) {
    self.input = input
    self.element = element
    self.type = type
    self.range = range
  }
}

/// What a lane shows in a cycle.
package enum LaneSource: Hashable, Sendable {
  /// An operand, on the group's grid, shifted to the left.
  case load(operand: Int, shift: Int)
  /// What it showed before, shifted to the left.
  case shifted(Int)
  /// Anything.
  case idle
}

/// Operands that processors see together: one bus, or one processor's own.
package struct LaneGroup: Hashable, Sendable {
  package var operands: [Operand]
  /// The fraction bits of what lanes show.
  package var fractionBits: Int
  /// By lane, then by cycle.
  package var schedule: [[LaneSource]]
  /// By lane: what it can show.
  package var ranges: [Interval]

  /// An operand on the lanes' grid.
  func range(of operand: Int) -> Interval {
    operands[operand].range.shifted(by: places(of: operand))
  }

  /// Places by which an operand is shifted to stand on the lanes' grid; elements without bits stand on any.
  func places(of operand: Int) -> Int { max(0, fractionBits - operands[operand].type.fractionBits) }
}

/// How a processor comes to its sum.
package enum ProcessorArithmetic: Hashable, Sendable {
  /// A multiplier for each lane; exact sums.
  case multiply
  /// Each lane's operand is added, subtracted or left out; exact sums.
  case shiftAndAdd
  /// hls4ml's accumulator: products and partial sums are quantised to its type, in the order of the lanes.
  case stepwise(FixedPointType)
}

/// A small machine that computes one neuron.
package struct Processor: Hashable, Sendable {
  package var program: ProcessorProgram
  /// The element of the layer's output that it makes.
  package var element: Int
  /// Its group of lanes.
  package var group: Int
  /// What is proven of its sum, on ``accumulatorFractionBits``.
  package var sum: Interval
  /// The accumulator's word; exact sums stay right modulo it, whatever partial sums do.
  package var accumulator: FixedPointType
  /// Which of the machine's finishing units it has.
  package var finish: Int
}
