import Diagnostics
import ONNXFrontend

/// The cells of PyTorch's recurrent layers.
enum ProgramCell {
  case lstm, gru, tanh, relu

  /// ONNX's name of the recurrence.
  fileprivate var operation: String {
    switch self {
    case .lstm: "LSTM"
    case .gru: "GRU"
    case .tanh, .relu: "RNN"
    }
  }

  /// By gate in ONNX's order, its place in PyTorch's: input, forget, cell, output; reset, update, new.
  fileprivate var gateOrder: [Int] {
    switch self {
    case .lstm: [0, 3, 1, 2]
    case .gru: [1, 0, 2]
    case .tanh, .relu: [0]
    }
  }
}

// Recurrent layers: PyTorch has several layers and directions in one node, with gates in an order of its own.
extension ProgramTranslator {
  /// LSTM, GRU and simple recurrences, as one of ONNX's operators for every layer.
  mutating func translateRecurrence(_ node: ProgramNode, _ cell: ProgramCell) throws {
    guard try !node.flag("train") || node.number("dropout", default: 0) == 0 else {
      throw node.error(
        "training-mode",
        "'\(node.label)' (\(node.target)) drops elements between its layers",
        hint: "export the model for inference: model.eval()"
      )
    }
    var parameters: [String] = []
    for name in try node.tensors("params") { parameters.append(try value(named: name, asked: node.origin)) }
    let layers = try node.integer("num_layers", default: 1)
    let directions = node.flag("bidirectional") ? 2 : 1
    let each = node.flag("has_biases", default: true) ? 4 : 2
    guard layers > 0, layers <= 1 << 10, parameters.count == layers * directions * each else {
      throw node.error(
        "unsupported-recurrence",
        "'\(node.label)' (\(node.target)) has \(parameters.count) parameters for \(layers) layers of \(directions) directions",
        hint: "train it without projections (proj_size=0)"
      )
    }
    let starts = try initialStates(node, cell)
    let isBatchFirst = node.flag("batch_first")
    var wanted: [Bool] = []
    for output in node.outputs { wanted.append(isRead(output)) }
    markStates(node.outputs.dropFirst())
    var sequence = try value(node, "input")
    var states: [[String]] = [[], []]
    for layer in 0..<layers {
      let suffix = layers == 1 ? "" : "l\(layer)"
      let own = Array(parameters[layer * directions * each..<(layer + 1) * directions * each])
      let weights = try weights(node, cell, own, each: each, suffix: suffix)
      let isLast = layer == layers - 1
      let names = ["steps", "state", "cell"].map { "\(node.valueName)#\($0)\(suffix)" }
      var outputs = [isLast && !(wanted.first ?? true) ? "" : names[0]]
      for index in 1..<(cell == .lstm ? 3 : 2) {
        let isWanted = wanted.indices.contains(index) && wanted[index]
        outputs.append(isWanted ? names[index] : "")
        guard isWanted else { continue }
        states[index - 1].append(
          isBatchFirst
            ? make(
              "Transpose",
              node,
              [names[index]],
              suffix: "\(index == 1 ? "hidden" : "memory")\(suffix)",
              [("perm", .integers([1, 0, 2]))]
            ) : names[index]
        )
      }
      result.node(
        cell.operation,
        named: suffix.isEmpty ? node.label : "\(node.label)_\(suffix)",
        [sequence] + weights + (starts.isEmpty ? [] : [""] + starts),
        outputs,
        try attributes(node, cell, weights, directions: directions, isBatchFirst: isBatchFirst)
      )
      guard !outputs[0].isEmpty else { continue }
      var steps = names[0]
      if !isBatchFirst {
        steps = make("Transpose", node, [steps], suffix: "sides\(suffix)", [("perm", .integers([0, 2, 1, 3]))])
      }
      let shape = constant(node, "joined_shape\(suffix)", [0, 0, -1])
      sequence = make("Reshape", node, [steps, shape], suffix: isLast ? "" : "joined\(suffix)")
    }
    for (index, parts) in states.enumerated() where !parts.isEmpty {
      let name = node.outputs[index + 1]
      if parts.count == 1 {
        result.node("Identity", named: "\(node.label)_\(index == 0 ? "state" : "cell")", parts, [name])
        continue
      }
      result.node(
        "Concat",
        named: "\(node.label)_\(index == 0 ? "state" : "cell")",
        parts,
        [name],
        [("axis", .integer(0))]
      )
    }
  }

