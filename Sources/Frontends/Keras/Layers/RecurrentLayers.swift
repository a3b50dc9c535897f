import Diagnostics
import ModelIR

/// SimpleRNN, LSTM and GRU, alone and in both directions.
extension LayerReader {
  /// A layer whose cell runs over the first axis in one direction.
  mutating func recurrence(_ cell: RecurrentLayer.Cell) throws -> LayerMeaning {
    let plan = try RecurrencePlan(self, cell, inside: ["cell"], part: nil)
    options = plan.options
    var network = LayerNetwork(operands: operandShapes)
    let results = try plan.add(
      to: &network,
      states: stateOperands(plan.layer.stateCount),
      mask: maskOperand,
      rules: rules,
      suffix: nil
    )
    return .network(network, results: results, mask: plan.returnsSequences ? maskOperand : nil)
  }

  /// A layer in both directions, and what joins the results.
  mutating func bidirectional() throws -> LayerMeaning {
    guard let forward = options.value("layer") else { throw missing("layer") }
    let backward = options.value("backward_layer") ?? forward
    let mode = try options.string("merge_mode")
    var plans: [RecurrencePlan] = []
    for (config, name) in [(forward, "forward"), (backward, "backward")] {
      guard let className = config["class_name"]?.string, let values = config["config"]?.object,
        let cell = KerasLayerClass(rawValue: className)?.recurrentCell(values)
      else {
        throw options.refuse("'\(layer.name)' wraps a layer that is no SimpleRNN, LSTM or GRU")
      }
      var reader = self
      reader.options = LayerOptions(layer: layer.name, origin: layer.origin, values: values)
      plans.append(try RecurrencePlan(reader, cell, inside: ["\(name)_layer", "cell"], part: name))
    }
    for plan in plans { options.note(plan.options) }
    guard plans[0].isAlike(plans[1]) else {
      throw options.refuse("'\(layer.name)' has two layers that do not return alike")
    }
    // The wrapper reverses the second layer, whatever its own options say.
    guard !plans[0].isReversed else {
      throw options.refuse("'\(layer.name)' wraps a layer that goes backwards", hint: "let the first layer go forwards")
    }
    plans[1].reverse()
    var network = LayerNetwork(operands: operandShapes)
    let states = try stateOperands(plans[0].layer.stateCount + plans[1].layer.stateCount)
    let half = states.count / 2
    var results: [[LayerNetwork.Value]] = []
    for (index, plan) in plans.enumerated() {
      let own = Array(states[index * half..<(index + 1) * half])
      let suffix = index == 0 ? "forward" : "backward"
      results.append(try plan.add(to: &network, states: own, mask: maskOperand, rules: rules, suffix: suffix))
    }
    let values = [results[0][0], results[1][0]]
    let shapes = values.map { network.shape(of: $0) }
    let joined: [LayerNetwork.Value]
    switch mode {
    case nil: joined = values
    case "concat":
      let axis = shapes[0].count - 1
      let shape = try rules.concatenate(shapes, axis: axis)
      joined = [network.append(.concatenate(axis: axis), nil, values, shape: shape)]
    case "sum", "ave", "mul":
      let kind: MergeKind = mode == "sum" ? .add : mode == "ave" ? .average : .multiply
      guard shapes[0] == shapes[1] else {
        throw rules.error("shape-mismatch", "'\(layer.name)' joins tensors of shapes \(shapes)")
      }
      joined = [network.append(.merge(kind), nil, values, shape: shapes[0])]
    default: throw options.refuse("'\(layer.name)' has the merge mode '\(mode ?? "")'")
    }
    let rest = results[0].dropFirst() + results[1].dropFirst()
    return .network(network, results: joined + rest, mask: plans[0].returnsSequences ? maskOperand : nil)
  }

