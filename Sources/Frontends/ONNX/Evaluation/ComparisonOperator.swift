/// Comparisons, logic, shifts and powers of two tensors.
enum ComparisonOperator: String, ConstantOperator {
  case and = "And"
  case or = "Or"
  case xor = "Xor"
  case equal = "Equal"
  case greater = "Greater"
  case greaterOrEqual = "GreaterOrEqual"
  case less = "Less"
  case lessOrEqual = "LessOrEqual"
  case bitShift = "BitShift"
  case power = "Pow"
  case prelu = "PRelu"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard call.operands.count == 2, let a = call[0], let b = call[1] else { return nil }
    func truth(_ holds: (Double, Double) -> Bool) -> [ConstantTensor]? {
      guard a.type == b.type else { return nil }
      return a.combined(with: b, type: .bool) { holds($0, $1) ? 1 : 0 }.map { [$0] }
    }
    switch self {
    case .and: return truth { $0 != 0 && $1 != 0 }
    case .or: return truth { $0 != 0 || $1 != 0 }
    case .xor: return truth { ($0 != 0) != ($1 != 0) }
    case .equal: return truth { $0 == $1 }
    case .greater: return truth { $0 > $1 }
    case .greaterOrEqual: return truth { $0 >= $1 }
    case .less: return truth { $0 < $1 }
    case .lessOrEqual: return truth { $0 <= $1 }
    case .bitShift:
      let isLeft = try call.node.string("direction") == "LEFT"
      return a.combined(with: b) { Self.shifted($0, by: $1, isLeft: isLeft, type: a.type) }.map { [$0] }
    case .power: return a.combined(with: b) { ONNXMath.pow($0, $1) }.map { [$0] }
    case .prelu: return a.combined(with: b) { $0 < 0 ? $0 * $1 : $0 }.map { [$0] }
    }
  }

  /// Bits that leave an unsigned type are lost.
  private static func shifted(_ x: Double, by places: Double, isLeft: Bool, type: ElementType) -> Double? {
    guard let bits = UInt64(exactly: x), let places = Int(exactly: places), (0...64).contains(places) else {
      return nil
    }
    let width = 8 * type.size
    let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
    return Double(isLeft ? (bits << UInt64(places)) & mask : bits >> UInt64(places))
  }
}

/// Operators of any number of tensors, element by element, and clipping.
enum VariadicOperator: String, ConstantOperator {
  case maximum = "Max"
  case minimum = "Min"
  case sum = "Sum"
  case mean = "Mean"
  case clip = "Clip"
  case remainder = "Mod"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    if self == .clip { return try clipped(call) }
    if self == .remainder { return try remainder(call) }
    let operands = call.operands.compactMap { $0 }
    guard var result = operands.first, operands.count == call.operands.count,
      operands.allSatisfy({ $0.type == result.type })
    else { return nil }
    for operand in operands.dropFirst() {
      let combined =
        switch self {
        case .maximum: result.combined(with: operand) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
        case .minimum: result.combined(with: operand) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }
        case .sum, .mean, .clip, .remainder: result.combined(with: operand) { $0 + $1 }
        }
      guard let combined else { return nil }
      result = combined
    }
    if self == .mean { return result.mapped { $0 / Double(operands.count) }.map { [$0] } }
    return [result]
  }

  /// With the sign of the divisor, or with `fmod` of what is divided.
  private func remainder(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard call.operands.count == 2, let a = call[0], let b = call[1] else { return nil }
    let isTruncated = try call.node.flag("fmod")
    let result = a.combined(with: b) { x, y in
      guard y != 0 else { return nil }
      let rest = x.truncatingRemainder(dividingBy: y)
      return isTruncated || rest == 0 || (rest < 0) == (y < 0) ? rest : rest + y
    }
    return result.map { [$0] }
  }

  private func clipped(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard let input = call[0] else { return nil }
    func bound(_ index: Int, _ name: String, _ open: Double) throws -> Double? {
      if call.opset < 11 { return try call.node.float(name, default: open) }
      guard let tensor = call[index] else { return open }
      return tensor.scalar
    }
    guard let low = try bound(1, "min", -.infinity), let high = try bound(2, "max", .infinity) else { return nil }
    return input.mapped { min(max($0, low), high) }.map { [$0] }
  }
}
