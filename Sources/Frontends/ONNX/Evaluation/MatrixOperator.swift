/// Products of matrices.
enum MatrixOperator: String, ConstantOperator {
  case matMul = "MatMul"
  case gemm = "Gemm"
  case integerMatMul = "MatMulInteger"
  case quantizedMatMul = "QLinearMatMul"
  case einsum = "Einsum"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    switch self {
    case .matMul:
      guard let a = call[0], let b = call[1], a.type == b.type else { return nil }
      return ConstantTensor.product(a, b, type: a.type).map { [$0] }
    case .gemm: return try gemm(call).map { [$0] }
    case .integerMatMul:
      // A zero point for every row of the first matrix, or every column of the second, or one.
      guard let a = call[0]?.centred(by: call[2], axis: -2), let b = call[1]?.centred(by: call[3], axis: -1) else {
        return nil
      }
      return ConstantTensor.product(a, b, type: .int32).map { [$0] }
    case .quantizedMatMul: return quantized(call).map { [$0] }
    case .einsum:
      guard let equation = try call.node.string("equation") else { return nil }
      let operands = call.operands.compactMap { $0 }
      guard operands.count == call.operands.count else { return nil }
      return EinsteinSum(equation, operands)?.result().map { [$0] }
    }
  }

  private func gemm(_ call: ConstantCall) throws -> ConstantTensor? {
    let alpha = try call.node.float("alpha", default: 1)
    let beta = try call.node.float("beta", default: 1)
    let (transA, transB) = (try call.node.flag("transA"), try call.node.flag("transB"))
    guard let first = call[0], let second = call[1], first.shape.count == 2, second.shape.count == 2,
      let a = transA ? first.transposed([1, 0]) : first, let b = transB ? second.transposed([1, 0]) : second,
      let product = ConstantTensor.product(a, b, type: .double)?.mapped({ alpha * $0 })
    else { return nil }
    guard let c = call[2] else { return product.converted(to: first.type) }
    guard let sum = product.combined(with: c, { $0 + beta * $1 }), sum.shape == product.shape else { return nil }
    return sum.converted(to: first.type)
  }

  private func quantized(_ call: ConstantCall) -> ConstantTensor? {
    guard let a = call[0]?.centred(by: call[2], axis: -2), let b = call[3]?.centred(by: call[5], axis: -1),
      let scaleA = call[1]?.scalar, let scaleB = call[4]?.scalar, let scale = call[6]?.scalar,
      let zero = call[7], let offset = zero.scalar
    else { return nil }
    return ConstantTensor.product(a, b, type: .double)?.requantized(by: scaleA * scaleB / scale, offset, zero.type)
  }
}

extension ConstantTensor {
  /// The product over the last axis of `a` and the last but one of `b`; leading axes broadcast, as NumPy's do.
  static func product(_ a: ConstantTensor, _ b: ConstantTensor, type: ElementType) -> ConstantTensor? {
    guard let left = a.shape.count == 1 ? a.reshaped([1, a.count]) : a,
      let right = b.shape.count == 1 ? b.reshaped([b.count, 1]) : b, left.shape.count >= 2, right.shape.count >= 2,
      let inner = left.shape.last, inner == right.shape[right.shape.count - 2], let columns = right.shape.last,
      let batch = broadcastShape(Array(left.shape.dropLast(2)), Array(right.shape.dropLast(2))),
      let x = left.broadcast(to: batch + left.shape.suffix(2)),
      let y = right.broadcast(to: batch + right.shape.suffix(2))
    else { return nil }
    let rows = left.shape[left.shape.count - 2]
    guard
      let full = filled(
        batch + [rows, columns],
        type,
        { place in
          let number = index(Array(place.dropLast(2)), steps(of: batch))
          let first = (number * rows + place[place.count - 2]) * inner
          let second = number * inner * columns + place[place.count - 1]
          return (0..<inner).reduce(0) { $0 + x.values[first + $1] * y.values[second + $1 * columns] }
        }
      )
    else { return nil }
    var shape = full.shape
    if b.shape.count == 1 { shape.removeLast() }
    if a.shape.count == 1, !shape.isEmpty { shape.remove(at: shape.count - (b.shape.count == 1 ? 1 : 2)) }
    return full.reshaped(shape)
  }

  /// The elements without their zero point, of which there may be one for every place on an axis, in wide integers.
  func centred(by zero: ConstantTensor?, axis: Int) -> ConstantTensor? {
    guard let zero else { return converted(to: .int64) }
    if zero.count == 1 { return converted(to: .int64)?.mapped { $0 - zero.values[0] } }
    guard let place = Self.axis(axis, rank: shape.count) else { return nil }
    var target = [Int](repeating: 1, count: shape.count)
    target[place] = shape[place]
    let points = zero.shape.count == shape.count ? zero : zero.reshaped(target)
    return points.flatMap { points in converted(to: .int64)?.combined(with: points) { $0 - $1 } }
  }

  /// Rounded products on another scale, to the nearest, ties to even, clamped to an integer type.
  func requantized(by scale: Double, _ zero: Double, _ type: ElementType) -> ConstantTensor? {
    guard let range = type.range else { return nil }
    return mapping(to: type) {
      min(max(($0 * scale).rounded(.toNearestOrEven) + zero, range.lowerBound), range.upperBound)
    }
  }

  func converted(to type: ElementType) -> ConstantTensor? { mapping(to: type) { $0 } }

  /// Every element changed, in another type.
  func mapping(to type: ElementType, _ change: (Double) -> Double) -> ConstantTensor? {
    var result = self
    result.type = type
    for index in values.indices {
      guard let value = type.rounded(change(values[index])) else { return nil }
      result.values[index] = value
    }
    return result
  }
}

extension ElementType {
  /// The numbers of an integer type of at most 32 bits.
  var range: ClosedRange<Double>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    case .uint16: 0...65535
    case .int16: -32768...32767
    case .uint32: 0...4_294_967_295
    case .int32: -2_147_483_648...2_147_483_647
    case .float, .int64, .bool, .float16, .double, .uint64, .bfloat16: nil
    }
  }
}
