import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Recurrent layers as `nnet_recurrent.h` computes them: sums of inputs and of states are accumulated one by one, each in the
/// accumulator's type, and functions read their tables at what both come to.
extension HLS4MLConverter {
  func scan(_ recurrence: RecurrentLayer, _ layer: HLS4MLLayer) throws -> ScanOperation {
    try refuseMistakes(recurrence, layer)
    reportMistakes(recurrence, layer)
    let shape = layers.layers[layer.inputs[0]].shape
    let input = layers.resultType(layer.inputs[0])
    var cell = HLS4MLCell(converter: self, layer: layer, recurrence: recurrence, slice: input)
    return ScanOperation(
      steps: shape[0],
      isReversed: recurrence.isReversed,
      initialStates: (0..<recurrence.stateCount).map { _ in .zero },
      body: try cell.body(),
      returnsAll: recurrence.returnsAll,
      startsFromOperands: recurrence.startsFromOperands
    )
  }

  /// What hls4ml reads and computes wrongly, or not at all.
  private func refuseMistakes(_ recurrence: RecurrentLayer, _ layer: HLS4MLLayer) throws {
    let reason: String? =
      if recurrence.isMasked {
        "has a mask, which hls4ml ignores"
      } else if recurrence.startsFromOperands {
        "starts from given states"
      } else {
        nil
      }
    guard let reason else { return }
    throw Diagnostic.error(
      "unsupported-recurrence",
      "'\(layer.name)' \(reason)",
      at: layer.origin,
      hint: "use \(option: .arithmetic, "native")"
    )
  }
}

extension HLS4MLConverter {
  /// What hls4ml computes wrongly and is done right here.
  private func reportMistakes(_ recurrence: RecurrentLayer, _ layer: HLS4MLLayer) {
    let mistake: String? =
      switch recurrence.cell {
      case .simple: "writes no code for the SimpleRNN '\(layer.name)'"
      case .gru(resetsAfter: false): "computes the GRU '\(layer.name)' as if it reset what comes of the state's weights"
      case .lstm, .gru(resetsAfter: true): nil
      }
    guard let mistake else { return }
    log.report(
      .warning(
        "better-than-hls4ml",
        "hls4ml 1.3 \(mistake); here it is computed as the model says, in hls4ml's types",
        at: layer.origin
      )
    )
  }

  /// A function inside a cell.
  fileprivate func cellActivation(_ function: ActivationFunction, layer: HLS4MLLayer) throws -> FixedOperation {
    switch function {
    case .linear, .sigmoid, .tanh, .softplus, .softsign: return try activation(function, layer: layer, index: 0)
    case .relu(let parameters) where parameters.isPlain: return .rectifier(.relu)
    case .relu, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .hardSigmoid, .hardTanh, .hardShrink,
      .clip, .hardSwish, .staircase, .softmax, .exponential, .reciprocal, .erf, .gelu, .geluTanh, .swish, .squareRoot,
      .inverseSquareRoot, .logarithm:
      throw layer.hasNoSuchActivation(function)
    }
  }
}

/// The cell of one of hls4ml's recurrent layers, on its way.
private struct HLS4MLCell {
  let converter: HLS4MLConverter
  let layer: HLS4MLLayer
  let recurrence: RecurrentLayer
  private var graph: FixedPointGraph

  private var units: Int { recurrence.units }
  private let accumulator: FixedPointType
  private let result: FixedPointType
  private let sliceType: FixedPointType

  init(converter: HLS4MLConverter, layer: HLS4MLLayer, recurrence: RecurrentLayer, slice: FixedPointType) {
    self.converter = converter
    self.layer = layer
    self.recurrence = recurrence
    sliceType = slice
    accumulator = layer.type("accum")
    result = layer.type("result")
    graph = FixedPointGraph(name: layer.name)
  }

  mutating func body() throws -> FixedPointGraph {
    let states = (0..<recurrence.stateCount).map { append(.input, RecurrentCell.states[$0], [], result, units) }
    let slice = append(.input, RecurrentCell.slice, [], sliceType, recurrence.inputSize)
    let inputs = try dense("input_sums", slice, recurrence.kernel, "weight", recurrence.bias, "bias")
    let next =
      switch recurrence.cell {
      case .lstm: try lstm(states, inputs, stateSums(states[0]))
      case .gru(let resetsAfter): try gru(states[0], inputs, resetsAfter: resetsAfter)
      case .simple: try simple(inputs, stateSums(states[0]))
      }
    var handed = next[0]
    if recurrence.returnsCell {
      let sources = (0..<2 * units).map { GatherOperation.Source(input: $0 / units, element: $0 % units) }
      handed = append(.gather(GatherOperation(sources: sources)), "result", next, result, 2 * units)
    }
    graph.outputs = next + [handed]
    return graph
  }

  // MARK: - Cells

  private mutating func simple(_ inputs: FixedTensorID, _ own: FixedTensorID) throws -> [FixedTensorID] {
    let sums = append(.merge(.add), "sums", [inputs, own], accumulator, units)
    return [try function(recurrence.activation, RecurrentCell.nextStates[0], sums, result)]
  }

