import ModelIR

extension RandomModel {
  /// Blocks on a few particles of a few features, and what becomes of them all.
  mutating func particleLayers() throws -> TensorID {
    var last = try input([int(2...4), int(1...3)])
    for _ in 0..<int(1...2) { last = try block(last) }
    switch int(0...3) {
    case 0: return last
    case 1: return try append(.activation(.softmax(axis: 0)), [dense(flattened(last), size: int(2...3))])
    default:
      let kinds = ReductionLayer.Kind.allCases
      let kind = kinds[int(0...kinds.count - 1)]
      let pooled = try append(.reduce(ReductionLayer(kind: kind, axes: [0], keepsAxes: false)), [last])
      return try dense(pooled, size: int(1...3))
    }
  }

  private mutating func block(_ source: TensorID) throws -> TensorID {
    switch int(0...6) {
    case 0, 1:
      let attended = try attention(source)
      return flips(2) ? try append(.merge(.add), [source, attended]) : attended
    case 2: return try normalized(source)
    case 3: return try mixer(source)
    case 4: return try interaction(source)
    case 5:
      // A gate for every number.
      let gate = try append(.activation(.sigmoid), [dense(source, size: shape(source)[1])])
      return try append(.merge(.multiply), [source, gate])
    default: return try append(.activation(.softmax(axis: int(0...1))), [source])
    }
  }

  /// Every head's queries, keys and values by one kernel each, as frameworks build them.
  private mutating func attention(_ source: TensorID) throws -> TensorID {
    let (count, features) = (shape(source)[0], shape(source)[1])
    let (heads, size) = (int(1...2), int(1...2))
    let parts = try (0..<3).map { _ in
      try append(.reshape, [dense(source, size: heads * size)], declared: [count, heads, size])
    }
    // Labels: 0 queries, 1 heads, 2 features, 3 keys.
    let scores = TensorProduct(left: [0, 1, 2], right: [3, 1, 2], output: [1, 0, 3])
    let shares = try append(.activation(.softmax(axis: 2)), [append(.product(scores), [parts[0], parts[1]])])
    let values = TensorProduct(left: [1, 0, 3], right: [3, 1, 2], output: [0, 1, 2])
    let context = try append(.product(values), [shares, parts[2]])
    return try dense(append(.reshape, [context], declared: [count, heads * size]), size: features)
  }

  private mutating func normalized(_ source: TensorID) throws -> TensorID {
    var network = LayerNetwork(operands: [shape(source)])
    let axis = shape(source)[1] > 1 ? 1 : 0
    let value = network.normalized(.operand(0), axes: [axis], epsilon: 0.125, centres: !flips(3))
    let features = shape(source)[1]
    network.result = network.affine(value, scale: tensor([features]), bias: tensor([features]), suffix: nil)
    return try append(network, [source])
  }

  /// A dense layer along the particles, and one along the features.
  private mutating func mixer(_ source: TensorID) throws -> TensorID {
    let count = shape(source)[0]
    let mixed = try relu(dense(transposed(source), size: count))
    let back = try transposed(mixed)
    return try dense(append(.merge(.add), [source, back]), size: int(1...3))
  }

  private mutating func transposed(_ source: TensorID) throws -> TensorID {
    let shape = shape(source)
    let sources = ElementMoves.permutation(of: shape, axes: [1, 0])
    return try append(.gather(sources: sources), [source], declared: shape.reversed())
  }

  /// An edge between any two particles: what both are, a kernel on that, and the sum of the edges that come in.
  private mutating func interaction(_ source: TensorID) throws -> TensorID {
    let (count, features) = (shape(source)[0], shape(source)[1])
    let pairs = (0..<count).flatMap { a in (0..<count).filter { $0 != a }.map { (a, $0) } }
    let all = Array(0..<features)
    let receivers = try select(source, [pairs.map(\.0), all])
    let senders = try select(source, [pairs.map(\.1), all])
    let size = int(1...2)
    let edges = try relu(dense(append(.concatenate(axis: 1), [receivers, senders]), size: size))
    let byReceiver = try append(.reshape, [edges], declared: [count, count - 1, size])
    let sums = try append(.reduce(ReductionLayer(kind: .sum, axes: [1], keepsAxes: false)), [byReceiver])
    return try dense(append(.concatenate(axis: 1), [source, sums]), size: int(1...3))
  }
}
