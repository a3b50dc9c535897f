import ModelIR

/// One layer that becomes several nodes: quantisers, moves and sums around what it computes.
struct LayerNetwork {
  /// A value inside the network.
  enum Value: Hashable, Sendable {
    /// An operand of the layer.
    case operand(Int)
    /// The result of a step.
    case step(Int)
  }

  struct Step: Sendable {
    /// What the node's name has beyond the layer's; nil: nothing.
    var suffix: String?
    var operation: ModelOperator
    var inputs: [Value]
    var shape: [Int]
  }

  private(set) var steps: [Step] = []
  private let operands: [[Int]]
  /// What the layer returns.
  var result: Value = .operand(0)
  /// What the names of the steps that are added now begin with.
  var prefix: String?

  init(operands: [[Int]]) { self.operands = operands }

  func shape(of value: Value) -> [Int] {
    switch value {
    case .operand(let index): operands[index]
    case .step(let index): steps[index].shape
    }
  }

  mutating func append(_ operation: ModelOperator, _ suffix: String?, _ inputs: [Value], shape: [Int]) -> Value {
    let suffix = prefix.map { prefix in suffix.map { "\(prefix)_\($0)" } ?? prefix } ?? suffix
    steps.append(Step(suffix: suffix, operation: operation, inputs: inputs, shape: shape))
    return .step(steps.count - 1)
  }

  /// Elements in another order or shape; nothing where they stay as they are.
  mutating func gather(_ value: Value, _ sources: [Int], suffix: String, shape: [Int]) -> Value {
    let count = self.shape(of: value).reduce(1, *)
    if sources == Array(0..<count) {
      return self.shape(of: value) == shape ? value : append(.reshape, suffix, [value], shape: shape)
    }
    return append(.gather(sources: sources), suffix, [value], shape: shape)
  }
}

/// Index arithmetic on row-major tensors.
enum TensorLayout {
  /// How far apart neighbours along each axis lie.
  static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// For every element of a tensor of `shape`, in order, the element of another that has the given strides along its axes.
  static func sources(_ shape: [Int], strides: [Int]) -> [Int] {
    var sources = [0]
    for (extent, stride) in zip(shape, strides) {
      sources = sources.flatMap { base in (0..<extent).map { base + $0 * stride } }
    }
    return sources
  }

  /// For every element of `shape`, the element of a tensor of shape `from` that numpy's broadcasting repeats there; nil where
  /// the shapes do not fit.
  static func broadcast(_ from: [Int], to shape: [Int]) -> [Int]? {
    guard from.count <= shape.count else { return nil }
    let padded = [Int](repeating: 1, count: shape.count - from.count) + from
    guard zip(padded, shape).allSatisfy({ $0 == 1 || $0 == $1 }) else { return nil }
    let own = strides(padded)
    return sources(shape, strides: shape.indices.map { padded[$0] == 1 ? 0 : own[$0] })
  }
}
