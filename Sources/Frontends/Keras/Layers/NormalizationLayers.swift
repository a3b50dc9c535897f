import Diagnostics
import ModelIR

/// Normalisation by what each event holds, and means over the steps that a mask leaves.
extension LayerReader {
  mutating func layerNormalization() throws -> LayerMeaning {
    let isRootMeanSquare = try options.bool("rms_scaling", default: false)
    let epsilon = try options.number("epsilon") ?? 1e-3
    let scales = try options.bool("scale", default: true)
    let centres = try options.bool("center", default: true)
    let shape = inputs[0]
    let axes = try normalizedAxes()
    guard epsilon > 0 else { throw options.refuse("'\(layer.name)' normalises with epsilon \(epsilon)") }
    let names = (scales || isRootMeanSquare ? ["gamma"] : []) + (centres && !isRootMeanSquare ? ["beta"] : [])
    let extents = axes.map { shape[$0] }
    let stored =
      names.isEmpty ? [] : try weights.parameters(of: address, names.map { WeightRequest(name: $0, shape: extents) })
    func spread(_ name: String) throws -> ParameterTensor? {
      guard let index = names.firstIndex(of: name) else { return nil }
      let tensor = stored[index]
      if axes == [shape.count - 1] { return tensor }
      let padded = shape.indices.map { axes.contains($0) ? shape[$0] : 1 }
      let sources = TensorLayout.broadcast(padded, to: shape) ?? []
      return ParameterTensor(shape: shape, values: sources.map { tensor.values[$0] }, precision: tensor.precision)
    }
    var network = LayerNetwork(operands: inputs)
    let value = network.normalized(.operand(0), axes: axes, epsilon: epsilon, centres: !isRootMeanSquare)
    let result = network.affine(value, scale: try spread("gamma"), bias: try spread("beta"), suffix: nil)
    return .network(network, results: [result], mask: nil)
  }

  /// The axes of the only input along which a layer normalises: ascending, the last one where none is named.
  mutating func normalizedAxes() throws -> [Int] {
    let shape = inputs[0]
    let axes = try (options.ints("axis") ?? [-1]).map { axis -> Int in
      guard let place = Self.position(ofAxis: axis, rank: shape.count) else {
        throw options.refuse("'\(layer.name)' normalises along axis \(axis) of a tensor of shape \(shape)")
      }
      return place
    }.sorted()
    guard inputs.count == 1, Set(axes).count == axes.count, !axes.isEmpty else {
      throw options.refuse("'\(layer.name)' normalises along axes \(axes)")
    }
    return axes
  }

  /// The mean over the steps that the mask leaves; zero where it leaves none.
  mutating func maskedMean() throws -> LayerMeaning {
    try options.mustBeChannelsLast()
    let keepsAxes = try options.bool("keepdims", default: false)
    guard inputs.count == 1, inputs[0].count == 2 else {
      throw rules.error("shape-mismatch", "'\(layer.name)' takes the mean over steps of tensors of shapes \(inputs)")
    }
    let (steps, width) = (inputs[0][0], inputs[0][1])
    var network = LayerNetwork(operands: inputs + [[steps, 1]])
    let sum = ModelOperator.reduce(ReductionLayer(kind: .sum, axes: [0], keepsAxes: false))
    let spread = (0..<steps).flatMap { [Int](repeating: $0, count: width) }
    let mask = network.gather(.operand(1), spread, suffix: "mask_of_elements", shape: inputs[0])
    let kept = network.append(.merge(.multiply), "kept", [.operand(0), mask], shape: inputs[0])
    let total = network.append(sum, "sum", [kept], shape: [width])
    let count = network.append(sum, "count", [.operand(1)], shape: [1])
    // Without any step the sum is zero, whatever it is multiplied by; so the shares may fall from one on.
    let shares = Staircase(
      thresholds: (2..<steps + 1).map { Double($0) - 0.5 },
      values: (1...steps).map { 1 / Double($0) }
    )
    let share = network.append(.activation(.staircase(shares)), "share", [count], shape: [1])
    let shareOfAll = network.gather(
      share,
      [Int](repeating: 0, count: width),
      suffix: "share_of_elements",
      shape: [width]
    )
    var result = network.append(.merge(.multiply), nil, [total, shareOfAll], shape: [width])
    if keepsAxes { result = network.append(.reshape, "kept_axes", [result], shape: [1, width]) }
    return .network(network, results: [result], mask: nil)
  }
}
