import FixedPoint
import FixedPointIR
import NetlistIR

/// A model as stages between which tokens flow.
///
/// A stage takes one token of each operand at a step (or none, at a position outside), and at some steps fires its kernel,
/// whose results are a token of each of its outputs. Each reader of a stream has a queue of its own.
package struct StreamPlan {
  package var name: String
  package internal(set) var streams: [TokenStream] = []
  /// In topological order.
  package internal(set) var stages: [StreamStage] = []
  /// The model's inputs and outputs.
  package internal(set) var inputs: [StreamID] = []
  package internal(set) var outputs: [StreamID] = []
  /// Which of the inputs and outputs, by their numbers, have their channels in front of their positions.
  package internal(set) var planarInputs: Set<Int> = []
  package internal(set) var planarOutputs: Set<Int> = []

  package subscript(_ id: StreamID) -> TokenStream { streams[id.index] }

  mutating func rename(_ id: StreamID, to name: String) { streams[id.index].name = name }

  mutating func append(_ stream: TokenStream) -> StreamID {
    streams.append(stream)
    return StreamID(index: streams.count - 1)
  }

  /// A queue: from whoever makes a stream to one of its readers.
  package struct Edge: Hashable {
    package var stream: StreamID
    /// The stage and which of its operands; nil: the model's output of that index.
    package var reader: Reader

    package enum Reader: Hashable {
      case stage(Int, operand: Int)
      case output(Int)
    }
  }

  /// All queues: by stage and operand, then by output.
  package var edges: [Edge] {
    stages.indices.flatMap { stage in
      stages[stage].operands.indices.map { operand in
        Edge(stream: stages[stage].operands[operand], reader: .stage(stage, operand: operand))
      }
    } + outputs.indices.map { Edge(stream: outputs[$0], reader: .output($0)) }
  }
}

/// One stage of a ``StreamPlan``.
package struct StreamStage {
  /// Unique among stages.
  package var name: String
  /// The model's layer that its control and its buffers belong to.
  var layer: NetlistScope
  package var operands: [StreamID]
  package var outputs: [StreamID]
  package var work: Work

  /// What a stage does with its tokens.
  package enum Work {
    case kernel(TokenKernel)
    case accumulation(TokenAccumulation)
    case recurrence(TokenScan)
  }

  /// How it walks over its operands.
  package var raster: WindowRaster {
    switch work {
    case .kernel(let kernel): kernel.raster
    case .accumulation(let sum): .each(sum.positions)
    case .recurrence(let recurrence): .each(recurrence.scan.steps)
    }
  }

  /// By step of an event.
  var phases: [Phase] {
    var phases: [Phase] = []
    raster.forEachStep { phases.append(Phase(needs: $0, takes: $0, produces: $1)) }
    // No event begins before it is there, though its first windows may lie outside.
    phases[0].needs = true
    if onlyLastProduces {
      for step in phases.indices.dropLast() { phases[step].produces = false }
    }
    return phases
  }

  /// Whether every step fires the kernel, and the last one alone hands out a result.
  var onlyLastProduces: Bool {
    switch work {
    case .kernel: false
    case .accumulation: true
    case .recurrence(let recurrence): !recurrence.scan.returnsAll
    }
  }

  /// What a step of an event asks for.
  struct Phase {
    /// A token of each operand has to be there.
    var needs: Bool
    /// The tokens are taken.
    var takes: Bool
    /// A result is handed out.
    var produces: Bool
  }
}

/// A graph that is fired on windows of one operand, or on a token of each of several.
package struct TokenKernel {
  package var raster: WindowRaster
  /// An input for each operand: the elements of all taps, tap by tap; its outputs are tokens.
  package var body: FixedPointGraph
  /// What stands outside; nil where nothing outside is read.
  package var padding: ExactValue?
  /// By node of the body: the model's layer that it belongs to.
  var layers: [String: NetlistScope]
}

/// A recurrence that takes a step with each token.
package struct TokenScan {
  package var scan: ScanOperation
  /// What is proven inside its kernel.
  var kernel: RangeAnalysis
}

/// A dense layer over all tokens of an event: products are added as tokens come.
package struct TokenAccumulation {
  package var positions: Int
  package var dense: DenseOperation
  /// By output: the words in which sums are kept.
  package var sumTypes: [FixedPointType]
  /// Cycles over which the products of a token are spread; nil: as many as do not slow the design.
  package var reuseFactor: Int?
}
