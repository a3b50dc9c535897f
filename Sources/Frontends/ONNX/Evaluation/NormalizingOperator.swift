/// Normalisations by statistics of the tensor itself.
enum NormalizingOperator: String, ConstantOperator {
  case layer = "LayerNormalization"
  case group = "GroupNormalization"
  case instance = "InstanceNormalization"
  case meanVariance = "MeanVarianceNormalization"
  case batch = "BatchNormalization"
  case softmax = "Softmax"
  case logSoftmax = "LogSoftmax"
  case hardmax = "Hardmax"

  func results(_ call: ConstantCall) throws -> [ConstantTensor]? {
    guard let x = call[0] else { return nil }
    switch self {
    case .layer: return try layer(x, call)
    case .group: return try group(x, call).map { [$0] }
    case .instance:
      guard x.shape.count > 2, let scale = call[1], let bias = call[2] else { return nil }
      return channels(normalized(x, Set(2..<x.shape.count), try epsilon(call)), scale, bias).map { [$0] }
    case .meanVariance:
      let axes = try call.node.integers("axes") ?? [0, 2, 3]
      let places = axes.compactMap { ConstantTensor.axis($0, rank: x.shape.count) }
      guard places.count == axes.count else { return nil }
      return normalized(x, Set(places), 0, added: 1e-9).map { [$0] }
    case .batch: return try batch(x, call).map { [$0] }
    case .softmax, .logSoftmax, .hardmax: return try exponentials(x, call).map { [$0] }
    }
  }

  private func epsilon(_ call: ConstantCall) throws -> Double { try call.node.float("epsilon", default: 1e-5) }

  /// `(x - mean) / (sqrt(variance + epsilon) + added)` over some axes.
  private func normalized(
    _ x: ConstantTensor,
    _ axes: Set<Int>,
    _ epsilon: Double,
    added: Double = 0
  ) -> ConstantTensor? {
    guard let wide = x.converted(to: .double), let mean = wide.reducing(axes, keepsAxes: true, { Self.mean($0) }),
      let centred = wide.combined(with: mean, { $0 - $1 }),
      let variance = centred.reducing(axes, keepsAxes: true, { row in Self.mean(row.map { $0 * $0 }) })
    else { return nil }
    return centred.combined(with: variance, type: x.type) { $0 / (($1 + epsilon).squareRoot() + added) }
  }

  private static func mean(_ row: [Double]) -> Double { row.reduce(0, +) / Double(row.count) }

  /// The result, the means and the inverse deviations.
  private func layer(_ x: ConstantTensor, _ call: ConstantCall) throws -> [ConstantTensor]? {
    let epsilon = try epsilon(call)
    call.node.dismiss("stash_type")
    guard let first = try call.axis(default: -1, rank: x.shape.count), let scale = call[1] else { return nil }
    let axes = Set(first..<x.shape.count)
    guard let mean = x.reducing(axes, keepsAxes: true, { Self.mean($0) }),
      let deviation = x.reducing(
        axes,
        keepsAxes: true,
        { row in
          let mean = Self.mean(row)
          return 1 / (Self.mean(row.map { ($0 - mean) * ($0 - mean) }) + epsilon).squareRoot()
        }
      ), let scaled = normalized(x, axes, epsilon)?.combined(with: scale, { $0 * $1 })
    else { return nil }
    let result = call[2].map { bias in scaled.combined(with: bias) { $0 + $1 } } ?? scaled
    return result.map { [$0, mean, deviation] }
  }

  private func group(_ x: ConstantTensor, _ call: ConstantCall) throws -> ConstantTensor? {
    let epsilon = try epsilon(call)
    call.node.dismiss("stash_type")
    guard let groups = try call.node.integer("num_groups"), groups > 0, x.shape.count > 2, x.shape[1] % groups == 0,
      let scale = call[1], let bias = call[2]
    else { return nil }
    let split = [x.shape[0], groups, x.shape[1] / groups] + x.shape[2...]
    guard let parts = x.reshaped(split), let result = normalized(parts, Set(2..<split.count), epsilon) else {
      return nil
    }
    // One number for every group until opset 20, for every channel since.
    if scale.count == groups { return channels(result, scale, bias)?.reshaped(x.shape) }
    return channels(result.reshaped(x.shape), scale, bias)
  }

  /// `x · scale + bias`, one of each for every place on the second axis.
  private func channels(_ x: ConstantTensor?, _ scale: ConstantTensor, _ bias: ConstantTensor) -> ConstantTensor? {
    guard let x, x.shape.count > 1 else { return nil }
    let shape = [x.shape[1]] + [Int](repeating: 1, count: x.shape.count - 2)
    guard let scale = scale.reshaped(shape), let bias = bias.reshaped(shape) else { return nil }
    return x.combined(with: scale) { $0 * $1 }?.combined(with: bias) { $0 + $1 }
  }

  /// As in inference.
  private func batch(_ x: ConstantTensor, _ call: ConstantCall) throws -> ConstantTensor? {
    let epsilon = try epsilon(call)
    call.node.dismiss("momentum", "spatial")
    guard try !call.node.flag("training_mode"), let scale = call[1], let bias = call[2], let mean = call[3],
      let variance = call[4],
      let slope = scale.combined(with: variance, { $0 / ($1 + epsilon).squareRoot() }),
      let offset = mean.combined(with: slope, { $0 * $1 })?.combined(with: bias, { $1 - $0 })
    else { return nil }
    return channels(x, slope, offset)
  }

  /// Over one axis; before opset 13, over all axes from one on together.
  private func exponentials(_ x: ConstantTensor, _ call: ConstantCall) throws -> ConstantTensor? {
    let isJoint = call.opset < 13
    guard let axis = try call.axis(default: isJoint ? 1 : -1, rank: x.shape.count) else { return nil }
    let rows = isJoint ? x.reshaped([x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)]) : x
    return rows?.mappingRows(along: isJoint ? 1 : axis) { row in
      guard let largest = row.max() else { return [] }
      if self == .hardmax {
        let first = row.firstIndex(of: largest)
        return row.indices.map { $0 == first ? 1 : 0 }
      }
      let powers = row.map { ONNXMath.exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return self == .softmax ? powers.map { $0 / sum } : row.map { $0 - largest - ONNXMath.log(sum) }
    }?.reshaped(x.shape)
  }
}