  private mutating func lstm(_ states: [FixedTensorID], _ inputs: FixedTensorID, _ own: FixedTensorID) throws
    -> [FixedTensorID]
  {
    let sums = append(.merge(.add), "sums", [inputs, own], accumulator, 4 * units)
    let gates = try function(
      recurrence.recurrentActivation,
      "gates",
      part("gate_sums", sums, [0, 1, 3]),
      accumulator
    )
    let candidate = try function(recurrence.activation, "candidate", part("candidate_sums", sums, [2]), accumulator)
    let taken = exactProduct("taken", candidate, part("input_gate", gates, [0]))
    let kept = exactProduct("kept", states[1], part("forget_gate", gates, [1]))
    let cell = append(.merge(.add), RecurrentCell.nextStates[1], [taken, kept], result, units)
    let shown = try function(recurrence.activation, "shown", cell, accumulator)
    let output = part("output_gate", gates, [2])
    return [append(.merge(.multiply), RecurrentCell.nextStates[0], [output, shown], result, units), cell]
  }

  private mutating func gru(_ state: FixedTensorID, _ inputs: FixedTensorID, resetsAfter: Bool) throws
    -> [FixedTensorID]
  {
    let own = try stateSums(state, gates: 0..<(resetsAfter ? 3 : 2))
    let gateSums = append(
      .merge(.add),
      "gate_sums",
      [part("gate_inputs", inputs, [0, 1]), part("gate_states", own, [0, 1])],
      accumulator,
      2 * units
    )
    let gates = try function(recurrence.recurrentActivation, "gates", gateSums, accumulator)
    let update = part("update_gate", gates, [0])
    let gate = part("reset_gate", gates, [1])
    let reset: FixedTensorID
    if resetsAfter {
      let sums = part("candidate_states", own, [2])
      reset = append(.merge(.multiply), "reset_sums", [gate, sums], accumulator, units)
    } else {
      let shown = append(.merge(.multiply), "reset_state", [gate, state], result, units)
      reset = try stateSums(shown, gates: 2..<3, named: "candidate_states")
    }
    let sums = append(
      .merge(.add),
      "candidate_sums",
      [part("candidate_inputs", inputs, [2]), reset],
      accumulator,
      units
    )
    let candidate = try function(recurrence.activation, "candidate", sums, accumulator)
    // candidate · (1 − update) + state · update, exactly, with one multiplication.
    let difference = append(
      .merge(.subtract),
      "difference",
      [state, candidate],
      Self.difference(of: result, accumulator),
      units
    )
    let share = exactProduct("share", update, difference)
    return [append(.merge(.add), RecurrentCell.nextStates[0], [candidate, share], result, units)]
  }

  // MARK: - Parts

  private mutating func append(
    _ operation: FixedOperation,
    _ name: String,
    _ inputs: [FixedTensorID],
    _ type: FixedPointType,
    _ count: Int
  ) -> FixedTensorID {
    graph.append(
      operation,
      named: name,
      kind: layer.className,
      inputs: inputs,
      shape: [count],
      types: ElementTypes(uniform: type, count: count),
      origin: layer.origin,
      implementation: converter.implementation(of: layer)
    )
  }

  /// The weights of some gates on the state.
  private mutating func stateSums(
    _ state: FixedTensorID,
    gates: Range<Int>? = nil,
    named name: String = "state_sums"
  ) throws -> FixedTensorID {
    let (kernel, bias) = recurrence.stateParameters(of: gates ?? 0..<recurrence.gateCount)
    return try dense(name, state, kernel, "recurrent_weight", bias, "recurrent_bias")
  }

  /// One of hls4ml's dense layers, whose result is the accumulator.
  private mutating func dense(
    _ name: String,
    _ input: FixedTensorID,
    _ kernel: ParameterTensor,
    _ weight: String,
    _ bias: ParameterTensor?,
    _ biasName: String
  ) throws -> FixedTensorID {
    let outputs = kernel.shape[1]
    let operation = DenseOperation(
      inputSize: kernel.count / outputs,
      outputSize: outputs,
      weights: try converter.raw(FoldedParameter(kernel), weight, of: layer),
      weightFractionBits: layer.type(weight).fractionBits,
      bias: try bias.map {
        ConstantVector(
          raw: try converter.raw(FoldedParameter($0), biasName, of: layer),
          fractionBits: layer.type(biasName).fractionBits
        )
      } ?? ConstantVector(0),
      accumulation: try converter.accumulation(layer)
    )
    return append(.dense(operation), name, [input], accumulator, outputs)
  }

  private mutating func function(
    _ function: ActivationFunction,
    _ name: String,
    _ input: FixedTensorID,
    _ type: FixedPointType
  ) throws -> FixedTensorID {
    let operation = try converter.cellActivation(function, layer: layer)
    return append(operation, name, [input], type, graph[input].count)
  }

  private mutating func part(_ name: String, _ value: FixedTensorID, _ gates: [Int]) -> FixedTensorID {
    let sources = gates.flatMap { gate in
      (gate * units..<(gate + 1) * units).map { GatherOperation.Source(input: 0, element: $0) }
    }
    return append(.gather(GatherOperation(sources: sources)), name, [value], graph[value].types[0], sources.count)
  }

  private mutating func exactProduct(_ name: String, _ a: FixedTensorID, _ b: FixedTensorID) -> FixedTensorID {
    let types = [graph[a].types[0], graph[b].types[0]]
    let product = types[0].rawRange * types[1].rawRange
    let type = FixedPointType.containing(product, fractionBits: types[0].fractionBits + types[1].fractionBits)
    return append(.merge(.multiply), name, [a, b], type, units)
  }

  private static func difference(of a: FixedPointType, _ b: FixedPointType) -> FixedPointType {
    let grid = max(a.fractionBits, b.fractionBits)
    let range = a.rawRange.shifted(by: grid - a.fractionBits) - b.rawRange.shifted(by: grid - b.fractionBits)
    return .containing(range, fractionBits: grid)
  }
}
