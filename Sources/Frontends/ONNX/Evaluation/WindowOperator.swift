/// Convolutions and poolings, channels first.
enum WindowOperator: String, ConstantOperator {
  case convolution = "Conv"
  case integerConvolution = "ConvInteger"
  case quantizedConvolution = "QLinearConv"
  case maxPool = "MaxPool"
  case averagePool = "AveragePool"
  case lpPool = "LpPool"
  case globalMaxPool = "GlobalMaxPool"
  case globalAveragePool = "GlobalAveragePool"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    switch self {
    case .convolution:
      guard let x = call[0], let w = call[1] else { return nil }
      return try convolved(call, x, w, bias: call[2], type: x.type).map { [$0] }
    case .integerConvolution:
      guard let x = call[0]?.centred(by: call[2], axis: 1), let w = call[1]?.centred(by: call[3], axis: 0) else {
        return nil
      }
      return try convolved(call, x, w, bias: nil, type: .int32).map { [$0] }
    case .quantizedConvolution: return try quantized(call).map { [$0] }
    case .maxPool: return try maxima(call)
    case .averagePool, .lpPool: return try means(call).map { [$0] }
    case .globalMaxPool, .globalAveragePool:
      guard let x = call[0], x.shape.count > 2 else { return nil }
      let result = x.reducing(Set(2..<x.shape.count), keepsAxes: true) { row in
        self == .globalMaxPool ? row.max() : row.reduce(0, +) / Double(row.count)
      }
      return result.map { [$0] }
    }
  }

  private func convolved(
    _ call: ConstantCall,
    _ x: ConstantTensor,
    _ w: ConstantTensor,
    bias: ConstantTensor?,
    type: ElementType
  ) throws -> ConstantTensor? {
    let groups = try call.node.integer("group", default: 1)
    call.node.dismiss("kernel_shape")
    guard x.shape.count > 2, w.shape.count == x.shape.count, (1...max(x.shape[1], 1)).contains(groups),
      x.shape[1] == w.shape[1] * groups,
      w.shape[0] % groups == 0, bias?.count ?? w.shape[0] == w.shape[0],
      let windows = try WindowGeometry(call, input: Array(x.shape[2...]), size: Array(w.shape[2...]))
    else { return nil }
    let (channels, perGroup) = (w.shape[1], w.shape[0] / groups)
    let taps = windows.size.reduce(1, *)
    return ConstantTensor.filled([x.shape[0], w.shape[0]] + windows.output, type) { place in
      let filter = place[1]
      var sum = bias?.values[filter] ?? 0
      windows.forEachTap(at: place[2...]) { tap, source in
        guard let source else { return }
        let inside = ConstantTensor.index(source, Array(x.steps[2...]))
        for channel in 0..<channels {
          let plane = place[0] * x.steps[0] + (filter / perGroup * channels + channel) * x.steps[1]
          sum += x.values[plane + inside] * w.values[(filter * channels + channel) * taps + tap]
        }
      }
      return sum
    }
  }

  private func quantized(_ call: ConstantCall) throws -> ConstantTensor? {
    guard let x = call[0]?.centred(by: call[2], axis: 1), let w = call[3]?.centred(by: call[5], axis: 0),
      let scaleX = call[1]?.scalar, let scaleW = call[4], let scale = call[6]?.scalar, let zero = call[7],
      let offset = zero.scalar, let range = zero.type.range,
      let sums = try convolved(call, x, w, bias: call[8], type: .double)
    else { return nil }
    // One scale for every filter, or one.
    guard scaleW.count == 1 || scaleW.count == sums.shape[1] else { return nil }
    let inner = sums.shape[2...].reduce(1, *)
    var result = sums
    result.type = zero.type
    for index in sums.values.indices {
      let filter = inner == 0 ? 0 : index / inner % sums.shape[1]
      let factor = scaleX * scaleW.values[scaleW.count == 1 ? 0 : filter] / scale
      let value = (sums.values[index] * factor).rounded(.toNearestOrEven) + offset
      result.values[index] = min(max(value, range.lowerBound), range.upperBound)
    }
    return result
  }

  private func geometry(_ call: ConstantCall, _ x: ConstantTensor) throws -> WindowGeometry? {
    let roundsUp = try call.node.flag("ceil_mode")
    guard x.shape.count > 2, let size = try call.node.integers("kernel_shape") else { return nil }
    return try WindowGeometry(call, input: Array(x.shape[2...]), size: size, roundsUp: roundsUp)
  }

  /// The maxima, and where they lie in the whole tensor.
  private func maxima(_ call: ConstantCall) throws -> [ConstantTensor]? {
    let isColumnMajor = try call.node.flag("storage_order")
    guard let x = call[0], let windows = try geometry(call, x) else { return nil }
    let spatial = Array(x.shape[2...])
    let written = isColumnMajor ? Array(ConstantTensor.steps(of: spatial.reversed()).reversed()) : Array(x.steps[2...])
    func best(_ place: [Int]) -> (value: Double, index: Int)? {
      let plane = place[0] * x.steps[0] + place[1] * x.steps[1]
      var best: (value: Double, index: Int)?
      windows.forEachTap(at: place[2...]) { _, source in
        guard let source else { return }
        let value = x.values[plane + ConstantTensor.index(source, Array(x.steps[2...]))]
        if value > best?.value ?? -.infinity || best == nil {
          best = (value, plane + ConstantTensor.index(source, written))
        }
      }
      return best
    }
    let shape = Array(x.shape[..<2]) + windows.output
    guard let values = ConstantTensor.filled(shape, x.type, { best($0)?.value }),
      let places = ConstantTensor.filled(shape, .int64, { best($0).map { Double($0.index) } })
    else { return nil }
    return [values, places]
  }

  private func means(_ call: ConstantCall) throws -> ConstantTensor? {
    let countsPadding = self == .averagePool ? try call.node.flag("count_include_pad") : true
    let order = self == .lpPool ? Double(try call.node.integer("p", default: 2)) : 1
    guard let x = call[0], let windows = try geometry(call, x) else { return nil }
    return ConstantTensor.filled(Array(x.shape[..<2]) + windows.output, x.type) { place in
      let plane = place[0] * x.steps[0] + place[1] * x.steps[1]
      var (sum, count) = (0.0, 0)
      windows.forEachTap(at: place[2...]) { _, source in
        if countsPadding || source != nil { count += 1 }
        guard let source else { return }
        let value = x.values[plane + ConstantTensor.index(source, Array(x.steps[2...]))]
        sum += self == .lpPool ? ONNXMath.pow(abs(value), order) : value
      }
      return self == .lpPool ? ONNXMath.pow(sum, 1 / order) : sum / Double(count)
    }
  }
}
