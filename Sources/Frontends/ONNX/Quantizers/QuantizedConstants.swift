import Diagnostics
import ModelIR

// Quantised weights on their way to a layer: what they are multiples of goes along with them.
extension GraphImporter {
  /// Remembers of what the elements of a node's constant output are multiples.
  mutating func setGrid(_ scales: ConstantTensor, of node: OperatorNode) {
    if let name = node.proto.output.first { grids[name] = scales }
  }

  /// Moves the grid of a constant as the node moves its elements.
  mutating func moveGrid(_ node: OperatorNode, _ operands: [ConstantTensor?]) throws {
    guard Self.movers.contains(node.operatorType), let source = node.input(0), let grid = grids[source] else { return }
    var moved = operands
    moved[0] = grid
    if let result = try evaluate(node, grid, moved) { setGrid(result, of: node) }
  }

  private static let movers: Set<String> = [
    "Flatten", "Gather", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze",
  ]

  /// A kernel as whole numbers and what each output is multiplied by, where that is no power of two; else the kernel as it is.
  ///
  /// - Parameters:
  ///   - grid: of what the elements are multiples, under the kernel's shape.
  ///   - axis: the axis of the outputs.
  static func wholeNumbers(
    _ kernel: ConstantTensor,
    grid: ConstantTensor?,
    outputAxis axis: Int
  ) -> (kernel: ConstantTensor, scales: [Double]?) {
    guard let grid, grid.shape == kernel.shape, kernel.shape.indices.contains(axis) else { return (kernel, nil) }
    let outputs = kernel.shape[axis]
    let inner = kernel.shape[(axis + 1)...].reduce(1, *)
    var scales = [Double?](repeating: nil, count: outputs)
    var result = kernel
    for index in kernel.values.indices {
      let output = index / inner % outputs
      let scale = grid.values[index]
      guard scales[output] == nil || scales[output] == scale, scale != 0 else { return (kernel, nil) }
      scales[output] = scale
      result.values[index] = (kernel.values[index] / scale).rounded()
      guard Float(result.values[index]) * Float(scale) == Float(kernel.values[index]) else { return (kernel, nil) }
    }
    let found = scales.map { $0 ?? 1 }
    // Powers of two are as good as any grid.
    if found.allSatisfy({ $0 > 0 && $0.significand == 1 }) { return (kernel, nil) }
    return (result, found)
  }

  // MARK: - QuantizeLinear and DequantizeLinear

  /// An activation between QuantizeLinear and DequantizeLinear: what is quantised, and how.
  struct PendingQuantization {
    var input: ActivationValue
    var scale: ConstantTensor
    var zeroPoint: Int
    var limits: ClosedRange<Int>
  }

  static let linearOperators: Set<String> = ["QuantizeLinear", "DequantizeLinear"]

  /// Reads QuantizeLinear, DequantizeLinear and a Clip between them; returns false for other nodes.
  mutating func passLinearQuantization(_ node: OperatorNode) throws -> Bool {
    // A scale for every block of a constant.
    if try node.integer("block_size", default: 0) > 0 { return false }
    switch node.operatorType {
    case "QuantizeLinear":
      try quantizeLinear(node)
      return true
    case "DequantizeLinear":
      try dequantizeLinear(node)
      return true
    case "Clip":
      guard let source = node.input(0), var pending = pendingQuantizations[source] else { return false }
      let low = try optionalConstant(node, 1, "min")?.scalar ?? Double(pending.limits.lowerBound)
      let high = try optionalConstant(node, 2, "max")?.scalar ?? Double(pending.limits.upperBound)
      guard let least = Int(exactly: low), let greatest = Int(exactly: high), least <= greatest else {
        throw node.error("bad-parameters", "'\(node.label)' (Clip) limits whole numbers to [\(low), \(high)]")
      }
      pending.limits = max(least, pending.limits.lowerBound)...max(min(greatest, pending.limits.upperBound), least)
      try hold(pending, node)
      return true
    case "Identity", "Cast":
      guard let source = node.input(0), let pending = pendingQuantizations[source] else { return false }
      node.dismiss("to", "saturate", "round_mode")
      try hold(pending, node)
      return true
    default: return false
    }
  }

  private mutating func hold(_ pending: PendingQuantization, _ node: OperatorNode) throws {
    guard let name = node.proto.output.first, !name.isEmpty else {
      throw node.error("bad-arity", "'\(node.label)' (\(node.operatorType)) has no output")
    }
    pendingQuantizations[name] = pending
  }