  /// Steps that hold nothing but one value, which recurrences behind this layer leave out.
  mutating func masking() throws -> LayerMeaning {
    let value = try options.number("mask_value") ?? 0
    guard inputs.count == 1, inputs[0].count == 2 else {
      throw rules.error("shape-mismatch", "'\(layer.name)' masks steps of tensors of shapes \(inputs)")
    }
    let (steps, width) = (inputs[0][0], inputs[0][1])
    var network = LayerNetwork(operands: inputs)
    let differs = Staircase(thresholds: [value, value.nextUp], values: [1, 0, 1])
    let each = network.append(.activation(.staircase(differs)), "differs", [.operand(0)], shape: inputs[0])
    let mask = network.append(
      .reduce(ReductionLayer(kind: .maximum, axes: [1], keepsAxes: true)),
      "mask",
      [each],
      shape: [steps, 1]
    )
    // Masked steps hold zeros then; where that is what they held, nothing changes.
    guard value != 0 else { return .network(network, results: [.operand(0)], mask: mask) }
    let spread = network.gather(
      mask,
      (0..<steps).flatMap { [Int](repeating: $0, count: width) },
      suffix: "mask_of_elements",
      shape: inputs[0]
    )
    let kept = network.append(.merge(.multiply), nil, [.operand(0), spread], shape: inputs[0])
    return .network(network, results: [kept], mask: mask)
  }

  /// The shapes of the layer's operands, and of the mask behind them.
  private var operandShapes: [[Int]] { inputs + (hasMask ? [[inputs[0][0], 1]] : []) }

  private var maskOperand: LayerNetwork.Value? { hasMask ? .operand(inputs.count) : nil }

  /// The states that the call gives, or none.
  private func stateOperands(_ count: Int) throws -> [LayerNetwork.Value] {
    guard inputs.count == 1 || inputs.count == 1 + count else {
      throw rules.error("bad-arity", "'\(layer.name)' is called on \(inputs.count) tensors; it has \(count) states")
    }
    return (1..<inputs.count).map { .operand($0) }
  }
}

extension KerasLayerClass {
  /// Whether the layer needs the steps of a sequence.
  var isRecurrent: Bool { (readsMask && self != .globalAveragePooling1D) || self == .masking }

  /// The cell of a recurrent layer; nil for other layers.
  func recurrentCell(_ options: [String: JSONValue]) -> RecurrentLayer.Cell? {
    if self == .simpleRNN { return .simple }
    if self == .lstm { return .lstm }
    return self == .gru ? .gru(resetsAfter: options["reset_after"]?.bool ?? true) : nil
  }
}

/// One direction of a recurrent layer as its options say.
private struct RecurrencePlan {
  var layer: RecurrentLayer
  /// The options, of which those that were looked at are marked.
  var options: LayerOptions
  let returnsSequences: Bool
  private let returnsState: Bool
  /// Whether results come in the order in which steps are taken; else in that of the input.
  private var isInOwnOrder = true
  var isReversed: Bool { layer.isReversed }

  init(_ reader: LayerReader, _ cell: RecurrentLayer.Cell, inside: [String], part: String?) throws {
    var options = reader.options
    let name = reader.layer.name
    guard let units = try options.int("units") else { throw reader.missing("units") }
    try options.mustBeOff("stateful", hint: "build it without stateful: every event starts from the same state")
    try options.mustBeOff("time_major", hint: "put the batch first")
    options.ignoreDropout(["dropout", "recurrent_dropout"])
    options.ignore([
      "unroll", "implementation", "unit_forget_bias", "use_cudnn", "reset_after",
      "input_shape", "cell",
    ])
    let useBias = try options.bool("use_bias", default: true)
    returnsSequences = try options.bool("return_sequences", default: false)
    returnsState = try options.bool("return_state", default: false)
    let functions = try ["activation", "recurrent_activation"].map { option -> ActivationFunction in
      if cell == .simple && option == "recurrent_activation" { return .linear }
      let reader = ActivationReader(generation: reader.generation, rank: 1)
      guard let function = try Self.function(reader, options.value(option), name, options) else { return .linear }
      return function
    }
    guard let shape = reader.inputs.first, shape.count == 2 else {
      throw reader.rules.error(
        "shape-mismatch",
        "'\(name)' reads a sequence of shape [steps, features], not \(reader.inputs)"
      )
    }
    let sums = cell.gateCount * units
    try reader.rules.checkExtents([max(shape[1], units), sums])
    // A GRU that resets behind its weights has biases of its own for the state.
    let hasTwoBiases = cell == .gru(resetsAfter: true)
    var requests = [
      WeightRequest(name: "kernel", shape: [shape[1], sums]),
      WeightRequest(name: "recurrent_kernel", shape: [units, sums]),
    ]
    if useBias { requests.append(WeightRequest(name: "bias", shape: hasTwoBiases ? [2, sums] : [sums])) }
    var place = reader.address
    place.inside = inside
    place.part = part
    let tensors = try reader.weights.parameters(of: place, requests)
    let biases = useBias ? Self.rows(tensors[2], width: sums) : []
    layer = RecurrentLayer(
      cell,
      kernel: tensors[0],
      recurrentKernel: tensors[1],
      bias: biases.first,
      recurrentBias: biases.dropFirst().first,
      activation: functions[0],
      recurrentActivation: functions[1]
    )
    layer.isReversed = try options.bool("go_backwards", default: false)
    layer.returnsAll = returnsSequences
    // The last state is returned as it is.
    layer.zeroesMasked = try options.bool("zero_output_for_mask", default: false) && returnsSequences
    layer.returnsCell = returnsState && cell == .lstm
    self.options = options
  }

