import ModelIR

/// The four operations that ONNX's elementwise nodes do.
enum ArithmeticOperation: String {
  case add = "Add"
  case subtract = "Sub"
  case multiply = "Mul"
  case divide = "Div"

  func callAsFunction(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    }
  }
}

// What folding does to constants. Each returns nil where shapes, types or sizes forbid it.
extension ConstantTensor {
  /// Elementwise arithmetic, with ONNX's (NumPy's) broadcasting, rounded as the element type rounds.
  static func arithmetic(_ operation: ArithmeticOperation, _ a: ConstantTensor, _ b: ConstantTensor) -> ConstantTensor?
  {
    guard a.type == b.type, a.type != .bool, let shape = broadcastShape(a.shape, b.shape),
      let left = a.broadcast(to: shape), let right = b.broadcast(to: shape)
    else { return nil }
    var values: [Double] = []
    for (x, y) in zip(left.values, right.values) {
      if operation == .divide, y == 0, !a.type.isFloatingPoint { return nil }
      guard let value = a.type.rounded(operation(x, y)) else { return nil }
      values.append(value)
    }
    return ConstantTensor(shape: shape, values: values, type: a.type)
  }

  /// The shape that two shapes broadcast to.
  static func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let left = Array(repeating: 1, count: rank - a.count) + a
    let right = Array(repeating: 1, count: rank - b.count) + b
    var result: [Int] = []
    for (x, y) in zip(left, right) {
      guard x == y || x == 1 || y == 1 else { return nil }
      result.append(x == 1 ? y : x)
    }
    return result
  }

  /// The elements repeated along axes of extent 1 and along new leading axes.
  func broadcast(to target: [Int]) -> ConstantTensor? {
    if target == shape { return self }
    guard Self.isSane(target), let count = ShapeInference.elementCount(target), count <= 1 << 24,
      target.count >= shape.count
    else { return nil }
    let source = Array(repeating: 1, count: target.count - shape.count) + shape
    var strides = [Int](repeating: 0, count: target.count)
    var step = 1
    for axis in target.indices.reversed() {
      guard source[axis] == target[axis] || source[axis] == 1 else { return nil }
      strides[axis] = source[axis] == 1 ? 0 : step
      step *= source[axis]
    }
    return ConstantTensor(shape: target, values: gather(target, strides, count: count), type: type)
  }

  /// The axes in another order: axis `i` of the result is axis `permutation[i]`.
  func transposed(_ permutation: [Int]) -> ConstantTensor? {
    guard permutation.sorted() == Array(shape.indices) else { return nil }
    var steps = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { steps[axis] = steps[axis + 1] * shape[axis + 1] }
    let target = permutation.map { shape[$0] }
    return ConstantTensor(
      shape: target,
      values: gather(target, permutation.map { steps[$0] }, count: count),
      type: type
    )
  }

  /// Visits the elements of a shape in row-major order, each at the sum of its coordinates times the strides.
  private func gather(_ target: [Int], _ strides: [Int], count: Int) -> [Double] {
    var coordinates = [Int](repeating: 0, count: target.count)
    var offset = 0
    var result: [Double] = []
    result.reserveCapacity(count)
    for _ in 0..<count {
      result.append(values[offset])
      for axis in target.indices.reversed() {
        coordinates[axis] += 1
        offset += strides[axis]
        if coordinates[axis] < target[axis] { break }
        offset -= strides[axis] * target[axis]
        coordinates[axis] = 0
      }
    }
    return result
  }

  /// The same elements under another shape of as many elements.
  func reshaped(_ target: [Int]) -> ConstantTensor? {
    guard Self.isSane(target), ShapeInference.elementCount(target) == count else { return nil }
    return ConstantTensor(shape: target, values: values, type: type)
  }

  /// Tensors joined along an axis.
  static func concatenated(_ parts: [ConstantTensor], axis: Int) -> ConstantTensor? {
    guard var shape = parts.first?.shape, let type = parts.first?.type, shape.indices.contains(axis) else { return nil }
    let outer = shape[..<axis].reduce(1, *)
    shape[axis] = 0
    for part in parts {
      guard part.type == type, part.shape.count == shape.count else { return nil }
      for other in shape.indices where other != axis && part.shape[other] != shape[other] { return nil }
      shape[axis] += part.shape[axis]
      guard isSane(shape) else { return nil }
    }
    var values: [Double] = []
    for row in 0..<outer {
      for part in parts {
        let width = part.shape[axis...].reduce(1, *)
        values += part.values[row * width..<(row + 1) * width]
      }
    }
    return ConstantTensor(shape: shape, values: values, type: type)
  }

  /// The slices of an axis that the indices name, negative ones from the end.
  func gathered(_ indices: ConstantTensor, axis: Int) -> ConstantTensor? {
    guard shape.indices.contains(axis), !indices.type.isFloatingPoint, let wanted = indices.integers else { return nil }
    let extent = shape[axis]
    let inner = shape[(axis + 1)...].reduce(1, *)
    let target = Array(shape[..<axis]) + indices.shape + Array(shape[(axis + 1)...])
    guard Self.isSane(target), let count = ShapeInference.elementCount(target), count <= 1 << 24 else { return nil }
    var result: [Double] = []
    result.reserveCapacity(count)
    for row in 0..<shape[..<axis].reduce(1, *) {
      for index in wanted {
        guard index >= -extent, index < extent else { return nil }
        let start = (row * extent + (index < 0 ? index + extent : index)) * inner
        result += values[start..<start + inner]
      }
    }
    return ConstantTensor(shape: target, values: result, type: type)
  }
}
