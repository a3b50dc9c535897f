import Diagnostics

/// One step of a recurrent layer as a model of its own.
///
/// Inputs: the states, a step of the sequence and, where the layer is masked, of the mask. Outputs: the next states, and the
/// result.
package struct RecurrentCell {
  /// Names of the layers that make the next states, in order.
  package static let nextStates = ["next_h", "next_c"]
  /// Names of the inputs that stand for the states.
  package static let states = ["h", "c"]
  /// Names of the layers that tell how far the old state is from the candidate, or the new one from the old.
  package static let differences = ["difference", "change_h", "change_c"]
  package static let slice = "x"
  package static let mask = "mask"

  private let layer: RecurrentLayer
  private let origin: Origin
  package private(set) var graph: ModelGraph

  package init(_ layer: RecurrentLayer, name: String, origin: Origin, source: ModelSource) {
    self.layer = layer
    self.origin = origin
    graph = ModelGraph(name: name, source: source)
    let states = (0..<layer.stateCount).map { append(.input, Self.states[$0], [], layer.units) }
    let slice = append(.input, Self.slice, [], layer.inputSize)
    let mask = layer.isMasked ? append(.input, Self.mask, [], 1) : nil
    let next =
      switch layer.cell {
      case .simple: simple(states, slice, isLast: mask == nil)
      case .lstm: lstm(states, slice, isLast: mask == nil)
      case .gru(let resetsAfter): gru(states, slice, resetsAfter: resetsAfter, isLast: mask == nil)
      }
    let settled = mask.map { kept(states, next, mask: $0) } ?? next
    var result = settled[0]
    if let mask, layer.zeroesMasked {
      let spread = append(
        .gather(sources: [Int](repeating: 0, count: layer.units)),
        "mask_of_results",
        [mask],
        layer.units
      )
      result = append(.merge(.multiply), "shown_state", [spread, result], layer.units)
    }
    if layer.returnsCell {
      result = append(.concatenate(axis: 0), "result", [result, settled[1]], layer.resultSize)
    }
    graph.outputs = settled + [result]
  }

  @discardableResult
  private mutating func append(_ operation: ModelOperator, _ name: String, _ inputs: [TensorID], _ count: Int)
    -> TensorID
  {
    graph.append(operation, named: name, inputs: inputs, shape: [count], origin: origin)
  }

  private func nextName(_ state: Int, _ isLast: Bool) -> String {
    isLast ? Self.nextStates[state] : "new_\(Self.states[state])"
  }

  // MARK: - Cells

  private mutating func simple(_ states: [TensorID], _ x: TensorID, isLast: Bool) -> [TensorID] {
    let sums = add("sums", inputSums(x), stateSums(states[0], gates: 0..<1), layer.units)
    return [append(.activation(layer.activation), nextName(0, isLast), [sums], layer.units)]
  }

  private mutating func lstm(_ states: [TensorID], _ x: TensorID, isLast: Bool) -> [TensorID] {
    let units = layer.units
    let sums = add("sums", inputSums(x), stateSums(states[0], gates: 0..<4), 4 * units)
    let gateSums = gates(sums, "gate_sums", [0, 1, 3])
    let all = append(.activation(layer.recurrentActivation), "gates", [gateSums], 3 * units)
    let candidate = append(.activation(layer.activation), "candidate", [gates(sums, "candidate_sums", [2])], units)
    let kept = append(.merge(.multiply), "kept", [gates(all, "forget_gate", [1]), states[1]], units)
    let taken = append(.merge(.multiply), "taken", [gates(all, "input_gate", [0]), candidate], units)
    let cell = add(nextName(1, isLast), kept, taken, units)
    let shown = append(.activation(layer.activation), "shown", [cell], units)
    let state = append(.merge(.multiply), nextName(0, isLast), [gates(all, "output_gate", [2]), shown], units)
    return [state, cell]
  }

  private mutating func gru(_ states: [TensorID], _ x: TensorID, resetsAfter: Bool, isLast: Bool) -> [TensorID] {
    let units = layer.units
    let inputs = inputSums(x)
    let state = states[0]
    let own = stateSums(state, gates: 0..<(resetsAfter ? 3 : 2))
    let gateSums = add(
      "gate_sums",
      gates(inputs, "gate_inputs", [0, 1]),
      gates(own, "gate_states", [0, 1]),
      2 * units
    )
    let all = append(.activation(layer.recurrentActivation), "gates", [gateSums], 2 * units)
    let (update, reset) = (gates(all, "update_gate", [0]), gates(all, "reset_gate", [1]))
    let candidateInputs = gates(inputs, "candidate_inputs", [2])
    let candidateStates: TensorID
    if resetsAfter {
      candidateStates = append(
        .merge(.multiply),
        "reset_sums",
        [reset, gates(own, "candidate_states", [2])],
        units
      )
    } else {
      let shown = append(.merge(.multiply), "reset_state", [reset, state], units)
      candidateStates = stateSums(shown, gates: 2..<3, named: "candidate_states")
    }
    let sums = add("candidate_sums", candidateInputs, candidateStates, units)
    let candidate = append(.activation(layer.activation), "candidate", [sums], units)
    // candidate · (1 − update) + state · update, with one multiplication.
    let difference = append(.merge(.subtract), "difference", [state, candidate], units)
    let share = append(.merge(.multiply), "share", [update, difference], units)
    return [add(nextName(0, isLast), candidate, share, units)]
  }

  /// The new states where the mask is one, the old ones where it is zero.
  private mutating func kept(_ states: [TensorID], _ next: [TensorID], mask: TensorID) -> [TensorID] {
    let units = layer.units
    let spread = append(
      .gather(sources: [Int](repeating: 0, count: units)),
      "mask_of_units",
      [mask],
      units
    )
    return next.enumerated().map { state, new in
      let name = Self.states[state]
      let change = append(.merge(.subtract), "change_\(name)", [new, states[state]], units)
      let taken = append(.merge(.multiply), "taken_change_\(name)", [spread, change], units)
      return add(Self.nextStates[state], states[state], taken, units)
    }
  }

  // MARK: - Parts

  private mutating func inputSums(_ x: TensorID) -> TensorID {
    let dense = DenseLayer(kernel: layer.kernel, bias: layer.bias)
    return append(.dense(dense), "input_sums", [x], layer.gateCount * layer.units)
  }

  /// The weights of some gates on the state.
  private mutating func stateSums(_ state: TensorID, gates: Range<Int>, named name: String = "state_sums") -> TensorID {
    let (kernel, bias) = layer.stateParameters(of: gates)
    return append(.dense(DenseLayer(kernel: kernel, bias: bias)), name, [state], gates.count * layer.units)
  }

  private mutating func add(_ name: String, _ a: TensorID, _ b: TensorID, _ count: Int) -> TensorID {
    append(.merge(.add), name, [a, b], count)
  }

  /// The elements of some gates, one after the other.
  private mutating func gates(_ value: TensorID, _ name: String, _ gates: [Int]) -> TensorID {
    let sources = gates.flatMap { gate in gate * layer.units..<(gate + 1) * layer.units }
    return append(.gather(sources: sources), name, [value], sources.count)
  }
}