  private static func function(
    _ reader: ActivationReader,
    _ value: JSONValue?,
    _ name: String,
    _ options: LayerOptions
  ) throws -> ActivationFunction? {
    guard let value else { return nil }
    let activation = try reader.embedded(value, named: name, origin: options.origin)
    guard activation.quantizer == nil, case .scalar = activation.function.form else {
      throw options.refuse("'\(name)' has a function that is none of single numbers in its cell")
    }
    return activation.function
  }

  private static func rows(_ tensor: ParameterTensor, width: Int) -> [ParameterTensor] {
    stride(from: 0, to: tensor.count, by: width).map {
      ParameterTensor(shape: [width], values: Array(tensor.values[$0..<$0 + width]), precision: tensor.precision)
    }
  }

  /// Turns the layer around; its results stay in the order of the input.
  mutating func reverse() {
    layer.isReversed = true
    isInOwnOrder = false
  }

  func isAlike(_ other: RecurrencePlan) -> Bool {
    returnsSequences == other.returnsSequences && returnsState == other.returnsState
      && layer.stateCount == other.layer.stateCount
  }

  /// Adds the layer, and parts of its results; returns its results.
  func add(
    to network: inout LayerNetwork,
    states: [LayerNetwork.Value],
    mask: LayerNetwork.Value?,
    rules: ShapeInference,
    suffix: String?
  ) throws -> [LayerNetwork.Value] {
    var layer = layer
    layer.isMasked = mask != nil
    layer.zeroesMasked = layer.zeroesMasked && layer.isMasked
    guard !layer.zeroesMasked || !returnsState else {
      throw rules.error("unsupported-option", "'\(rules.layer)' returns zeros at masked steps, and its state")
    }
    layer.startsFromOperands = !states.isEmpty
    let inputs = [.operand(0)] + (mask.map { [$0] } ?? []) + states
    let operation = ModelOperator.recurrence(layer)
    let shape = try rules.shape(of: operation, inputs: inputs.map { network.shape(of: $0) }, declared: [])
    let result = network.append(operation, suffix, inputs, shape: shape)
    let steps = network.shape(of: .operand(0))[0]
    let (units, width) = (layer.units, layer.resultSize)
    let rows = layer.returnsAll ? steps : 1
    func named(_ name: String) -> String { suffix.map { "\($0)_\(name)" } ?? name }
    func part(_ name: String, _ slices: [Int], _ first: Int, _ shape: [Int]) -> LayerNetwork.Value {
      let sources = slices.flatMap { slice in (0..<units).map { slice * width + first + $0 } }
      return network.gather(result, sources, suffix: named(name), shape: shape)
    }
    let order = layer.isReversed && isInOwnOrder ? Array((0..<rows).reversed()) : Array(0..<rows)
    let main = part("result", order, 0, layer.returnsAll ? [rows, units] : [units])
    guard returnsState else { return [main] }
    let last = layer.returnsAll ? layer.slice(ofStep: steps - 1, of: steps) : 0
    var results = [main, part("state", [last], 0, [units])]
    if layer.returnsCell { results.append(part("cell", [last], units, [units])) }
    return results
  }
}
