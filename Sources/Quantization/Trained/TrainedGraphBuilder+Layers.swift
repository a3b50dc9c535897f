import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

extension TrainedGraphBuilder {
  // MARK: - Exact layers

  mutating func dense(_ node: ModelNode, _ layer: DenseLayer) throws -> FixedTensorID {
    let input = try exactInputs(node)[0]
    let kernel = try ExactConstants(layer.kernel.values, of: "kernel", node)
    let bias = try ExactConstants(layer.bias?.values ?? [0], of: "bias", node)
    let operation = DenseOperation(
      inputSize: layer.inputSize,
      outputSize: layer.outputSize,
      weights: kernel.raw,
      weightFractionBits: kernel.fractionBits,
      bias: ConstantVector(raw: bias.raw, fractionBits: bias.fractionBits)
    )
    let types = graph[input].types
    let grids = stride(from: 0, to: types.count, by: layer.inputSize).flatMap { first in
      operation.resultGrids(inputTypes: (first..<first + layer.inputSize).map { types[$0] })
    }
    guard types.count > layer.inputSize else {
      return append(.dense(operation), for: node, inputs: [input], grids: grids)
    }
    // The kernel takes and gives what any position has; each position quantises its own results.
    let places = WindowDomain(rowsOf: graph[input].shape)
    var builder = kernelBuilder(node, input: input, places)
    let result = builder.appendExact(operation)
    return append(.map(builder.map(returning: result, over: places)), for: node, inputs: [input], grids: grids)
  }

  mutating func affine(_ node: ModelNode, _ layer: AffineLayer) throws -> FixedTensorID {
    let input = try exactInputs(node)[0]
    let count = graph[input].count
    let scale = try ExactConstants(layer.scales(count), of: "scale", node)
    let bias = try ExactConstants(layer.biases(count), of: "bias", node)
    let operation = AffineOperation(
      scale: ConstantVector(raw: scale.raw, fractionBits: scale.fractionBits),
      bias: ConstantVector(raw: bias.raw, fractionBits: bias.fractionBits)
    )
    let types = graph[input].types
    let grids = (0..<count).map { i in
      max(types[i].fractionBits + scale.grid(of: i), bias.grid(of: i))
    }
    return append(.affine(operation), for: node, inputs: [input], grids: grids)
  }

  mutating func merge(_ node: ModelNode, _ kind: MergeKind) throws -> FixedTensorID {
    let inputs = try exactInputs(node)
    let operation: FixedMergeKind
    switch kind {
    case .add: operation = .add
    case .subtract: operation = .subtract
    case .multiply: operation = .multiply
    case .maximum: operation = .maximum
    case .minimum: operation = .minimum
    case .average:
      guard inputs.count == 2 else {
        throw Diagnostic.error(
          "inexact-mean",
          "'\(node.name)' divides by \(inputs.count), which has no exact fixed-point value",
          at: node.origin,
          hint: "use a mean over a power of two"
        )
      }
      operation = .average
    }
    return append(.merge(operation), for: node, inputs: inputs)
  }

  // MARK: - Quantisers

  mutating func quantized(_ node: ModelNode, _ quantizer: TensorQuantizer) throws -> Made {
    let shape = model[node.output].shape
    let types = quantizer.elementTypes(count: shape.reduce(1, *))
    var tensor: FixedTensorID
    switch try operand(node) {
    case .function(let function): tensor = try addTable(function.quantised(by: quantizer), types: types, shape: shape)
    case .tensor(let input):
      tensor = input
      if let scaler = quantizer.scaling?.scaler, scaler != 1, !isPort(input) {
        let division = PendingFunction(argument: input, named: node, isExact: true) { Double(Float($0) / scaler) }
        tensor = try addTable(division, types: types, shape: shape)
      } else if !graph[input].types.agree(with: types) {
        let isLast = quantizer.scaling == nil
        let name = isLast ? node.name : uniqueName(node.name + "_type")
        tensor = append(.requantize, for: node, named: name, inputs: [input], types: types)
      }
    }
    guard let scaling = quantizer.scaling else { return .tensor(tensor) }
    return .function(
      PendingFunction(argument: tensor, named: node, isExact: true) { scaling.applied(to: $0) }
    )
  }

  /// Whether the tensor is made of input ports alone, whose numbers are divided before they are quantised.
  private func isPort(_ id: FixedTensorID) -> Bool {
    graph.nodes.first { $0.output == id }.map { node in
      node.operation.kind == .input || node.operation.facts.isMove && node.inputs.allSatisfy(isPort)
    } ?? false
  }

  // MARK: - Activations

  mutating func activated(_ node: ModelNode, _ function: ActivationFunction) throws -> Made {
    if case .linear = function { return try operand(node) }
    if let rectifier = Self.rectifier(function) {
      let input = try exactInputs(node)[0]
      return .tensor(append(.rectifier(rectifier), for: node, inputs: [input]))
    }
    switch function.form {
    case .sloped, .normalized:
      throw Diagnostic.error(
        "unsupported-activation",
        "'\(node.name)' computes \(function.name), which has no exact fixed-point value here",
        at: node.origin,
        hint: "end the model before it, and apply it to the firmware's outputs where they are read"
      )
    case .scalar(let function):
      let value = { Double(Float(function($0))) }
      if case .function(let inner) = try operand(node) { return .function(inner.followed(by: value, named: node)) }
      let input = try exactInputs(node)[0]
      return .function(PendingFunction(argument: input, named: node, isExact: false, value: value))
    }
  }

  /// Rectifiers whose constants are exact, and whose products float32 does not round either.
  private static func rectifier(_ function: ActivationFunction) -> RectifierOperation? {
    func constant(_ x: Double) -> ConstantVector? {
      ExactConstants.raw([x]).map { ConstantVector(raw: $0.raw, fractionBits: $0.fractionBits) }
    }
    if case .leakyReLU(let alpha) = function, isPowerOfTwoOrZero(alpha) {
      return constant(alpha).map { RectifierOperation(lowerSlope: $0) }
    }
    guard case .relu(let rule) = function, rule.threshold == 0, isPowerOfTwoOrZero(rule.negativeSlope) else {
      return nil
    }
    guard let slope = constant(rule.negativeSlope) else { return nil }
    guard let limit = rule.maximum else { return RectifierOperation(lowerSlope: slope) }
    return constant(limit).map { RectifierOperation(lowerSlope: slope, maximum: $0) }
  }

  private static func isPowerOfTwoOrZero(_ x: Double) -> Bool { x == 0 || (x.isFinite && abs(x.significand) == 1) }
}

extension ElementTypes {
  /// Whether both hold the same numbers after the same rules: an element without bits is zero in any type.
  fileprivate func agree(with other: ElementTypes) -> Bool {
    self == other || (0..<count).allSatisfy { self[$0] == other[$0] || (self[$0].width == 0 && other[$0].width == 0) }
  }
}

extension DenseOperation {
  /// By output element, the finest grid on which its exact sum stands: weights that are even leave a coarser one.
  func resultGrids(inputTypes: [FixedPointType]) -> [Int] {
    (0..<outputSize).map { j in
      var grid: Int?
      for (i, type) in inputTypes.enumerated() {
        let weight = weights[i * outputSize + j]
        guard weight != 0, type.width > 0 else { continue }
        let places = type.fractionBits + weightFractionBits - weight.trailingZeroBitCount
        grid = max(grid ?? places, places)
      }
      if bias[j] != 0 {
        let places = bias.fractionBits - bias[j].trailingZeroBitCount
        grid = max(grid ?? places, places)
      }
      return grid ?? 0
    }
  }
}
