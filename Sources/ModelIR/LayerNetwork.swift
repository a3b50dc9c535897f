/// One layer that becomes several nodes: quantisers, moves and sums around what it computes.
package struct LayerNetwork: Sendable {
  /// A value inside the network.
  package enum Value: Hashable, Sendable {
    /// An operand of the layer.
    case operand(Int)
    /// The result of a step.
    case step(Int)
  }

  package struct Step: Sendable {
    /// What the node's name has beyond the layer's; nil: nothing.
    package var suffix: String?
    package var operation: ModelOperator
    package var inputs: [Value]
    package var shape: [Int]
  }

  package private(set) var steps: [Step] = []
  private let operands: [[Int]]
  /// What the layer returns.
  package var result: Value = .operand(0)
  /// What the names of the steps that are added now begin with.
  package var prefix: String?

  package init(operands: [[Int]]) { self.operands = operands }

  package func shape(of value: Value) -> [Int] {
    switch value {
    case .operand(let index): operands[index]
    case .step(let index): steps[index].shape
    }
  }

  package mutating func append(_ operation: ModelOperator, _ suffix: String?, _ inputs: [Value], shape: [Int]) -> Value
  {
    let suffix = prefix.map { prefix in suffix.map { "\(prefix)_\($0)" } ?? prefix } ?? suffix
    steps.append(Step(suffix: suffix, operation: operation, inputs: inputs, shape: shape))
    return .step(steps.count - 1)
  }

  /// Elements in another order or shape; nothing where they stay as they are.
  package mutating func gather(_ value: Value, _ sources: [Int], suffix: String, shape: [Int]) -> Value {
    let count = self.shape(of: value).reduce(1, *)
    if sources == Array(0..<count) {
      return self.shape(of: value) == shape ? value : append(.reshape, suffix, [value], shape: shape)
    }
    return append(.gather(sources: sources), suffix, [value], shape: shape)
  }
}

/// Index arithmetic on row-major tensors.
package enum TensorLayout {
  /// How far apart neighbours along each axis lie.
  package static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// For every element of a tensor of `shape`, in order, the element of another that has the given strides along its axes.
  package static func sources(_ shape: [Int], strides: [Int]) -> [Int] {
    var sources = [0]
    for (extent, stride) in zip(shape, strides) {
      sources = sources.flatMap { base in (0..<extent).map { base + $0 * stride } }
    }
    return sources
  }

  /// For every element of `shape`, the element of a tensor of shape `from` that numpy's broadcasting repeats there; nil where
  /// the shapes do not fit.
  package static func broadcast(_ from: [Int], to shape: [Int]) -> [Int]? {
    guard from.count <= shape.count else { return nil }
    let padded = [Int](repeating: 1, count: shape.count - from.count) + from
    guard zip(padded, shape).allSatisfy({ $0 == 1 || $0 == $1 }) else { return nil }
    let own = strides(padded)
    return sources(shape, strides: shape.indices.map { padded[$0] == 1 ? 0 : own[$0] })
  }
}

extension LayerNetwork {
  /// A tensor repeated as numpy broadcasts it to a shape; nil where it does not fit.
  package mutating func broadcast(_ value: Value, to shape: [Int], suffix: String) -> Value? {
    TensorLayout.broadcast(self.shape(of: value), to: shape).map {
      gather(value, $0, suffix: suffix, shape: shape)
    }
  }

