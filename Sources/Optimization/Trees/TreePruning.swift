import ModelIR

/// Pruning of one tree toward its own answers: a split stays if what it tells apart is worth more than it costs.
///
/// Cost-complexity pruning (Breiman et al. 1984), exact for one tree: of all subtrees with the same root the one whose distance
/// and price together are least.
struct TreePruning {
  /// By leaf and output, how much the answers feel the leaf: the summed sensitivities of the events that reach it.
  let weights: [Double]
  /// What a split costs, in nats.
  let price: Double

  func pruned(_ tree: DecisionTree) -> DecisionTree {
    let width = tree.outputs.count
    let count = tree.nodes.count
    // Leaves that no event reaches say a little, too.
    let least = 0.5 * weights.reduce(0, +) / Double(max(weights.count, 1)) / 100 + 1e-30
    var sums = [Double](repeating: 0, count: count * width)
    var moments = sums
    var squares = sums
    var costs = [Double](repeating: 0, count: count)
    var isLeaf = [Bool](repeating: true, count: count)
    for node in (0..<count).reversed() {
      switch tree.nodes[node] {
      case .leaf(let leaf):
        for k in 0..<width {
          let value = tree.leafValues[leaf * width + k]
          let weight = weights[leaf * width + k] + least
          sums[node * width + k] = weight
          moments[node * width + k] = weight * value
          squares[node * width + k] = weight * value * value
        }
      case .split(let split):
        var collapsed = 0.0
        for k in 0..<width {
          let place = node * width + k
          for child in [split.left, split.right] {
            sums[place] += sums[child * width + k]
            moments[place] += moments[child * width + k]
            squares[place] += squares[child * width + k]
          }
          collapsed += max(squares[place] - moments[place] * moments[place] / sums[place], 0) / 2
        }
        let split = price + costs[split.left] + costs[split.right]
        isLeaf[node] = collapsed <= split
        costs[node] = min(collapsed, split)
      }
    }
    var made = DecisionTree(nodes: [], outputs: tree.outputs, leafValues: [])
    // Parents first, as they stood.
    var places = [Int](repeating: -1, count: count)
    var order = [0]
    var next = 0
    while next < order.count {
      places[order[next]] = next
      if !isLeaf[order[next]], case .split(let split) = tree.nodes[order[next]] { order += [split.left, split.right] }
      next += 1
    }
    for node in order {
      if !isLeaf[node], case .split(var split) = tree.nodes[node] {
        split.left = places[split.left]
        split.right = places[split.right]
        made.nodes.append(.split(split))
      } else {
        made.nodes.append(.leaf(made.leafValues.count / max(width, 1)))
        for k in 0..<width { made.leafValues.append(moments[node * width + k] / sums[node * width + k]) }
      }
    }
    return made
  }
}