  /// What the layers start from; empty where that is zero.
  private mutating func initialStates(_ node: ProgramNode, _ cell: ProgramCell) throws -> [String] {
    let given = cell == .lstm ? try node.tensors("hx") : [try node.tensor("hx")]
    var (values, areZero): ([String], Bool) = ([], true)
    for name in given {
      areZero = areZero && isZero(name)
      values.append(try value(named: name, asked: node.origin))
    }
    return areZero ? [] : values
  }

  /// Weights, recurrent weights and biases of all directions of one layer, with the gates in ONNX's order.
  private mutating func weights(
    _ node: ProgramNode,
    _ cell: ProgramCell,
    _ parameters: [String],
    each: Int,
    suffix: String
  ) throws -> [String] {
    let order = cell.gateOrder
    guard let units = constant(parameters[1])?.shape.last, units > 0, units <= 1 << 16 else {
      throw node.error(
        "dynamic-parameter",
        "the weights of '\(node.label)' (\(node.target)) are no parameters of the model",
        hint: "export the model with its parameters"
      )
    }
    let rows = constant(node, "rows\(suffix)", order.flatMap { gate in (0..<units).map { gate * units + $0 } })
    let axis = constant(node, "direction\(suffix)", [0])
    var all: [[String]] = [[], [], []]
    for direction in 0..<parameters.count / each {
      let own = (0..<each).map { part in
        make("Gather", node, [parameters[direction * each + part], rows], suffix: "gates\(part)_\(direction)\(suffix)")
      }
      for part in 0..<2 {
        all[part].append(make("Unsqueeze", node, [own[part], axis], suffix: "side\(part)_\(direction)\(suffix)"))
      }
      guard each == 4 else { continue }
      let biases = make(
        "Concat",
        node,
        [own[2], own[3]],
        suffix: "biases_\(direction)\(suffix)",
        [("axis", .integer(0))]
      )
      all[2].append(make("Unsqueeze", node, [biases, axis], suffix: "side2_\(direction)\(suffix)"))
    }
    var results: [String] = []
    for (part, sides) in all.enumerated() where !sides.isEmpty {
      results.append(make("Concat", node, sides, suffix: "sides\(part)\(suffix)", [("axis", .integer(0))]))
    }
    return results
  }

  private func attributes(
    _ node: ProgramNode,
    _ cell: ProgramCell,
    _ weights: [String],
    directions: Int,
    isBatchFirst: Bool
  ) throws -> [(name: String, value: TranslatedAttribute)] {
    var attributes: [(name: String, value: TranslatedAttribute)] = [
      ("layout", .integer(isBatchFirst ? 1 : 0)),
      ("direction", .text(directions == 2 ? "bidirectional" : "forward")),
    ]
    if cell == .gru { attributes.append(("linear_before_reset", .integer(1))) }
    if cell == .relu {
      attributes.append(("activations", .texts(Array(repeating: "Relu", count: directions))))
    }
    return attributes
  }

  /// Numbers that are all zero, such as the states that recurrent layers start from; an open batch counts as one event.
  mutating func translateZeros(_ node: ProgramNode) throws {
    let shape = (try node.extents("size") ?? []).map { $0 ?? 1 }
    guard shape.allSatisfy({ (0...1 << 16).contains($0) }), shape.reduce(1, { $0 &* $1 }) <= 1 << 20, shape.count <= 8
    else {
      throw node.error("absurd-size", "'\(node.label)' (\(node.target)) makes zeros of shape \(shape)")
    }
    markZero(node.valueName)
    let bytes = [UInt8](repeating: 0, count: 4 * shape.reduce(1, *))
    result.constant(node.valueName, TranslatedTensor(shape: shape, element: .float32, bytes: bytes))
  }
}
