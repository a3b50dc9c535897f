import Diagnostics
import ModelIR

/// ONNX's operators with a cell.
enum RecurrentOperator: String, CaseIterable {
  case lstm = "LSTM"
  case gru = "GRU"
  case rnn = "RNN"

  /// By gate in Keras's order, its place in ONNX's.
  fileprivate var gateOrder: [Int] {
    switch self {
    // ONNX: input, output, forget, cell.
    case .lstm: [0, 2, 3, 1]
    case .gru: [0, 1, 2]
    case .rnn: [0]
    }
  }

  /// The functions where the node names none.
  fileprivate var standardFunctions: [String] {
    switch self {
    case .lstm: ["Sigmoid", "Tanh", "Tanh"]
    case .gru: ["Sigmoid", "Tanh"]
    case .rnn: ["Tanh"]
    }
  }
}

/// Recurrent layers, whose sequences have the steps before the batch unless `layout` says otherwise.
extension GraphImporter {
  mutating func importRecurrence(_ node: OperatorNode, _ kind: RecurrentOperator) throws {
    try checkInputs(node, atMost: kind == .lstm ? 8 : 6)
    let isBatchFirst = try node.flag("layout")
    let sequence = try recurrentInput(node, isBatchFirst: isBatchFirst)
    guard sequence.shape.count == 2 else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) reads sequences of shape \(sequence.shape) per event"
      )
    }
    let steps = sequence.shape[0]
    try checkRecurrence(node, kind, steps: steps)
    let direction = try node.string("direction") ?? "forward"
    let directions = direction == "bidirectional" ? 2 : 1
    guard ["forward", "reverse", "bidirectional"].contains(direction) else {
      throw node.error("bad-parameters", "'\(node.label)' (\(node.operatorType)) has the direction '\(direction)'")
    }
    let outputs = (0..<(kind == .lstm ? 3 : 2)).map { index in
      node.proto.output.indices.contains(index) ? node.proto.output[index] : ""
    }
    let wanted = outputs.map(isRead)
    var layers = try cells(node, kind, inputSize: sequence.shape[1], directions: directions)
    for index in layers.indices {
      layers[index].isReversed = direction == "reverse" || index == 1
      layers[index].returnsAll = wanted[0]
      layers[index].returnsCell = kind == .lstm && wanted[2]
    }
    let source = try materialised(sequence, origin: node.origin)
    let name = naming.next(node.proto)
    let results = layers.enumerated().map { index, layer in
      let own = directions == 1 ? name : "\(name)_\(index == 0 ? "forward" : "backward")"
      let shape = (layer.returnsAll ? [steps] : []) + [layer.resultSize]
      return append(.recurrence(layer), named: own, inputs: [source], shape: shape, node.origin)
    }
    let units = layers[0].units
    if wanted[0] {
      let all = parts(results, layers, steps: Array(0..<steps), first: 0, named: "\(name)_sequence", node.origin)
      let shape = [steps, directions, units]
      try defineSequence(node, all, shape: shape, batchAxis: isBatchFirst ? 0 : 2, output: 0)
    }
    for (output, first) in [(1, 0), (2, units)] where wanted.indices.contains(output) && wanted[output] {
      let last = "\(name)_\(output == 1 ? "state" : "cell")"
      let state = parts(results, layers, steps: nil, first: first, named: last, node.origin)
      try defineSequence(node, state, shape: [directions, units], batchAxis: isBatchFirst ? 0 : 1, output: output)
    }
  }

  /// Whether a node reads a value, or the model returns it.
  private func isRead(_ name: String) -> Bool {
    !name.isEmpty && (model.output.contains { $0.name == name } || model.node.contains { $0.input.contains(name) })
  }

  /// Some steps of every direction (nil: the last that each takes), the directions side by side.
  private mutating func parts(
    _ results: [TensorID],
    _ layers: [RecurrentLayer],
    steps: [Int]?,
    first: Int,
    named name: String,
    _ origin: Origin
  ) -> TensorID {
    let units = layers[0].units
    let count = steps?.count ?? 1
    var tensors: [TensorID] = []
    for (index, layer) in layers.enumerated() {
      let taken = graph[results[index]].shape.count == 1 ? 1 : graph[results[index]].shape[0]
      let slices = steps ?? [taken == 1 ? 0 : layer.slice(ofStep: taken - 1, of: taken)]
      let sources = slices.flatMap { slice in (0..<units).map { slice * layer.resultSize + first + $0 } }
      if sources == Array(0..<graph[results[index]].count) {
        tensors.append(results[index])
        continue
      }
      let own = layers.count == 1 ? name : "\(name)_\(index)"
      tensors.append(
        append(.gather(sources: sources), named: own, inputs: [results[index]], shape: [count, units], origin)
      )
    }
    guard tensors.count > 1 else { return tensors[0] }
    for index in tensors.indices where graph[tensors[index]].shape != [count, units] {
      tensors[index] = append(
        .reshape,
        named: "\(name)_\(index)",
        inputs: [tensors[index]],
        shape: [count, units],
        origin
      )
    }
    return append(.concatenate(axis: 1), named: name, inputs: tensors, shape: [count, layers.count * units], origin)
  }

  // MARK: - Parameters

  /// What changes the cells in a way that is not read.
  private func checkRecurrence(_ node: OperatorNode, _ kind: RecurrentOperator, steps: Int) throws {
    func refuse(_ what: String, _ hint: String) -> Diagnostic {
      node.error("unsupported-recurrence", "'\(node.label)' (\(node.operatorType)) \(what)", hint: hint)
    }
    guard !node.has("clip") else { throw refuse("clips its sums", "train and export it without clip") }
    if try node.flag("input_forget") {
      throw refuse("couples its gates (input_forget)", "train and export it without input_forget")
    }
    if node.input(7) != nil { throw refuse("has peepholes", "train it without peepholes") }
    if let lengths = try optionalConstant(node, 4, "sequence lengths"),
      !(lengths.integers ?? []).allSatisfy({ $0 == steps })
    {
      throw refuse("has sequences of different lengths", "pad all sequences to one length, and leave sequence_lens out")
    }
    for (index, name) in [(5, "initial state"), (6, "initial cell")] where node.input(index) != nil {
      guard try constant(node, index, name).values.allSatisfy({ $0 == 0 }) else {
        throw refuse("starts from states that are not zero", "start it from zeros")
      }
    }
    for name in ["activation_alpha", "activation_beta"] where !(try node.floats(name) ?? []).isEmpty {
      throw refuse("sets '\(name)'", "use Sigmoid, Tanh, Relu, HardSigmoid or Softsign with their usual constants")
    }
  }

  private func cells(_ node: OperatorNode, _ kind: RecurrentOperator, inputSize: Int, directions: Int) throws
    -> [RecurrentLayer]
  {
    let weights = try constant(node, 1, "weights")
    let recurrent = try constant(node, 2, "recurrent weights")
    let bias = try optionalConstant(node, 3, "biases")
    let gates = kind.gateOrder.count
    let units = try node.integer("hidden_size") ?? recurrent.shape.last ?? 0
    let resetsAfter = kind == .gru ? try node.flag("linear_before_reset") : false
    guard units > 0, weights.shape == [directions, gates * units, inputSize],
      recurrent.shape == [directions, gates * units, units],
      bias.map({ $0.shape == [directions, 2 * gates * units] }) ?? true
    else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (\(node.operatorType)) has weights of shapes \(weights.shape) and \(recurrent.shape) for \(units) "
          + "units, \(inputSize) inputs and \(directions) direction\(directions == 1 ? "" : "s")"
      )
    }
    let functions = try functions(node, kind, directions: directions)
    return (0..<directions).map { direction in
      func kernel(_ tensor: ConstantTensor, rows: Int) -> ParameterTensor {
        let first = direction * gates * units * rows
        let values = (0..<rows).flatMap { row in
          kind.gateOrder.flatMap { gate in (0..<units).map { tensor.values[first + (gate * units + $0) * rows + row] } }
        }
        return ConstantTensor(shape: [rows, gates * units], values: values, type: tensor.type)
          .parameter(shape: [rows, gates * units])
      }
      func biases(_ half: Int) -> ParameterTensor? {
        bias.map { tensor in
          let first = (2 * direction + half) * gates * units
          let values = kind.gateOrder.flatMap { gate in (0..<units).map { tensor.values[first + gate * units + $0] } }
          return ConstantTensor(shape: [gates * units], values: values, type: tensor.type)
            .parameter(shape: [gates * units])
        }
      }
      let cell: RecurrentLayer.Cell =
        switch kind {
        case .lstm: .lstm
        case .gru: .gru(resetsAfter: resetsAfter)
        case .rnn: .simple
        }
      return RecurrentLayer(
        cell,
        kernel: kernel(weights, rows: inputSize),
        recurrentKernel: kernel(recurrent, rows: units),
        bias: biases(0),
        recurrentBias: biases(1),
        activation: functions[direction].last ?? .tanh,
        recurrentActivation: functions[direction].first ?? .sigmoid
      )
    }
  }

  /// By direction, the function of the gates and that of the rest; in a simple cell the only one.
  private func functions(_ node: OperatorNode, _ kind: RecurrentOperator, directions: Int) throws
    -> [[ActivationFunction]]
  {
    let standard = kind.standardFunctions
    let names = try node.strings("activations") ?? (0..<directions).flatMap { _ in standard }
    guard names.count == standard.count * directions else {
      throw node.error("bad-parameters", "'\(node.label)' (\(node.operatorType)) has \(names.count) activations")
    }
    return try (0..<directions).map { direction in
      let own = Array(names[direction * standard.count..<(direction + 1) * standard.count])
      guard kind != .lstm || own[1] == own[2] else {
        throw node.error(
          "unsupported-recurrence",
          "'\(node.label)' (LSTM) has \(own[1]) for its candidate and \(own[2]) for its cell",
          hint: "use one function for both"
        )
      }
      return try own.map { try function(named: $0, node) }
    }
  }

  private func function(named name: String, _ node: OperatorNode) throws -> ActivationFunction {
    switch name.lowercased() {
    case "sigmoid": return .sigmoid
    case "tanh": return .tanh
    case "relu": return .relu(ReLUParameters())
    case "hardsigmoid": return .hardSigmoid(slope: Double(Float(0.2)), shift: 0.5)
    case "softsign": return .softsign
    case "softplus": return .softplus
    default:
      throw node.error(
        "unsupported-activation",
        "'\(node.label)' (\(node.operatorType)) has the activation '\(name)', which is not supported",
        hint: "use Sigmoid, Tanh, Relu, HardSigmoid, Softsign or Softplus"
      )
    }
  }
}
