/// Maximum flow by Dinic's algorithm, for minimum cuts.
struct MaximumFlow {
  static let unlimited = Int32.max / 4

  private var heads: [Int32]
  private var next: [Int32] = []
  private var targets: [Int32] = []
  private var capacities: [Int32] = []

  init(nodeCount: Int) { heads = [Int32](repeating: -1, count: nodeCount) }

  mutating func addNode() -> Int32 {
    heads.append(-1)
    return Int32(heads.count - 1)
  }

  mutating func addEdge(from: Int32, to: Int32, capacity: Int32) {
    for (tail, head, room) in [(from, to, capacity), (to, from, 0)] {
      targets.append(head)
      capacities.append(room)
      next.append(heads[Int(tail)])
      heads[Int(tail)] = Int32(targets.count - 1)
    }
  }

  /// Nodes that the source still reaches when no more can flow: the source side of a minimum cut.
  mutating func sourceSide(source: Int32, sink: Int32) -> [Bool] {
    while true {
      let levels = distances(from: source)
      if levels[Int(sink)] < 0 { return levels.map { $0 >= 0 } }
      saturate(source: source, sink: sink, levels)
    }
  }

  private func distances(from source: Int32) -> [Int32] {
    var levels = [Int32](repeating: -1, count: heads.count)
    levels[Int(source)] = 0
    var queue = [source]
    var front = 0
    while front < queue.count {
      let node = queue[front]
      front += 1
      var edge = heads[Int(node)]
      while edge >= 0 {
        let target = targets[Int(edge)]
        if capacities[Int(edge)] > 0 && levels[Int(target)] < 0 {
          levels[Int(target)] = levels[Int(node)] + 1
          queue.append(target)
        }
        edge = next[Int(edge)]
      }
    }
    return levels
  }

  /// A blocking flow along the level graph, with an explicit path instead of recursion.
  private mutating func saturate(source: Int32, sink: Int32, _ levels: [Int32]) {
    var current = heads
    var path: [Int32] = []
    var node = source
    while true {
      if node == sink {
        let amount = path.reduce(Self.unlimited) { min($0, capacities[Int($1)]) }
        var retreat = 0
        for (position, edge) in path.enumerated().reversed() {
          capacities[Int(edge)] -= amount
          capacities[Int(edge ^ 1)] += amount
          if capacities[Int(edge)] == 0 { retreat = position }
        }
        node = targets[Int(path[retreat] ^ 1)]
        path.removeSubrange(retreat...)
        continue
      }
      var edge = current[Int(node)]
      while edge >= 0
        && !(capacities[Int(edge)] > 0 && levels[Int(targets[Int(edge)])] == levels[Int(node)] + 1)
      {
        edge = next[Int(edge)]
      }
      current[Int(node)] = edge
      if edge >= 0 {
        path.append(edge)
        node = targets[Int(edge)]
      } else if let last = path.popLast() {
        node = targets[Int(last ^ 1)]
        current[Int(node)] = next[Int(last)]
      } else {
        return
      }
    }
  }
}
