/// Evaluates a forest on a block of neighbouring addresses at once.
///
/// Neighbours share most features. A split on a shared feature sends the whole block one way and costs one comparison; any
/// other split parts the list of addresses in two, without a branch that could be mispredicted. Leaves are added to every
/// address in the order of the trees, so that sums are rounded as if each address had been evaluated alone.
final class BlockEvaluation {
  /// The largest block: its sums and one feature fit the first-level cache.
  static let capacity = 4096

  /// Feature-major: what the model is given for the addresses of the block.
  let features: UnsafeMutableBufferPointer<Double>
  private let forest: FlatForest
  private let featureCount: Int
  private let order: UnsafeMutableBufferPointer<UInt16>
  private let single: UnsafeMutableBufferPointer<Float>
  private let double: UnsafeMutableBufferPointer<Double>
  private var least: [Double]
  private var greatest: [Double]
  private var open: [(node: Int32, first: Int, end: Int)] = []

  init(_ forest: FlatForest, featureCount: Int) {
    self.forest = forest
    self.featureCount = featureCount
    features = .allocate(capacity: featureCount * Self.capacity)
    features.initialize(repeating: 0)
    order = .allocate(capacity: Self.capacity)
    order.initialize(repeating: 0)
    single = .allocate(capacity: forest.isSingle ? Self.capacity : 1)
    single.initialize(repeating: 0)
    double = .allocate(capacity: forest.isSingle ? 1 : Self.capacity)
    double.initialize(repeating: 0)
    least = [Double](repeating: 0, count: featureCount)
    greatest = least
  }

  deinit {
    features.deallocate()
    order.deallocate()
    single.deallocate()
    double.deallocate()
  }

  /// The scores of the first `count` addresses of the block.
  func scores(_ count: Int, _ use: (_ place: Int, _ score: Double) -> Void) {
    precondition(count <= Self.capacity, "a block fits")
    findRanges(count)
    for place in 0..<count { order[place] = UInt16(place) }
    if forest.isSingle {
      addTrees(count, to: single, base: Float(forest.base)) { Float($0) }
      for place in 0..<count { use(place, Double(single[place]) * forest.scale) }
    } else {
      addTrees(count, to: double, base: forest.base) { $0 }
      for place in 0..<count { use(place, double[place] * forest.scale) }
    }
  }

  private func findRanges(_ count: Int) {
    for feature in 0..<featureCount {
      let start = feature * Self.capacity
      var (low, high) = (features[start], features[start])
      for place in start..<start + count {
        low = min(low, features[place])
        high = max(high, features[place])
      }
      (least[feature], greatest[feature]) = (low, high)
    }
  }

  @inline(__always)
  private func addTrees<Sum: BinaryFloatingPoint>(
    _ count: Int,
    to sums: UnsafeMutableBufferPointer<Sum>,
    base: Sum,
    _ convert: (Double) -> Sum
  ) {
    for place in 0..<count { sums[place] = base }
    forest.nodes.withUnsafeBufferPointer { nodes in
      for root in forest.roots {
        open.append((root, 0, count))
        while let (start, first, end) = open.popLast() {
          let (node, middle) = descend(nodes, from: start, first, end)
          guard node.child >= 0 else {
            let value = convert(forest.leaves[Int(~node.child)])
            for place in first..<end { sums[Int(order[place])] += value }
            continue
          }
          open.append((node.child, first, middle))
          open.append((node.child + 1, middle, end))
        }
      }
    }
  }

  /// Follows the splits that do not part the list; then a leaf, or a split whose left addresses now end at `middle`.
  private func descend(
    _ nodes: UnsafeBufferPointer<FlatForest.Node>,
    from start: Int32,
    _ first: Int,
    _ end: Int
  ) -> (node: FlatForest.Node, middle: Int) {
    var node = nodes[Int(start)]
    while node.child >= 0 {
      let feature = Int(node.feature)
      if greatest[feature] < node.threshold {
        node = nodes[Int(node.child)]
      } else if least[feature] >= node.threshold {
        node = nodes[Int(node.child) + 1]
      } else {
        let middle = part(feature, node.threshold, first, end)
        if middle == end {
          node = nodes[Int(node.child)]
        } else if middle == first {
          node = nodes[Int(node.child) + 1]
        } else {
          return (node, middle)
        }
      }
    }
    return (node, end)
  }

  /// Brings the addresses of a piece of the list that go left before the others.
  private func part(_ feature: Int, _ threshold: Double, _ first: Int, _ end: Int) -> Int {
    let values = features.baseAddress.map { $0 + feature * Self.capacity }
    guard let values, let order = order.baseAddress else { return end }
    var middle = first
    for place in first..<end {
      let address = order[place]
      order[place] = order[middle]
      order[middle] = address
      middle += values[Int(address)] < threshold ? 1 : 0
    }
    return middle
  }
}
