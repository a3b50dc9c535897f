/// From numbers to integers on a scale, and back.
enum LinearQuantizer: String, ConstantOperator {
  case quantize = "QuantizeLinear"
  case dequantize = "DequantizeLinear"
  case dynamic = "DynamicQuantizeLinear"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard let x = call[0] else { return nil }
    if self == .dynamic { return dynamic(x) }
    call.node.dismiss("saturate")
    let axis = try call.node.integer("axis", default: 1)
    let block = try call.node.integer("block_size", default: 0)
    let declared = try call.node.integer("output_dtype", default: 0)
    guard let given = call[1], let scale = spread(given, over: x, axis: axis, block: block) else { return nil }
    let zero = call[2].map { spread($0, over: x, axis: axis, block: block) }
    if case .some(nil) = zero { return nil }
    let offsets = zero??.values
    if self == .dequantize {
      var result = x
      result.type = given.type
      for index in x.values.indices {
        let value = (x.values[index] - (offsets?[index] ?? 0)) * scale.values[index]
        guard let rounded = given.type.rounded(value) else { return nil }
        result.values[index] = rounded
      }
      return [result]
    }
    let type = call[2]?.type ?? ElementType(rawValue: Int32(clamping: declared)) ?? .uint8
    guard let range = type.range else { return nil }
    var result = x
    result.type = type
    for index in x.values.indices {
      let value = (x.values[index] / scale.values[index]).rounded(.toNearestOrEven) + (offsets?[index] ?? 0)
      guard !value.isNaN else { return nil }
      result.values[index] = min(max(value, range.lowerBound), range.upperBound)
    }
    return [result]
  }

  /// One number for all elements, for every place on an axis, or for every block of such places.
  private func spread(_ parameter: ConstantTensor, over x: ConstantTensor, axis: Int, block: Int) -> ConstantTensor? {
    if parameter.count == 1 { return parameter.reshaped([])?.broadcast(to: x.shape) }
    guard let place = ConstantTensor.axis(axis, rank: x.shape.count) else { return nil }
    if block > 0 {
      guard parameter.shape.count == x.shape.count else { return nil }
      let indices = (0..<x.shape[place]).map { $0 / block }
      return parameter.gathered(ConstantTensor(integers: indices), axis: place)?.broadcast(to: x.shape)
    }
    var shape = [Int](repeating: 1, count: x.shape.count)
    shape[place] = x.shape[place]
    return parameter.reshaped(shape)?.broadcast(to: x.shape)
  }

  /// To 8 bits without a sign, on the scale that the numbers need; the integers, the scale and the zero point.
  private func dynamic(_ x: ConstantTensor) -> [ConstantTensor]? {
    // In float32, as the standard says.
    let (low, high) = (Float(min(0, x.values.min() ?? 0)), Float(max(0, x.values.max() ?? 0)))
    let step = (high - low) / 255
    guard x.type == .float, step.isFinite, step > 0 else { return nil }
    let (scale, zero) = (Double(step), Double(min(max((-low / step).rounded(.toNearestOrEven), 0), 255)))
    let integers = x.mapping(to: .uint8) { value in
      min(max(Double((Float(value) / step).rounded(.toNearestOrEven)) + zero, 0), 255)
    }
    return integers.map {
      [
        $0, ConstantTensor(shape: [], values: [scale], type: x.type),
        ConstantTensor(shape: [], values: [zero], type: .uint8),
      ]
    }
  }
}