  /// The elements along some axes less their mean, divided by their standard deviation; gain and shift come after.
  ///
  /// - Parameters:
  ///   - axes: ascending.
  ///   - epsilon: what is added to the variance.
  ///   - centres: whether the mean is taken off first; without, the root of the mean square divides.
  package mutating func normalized(_ value: Value, axes: [Int], epsilon: Double, centres: Bool = true) -> Value {
    let shape = shape(of: value)
    let reduced = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    let spread = TensorLayout.broadcast(reduced, to: shape) ?? []
    let mean = ModelOperator.reduce(ReductionLayer(kind: .mean, axes: axes, keepsAxes: true))
    var deviation = value
    if centres {
      let centre = append(mean, "mean", [value], shape: reduced)
      let all = gather(centre, spread, suffix: "mean_of_all", shape: shape)
      deviation = append(.merge(.subtract), "deviation", [value, all], shape: shape)
    }
    let squares = append(.merge(.multiply), "squares", [deviation, deviation], shape: shape)
    let variance = append(mean, "variance", [squares], shape: reduced)
    let factor = append(
      .activation(.inverseSquareRoot(offset: epsilon)),
      "factor",
      [variance],
      shape: reduced
    )
    let factors = gather(factor, spread, suffix: "factor_of_all", shape: shape)
    return append(.merge(.multiply), "normalized", [deviation, factors], shape: shape)
  }

  /// A linear transformation of single elements; nothing where it would change nothing.
  package mutating func affine(_ value: Value, scale: ParameterTensor?, bias: ParameterTensor?, suffix: String?)
    -> Value
  {
    guard scale != nil || bias != nil else { return value }
    return append(.affine(AffineLayer(scale: scale, bias: bias)), suffix, [value], shape: shape(of: value))
  }
}

extension LayerNetwork {
  /// Zeros between neighbours along the axes in front of the last one, the channels.
  ///
  /// - Parameter strides: by axis, the distance at which neighbours then stand.
  package mutating func spread(_ value: Value, strides: [Int]) -> Value {
    let shape = shape(of: value)
    let first = shape.count - 1 - strides.count
    guard zip(strides, shape[first...]).contains(where: { $0 > 1 && $1 > 1 }) else { return value }
    var after = [Int](repeating: 0, count: shape.count)
    for axis in strides.indices { after[first + axis] = 1 }
    let padding = PaddingLayer(before: [Int](repeating: 0, count: shape.count), after: after)
    let padded = zip(shape, after).map { $0 + $1 }
    let source = append(.pad(padding), "padded", [value], shape: padded)
    var indices = padded.map { Array(0..<$0) }
    for (axis, stride) in strides.enumerated() {
      let extent = shape[first + axis]
      indices[first + axis] = (0...(extent - 1) * stride).map { $0 % stride == 0 ? $0 / stride : extent }
    }
    let sources = ElementMoves.selection(of: padded, indices)
    return gather(source, sources, suffix: "spread", shape: indices.map(\.count))
  }
}

extension LayerNetwork {
  /// The logarithms of the shares that softmax gives: the scores less the logarithm of the sum of their exponentials.
  package mutating func logSoftmax(_ value: Value, axis: Int) -> Value {
    let shape = shape(of: value)
    var reduced = shape
    reduced[axis] = 1
    let spread = TensorLayout.broadcast(reduced, to: shape) ?? []
    func reduction(_ kind: ReductionLayer.Kind) -> ModelOperator {
      .reduce(ReductionLayer(kind: kind, axes: [axis], keepsAxes: true))
    }
    let largest = append(reduction(.maximum), "largest", [value], shape: reduced)
    let largestOfAll = gather(largest, spread, suffix: "largest_of_all", shape: shape)
    let scores = append(.merge(.subtract), "scores", [value, largestOfAll], shape: shape)
    let powers = append(.activation(.exponential(scale: 1)), "powers", [scores], shape: shape)
    let sum = append(reduction(.sum), "sum", [powers], shape: reduced)
    // The largest score's exponential is 1, so the sum is no less; rounding may not make it so.
    let limited = append(.activation(.clip(lower: 1, upper: nil)), "limited", [sum], shape: reduced)
    let logarithm = append(.activation(.logarithm), "logarithm", [limited], shape: reduced)
    let logarithms = gather(logarithm, spread, suffix: "logarithm_of_all", shape: shape)
    return append(.merge(.subtract), nil, [scores, logarithms], shape: shape)
  }
}
