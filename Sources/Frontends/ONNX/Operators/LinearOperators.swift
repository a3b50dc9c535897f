import Diagnostics
import ModelIR

// Matrix products with constant weights.
extension GraphImporter {
  /// `alpha · A · B + beta · C`, split as qonnx splits it: MatMul, Mul by alpha where it is not 1, Add of the bias.
  ///
  /// So the layers have the names and the types that hls4ml would give them; a later pass fuses what costs extra.
  mutating func importGemm(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 3)
    let input = try anyLayout(node, 0)
    guard try !node.flag("transA") else {
      throw node.error(
        "unsupported-attribute",
        "'\(node.label)' (Gemm) transposes its input, which mixes events",
        hint: "export the model with transA = 0"
      )
    }
    var kernel = try constant(node, 1, "weights")
    var grid = node.input(1).flatMap { grids[$0] }
    if try node.flag("transB"), let transposed = kernel.transposed([1, 0]) {
      kernel = transposed
      grid = grid?.transposed([1, 0])
    }
    guard kernel.shape.count == 2, input.shape.count == 1 else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (Gemm) multiplies an input of shape \(input.shape) with weights of shape \(kernel.shape)",
        hint: "Gemm takes one vector per event and a matrix"
      )
    }
    node.dismiss("broadcast")
    let alpha = try node.float("alpha", default: 1)
    let beta = try node.float("beta", default: 1)
    var result = try dense(node, input, kernel, grid: grid)
    if alpha != 1 {
      let scale = ConstantTensor(shape: [], values: [alpha], type: .float)
      result = try affine(node, .multiply, result, scale, named: naming.affine(node.proto, as: "Mul"))
    }
    if let bias = try optionalConstant(node, 2, "bias") {
      guard let scaled = Self.scaled(bias, by: beta) else {
        throw node.error("bad-parameters", "the bias of '\(node.label)' (Gemm) has elements of \(bias.type)")
      }
      if !scaled.values.allSatisfy({ $0 == 0 }) {
        result = try affine(node, .add, result, scaled, named: naming.affine(node.proto, as: "Add"))
      }
    }
    try define(node, .activation(result))
  }

  private static func scaled(_ tensor: ConstantTensor, by factor: Double) -> ConstantTensor? {
    guard factor != 1 else { return tensor }
    return .arithmetic(.multiply, tensor, ConstantTensor(shape: [], values: [factor], type: tensor.type))
  }

  /// `x · W` over the last axis.
  mutating func importMatMul(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 2)
    guard case .activation(let input) = try value(node, 0) else {
      throw node.error(
        "constant-operand",
        "'\(node.label)' (MatMul) has its constant on the left, which mixes events or positions",
        hint: "write the product as input · weights"
      )
    }
    guard case .constant(var kernel) = try value(node, 1) else {
      throw node.error(
        "dynamic-parameter",
        "'\(node.label)' (MatMul) multiplies two tensors that depend on the model's inputs",
        hint: "only products with constant weights can be compiled"
      )
    }
    var grid = node.input(1).flatMap { grids[$0] }
    let isVector = kernel.shape.count == 1
    if isVector {
      kernel.shape.append(1)
      grid?.shape.append(1)
    }
    while kernel.shape.count > 2, kernel.shape.count <= input.shape.count + 1, kernel.shape[0] == 1 {
      kernel.shape.removeFirst()
      grid?.shape.removeFirst()
    }
    guard kernel.shape.count == 2, !input.shape.isEmpty else {
      throw node.error(
        "shape-mismatch",
        "'\(node.label)' (MatMul) multiplies an input of shape \(input.shape) with weights of shape \(kernel.shape)",
        hint: "the weights must be one matrix"
      )
    }
    var result = try dense(node, input, kernel, grid: grid)
    if isVector { result.shape.removeLast() }
    try define(node, .activation(result))
  }

  /// A dense layer without bias.
  private mutating func dense(
    _ node: OperatorNode,
    _ input: ActivationValue,
    _ kernel: ConstantTensor,
    grid: ConstantTensor?
  ) throws -> ActivationValue {
    let (wholes, scales) = Self.wholeNumbers(kernel, grid: grid, outputAxis: 1)
    let product = try product(node, input, wholes)
    guard let scales else { return product }
    let factors = ConstantTensor(shape: [scales.count], values: scales, type: .float)
    return try affine(node, .multiply, product, factors, named: "\(graph[product.tensor].name)_scale")
  }

  private mutating func product(
    _ node: OperatorNode,
    _ input: ActivationValue,
    _ kernel: ConstantTensor
  ) throws -> ActivationValue {
    let name = naming.dense(node.proto)
    guard kernel.type.isFloatingPoint else {
      throw node.error(
        "bad-parameters",
        "the weights of '\(node.label)' (\(node.operatorType)) have elements of \(kernel.type)"
      )
    }
    var kernel = kernel
    var input = input
    if case .elements(let order) = input.layout, kernel.shape[0] == order.count,
      let rows = kernel.gathered(ConstantTensor(integers: order), axis: 0)
    {
      kernel = rows
      input.layout = .asInFile
    }
    let source = try materialised(input, origin: node.origin)
    let layer = DenseLayer(kernel: kernel.parameter(shape: kernel.shape), bias: nil)
    let rules = ShapeInference(layer: name, origin: node.origin)
    let shape = try rules.shape(of: .dense(layer), inputs: [graph[source].shape], declared: [])
    let tensor = append(.dense(layer), named: name, inputs: [source], shape: shape, node.origin)
    return ActivationValue(tensor: tensor, shape: shape, viewName: nil)
  }
}