  private mutating func quantizeLinear(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 3)
    node.dismiss("saturate", "block_size", "output_dtype", "precision")
    let scale = try linearScale(node, 1)
    let (zeroPoint, type) = try linearZero(node)
    let limits = Self.limits(of: type)
    switch try value(node, 0) {
    case .activation(let input):
      let spread = try alongAxis(scale, node, rank: input.shape.count + 1)
      try hold(PendingQuantization(input: input, scale: spread, zeroPoint: zeroPoint, limits: limits), node)
    case .constant(let tensor):
      let spread = try alongAxis(scale, node, rank: tensor.shape.count)
      guard let scales = spread.broadcast(to: tensor.shape) else {
        throw node.error("shape-mismatch", "'\(node.label)' (QuantizeLinear) has a scale of shape \(scale.shape)")
      }
      var result = tensor
      for index in result.values.indices {
        let steps = (Float(tensor.values[index]) / Float(scales.values[index])).rounded(.toNearestOrEven)
        let sum = Double(steps) + Double(zeroPoint)
        result.values[index] = min(max(sum, Double(limits.lowerBound)), Double(limits.upperBound))
      }
      result.type = type
      try define(node, .constant(result))
    }
  }

  private mutating func dequantizeLinear(_ node: OperatorNode) throws {
    try checkInputs(node, atMost: 3)
    node.dismiss("block_size", "output_dtype")
    let scale = try linearScale(node, 1)
    let zero = try optionalConstant(node, 2, "zero point")
    if let source = node.input(0), let pending = pendingQuantizations[source] {
      let spread = try alongAxis(scale, node, rank: pending.input.shape.count + 1)
      let point = try zero.map { try wholeScalar($0, node) } ?? 0
      guard spread.values == pending.scale.values, point == pending.zeroPoint else {
        throw node.error(
          "unsupported-operator",
          "'\(node.label)' (DequantizeLinear) has another scale or zero point than its QuantizeLinear",
          hint: "export the model without fusions of quantisers"
        )
      }
      let quantizer = ONNXQuantizer(
        scale: pending.scale,
        zeroPoint: 0,
        limits: Double(pending.limits.lowerBound - point)...Double(pending.limits.upperBound - point),
        rounding: .toEven
      )
      let name = naming.next(node.proto)
      let result = try quantized(node, pending.input, quantizer, named: name)
      return try define(node, .activation(result))
    }
    let tensor = try constant(node, 0, "tensor")
    let spread = try alongAxis(scale, node, rank: tensor.shape.count)
    let points = try zero.map { try alongAxis($0, node, rank: tensor.shape.count) }
    guard let scales = spread.broadcast(to: tensor.shape),
      let zeros = (points ?? ConstantTensor(shape: [], values: [0], type: .float)).broadcast(to: tensor.shape)
    else {
      throw node.error("shape-mismatch", "'\(node.label)' (DequantizeLinear) has a scale of shape \(scale.shape)")
    }
    var result = tensor
    for index in result.values.indices {
      result.values[index] = Double(
        Float(tensor.values[index] - zeros.values[index]) * Float(scales.values[index])
      )
    }
    result.type = .float
    try define(node, .constant(result))
    setGrid(scales, of: node)
  }

  private func linearScale(_ node: OperatorNode, _ index: Int) throws -> ConstantTensor {
    let scale = try constant(node, index, "scale")
    guard scale.type.isFloatingPoint, scale.shape.count <= 1, !scale.values.isEmpty,
      scale.values.allSatisfy({ $0.isFinite && Float($0) > 0 })
    else {
      throw node.error(
        "bad-parameters",
        "'\(node.label)' (\(node.operatorType)) has a scale that is not positive, or one for blocks",
        hint: "quantise per tensor or per channel"
      )
    }
    return scale
  }

  private func linearZero(_ node: OperatorNode) throws -> (Int, ElementType) {
    guard let zero = try optionalConstant(node, 2, "zero point") else { return (0, .uint8) }
    return (try wholeScalar(zero, node), zero.type)
  }

  private func wholeScalar(_ tensor: ConstantTensor, _ node: OperatorNode) throws -> Int {
    guard let first = tensor.values.first, tensor.values.allSatisfy({ $0 == first }), let value = Int(exactly: first)
    else {
      throw node.error(
        "unsupported-operator",
        "'\(node.label)' (\(node.operatorType)) has a zero point for each channel",
        hint: "quantise symmetrically"
      )
    }
    return value
  }

  private static func limits(of type: ElementType) -> ClosedRange<Int> {
    switch type {
    case .int8: -128...127
    case .uint16: 0...65535
    case .int16: -32768...32767
    case .int32: -2_147_483_648...2_147_483_647
    case .uint8, .float, .float16, .double, .bfloat16, .int64, .bool, .uint32, .uint64: 0...255
    }
  }

  /// A vector of numbers for the channels, under a shape that broadcasts to the tensor.
  private func alongAxis(_ tensor: ConstantTensor, _ node: OperatorNode, rank: Int) throws -> ConstantTensor {
    let given = try node.integer("axis", default: 1)
    guard tensor.count > 1 else { return ConstantTensor(shape: [], values: tensor.values, type: tensor.type) }
    let axis = given < 0 ? given &+ rank : given
    var shape = [Int](repeating: 1, count: rank)
    guard shape.indices.contains(axis) else {
      throw node.error("bad-axis", "'\(node.label)' (\(node.operatorType)) quantises along axis \(given)")
    }
    shape[axis] = tensor.count
    return ConstantTensor(shape: shape, values: tensor.values, type: tensor.type)
  }
}
