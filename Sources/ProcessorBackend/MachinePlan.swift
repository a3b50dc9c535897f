import FixedPoint
import FixedPointIR
import NetlistIR

/// A layer of processors that run in step.
package struct ProcessorLayer: Sendable {
  package var name: String
  /// The model's layers that it computes, by node: the one with weights and those that follow element by element.
  package var nodes: [Int]
  package var scope: NetlistScope
  package var inputs: [FixedTensorID]
  package var output: FixedTensorID
  package var arithmetic: ProcessorArithmetic
  package var weightFractionBits: Int
  /// What weights can be.
  package var weights: Interval
  package var groups: [LaneGroup]
  package var processors: [Processor]
  /// Whether programs stand in memories that can be written.
  package var isReloadable: Bool

  /// Cycles in which a program's words are taken.
  package var steps: Int { processors.first?.program.words.count ?? 1 }
  package var lanes: Int { groups.first?.schedule.count ?? 1 }

  /// Whether the accumulator is set to its start in a cycle of its own, which costs no gate where the start is constant.
  var startsApart: Bool { steps > 1 && !isReloadable }

  /// Cycles between events.
  package var interval: Int { steps + (startsApart ? 1 : 0) }
}

/// A pipeline of fixed function: softmax, joins, and whatever has no weights.
package struct FunctionUnit: Sendable {
  package var name: String
  package var node: Int
  package var inputs: [FixedTensorID]
  package var output: FixedTensorID
}

/// A part of a machine.
package enum MachineStage: Sendable {
  case processors(ProcessorLayer)
  case unit(FunctionUnit)
  /// Elements that only change places.
  case wires(node: Int, GatherOperation)
}

/// What happens to a processor's sum before it is its layer's result: quantisation, activations, tables.
package struct FinishChain: Sendable, Hashable {
  /// One element: the sum, then an operation behind the other.
  package var graph: FixedPointGraph
  /// For people: `fixed<16,6> relu`.
  package var summary: String

  /// Equal chains have equal texts.
  let key: String

  package static func == (a: FinishChain, b: FinishChain) -> Bool { a.key == b.key }
  package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// A model as a machine: what computes what, with which programs.
package struct MachinePlan: Sendable {
  package var graph: FixedPointGraph
  /// What vectors between stages can be.
  package var ranges: MachineRanges
  package var stages: [MachineStage]
  package var finishes: [FinishChain]
  package var options: ProcessorOptions

  package var layers: [ProcessorLayer] {
    stages.compactMap { if case .processors(let layer) = $0 { layer } else { nil } }
  }

  package var units: [FunctionUnit] {
    stages.compactMap { if case .unit(let unit) = $0 { unit } else { nil } }
  }

  package var processorCount: Int { layers.reduce(0) { $0 + $1.processors.count } }

  /// Cycles between events: those of the slowest layer.
  package var interval: Int { layers.reduce(1) { max($0, $1.interval) } }
}

/// By tensor and element, every raw value that occurs in a machine, whatever network it holds.
package struct MachineRanges: Sendable {
  package var raw: [[Interval]]

  package subscript(_ id: FixedTensorID) -> [Interval] {
    get { raw[id.index] }
    set { raw[id.index] = newValue }
  }
}
