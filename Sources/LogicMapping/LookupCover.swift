/// Covers gates with look-up tables of six inputs, as few as can be found by cuts.
///
/// A cut of a node is a set of nodes that decide it. Of every node the few best cuts are kept, by *area flow*: the tables
/// that the cut needs, shared among their readers (Mishchenko, Cho, Chatterjee, Brayton: "Combinational and sequential
/// mapping with priority cuts", ICCAD 2007). Small tables are cheaper, as in the mapper of yosys (`abc -luts 2:2,3,6:5`).
struct LookupCover {
  /// By node: whether it is the output of a look-up table.
  private(set) var isTable: [Bool]
  /// By node: what the table reads, ascending.
  private(set) var leaves: [[Int32]]

  private static let mostInputs = 6
  private static let mostCuts = 6
  /// Sets of leaves that are looked at while cuts are put together.
  private static let mostSets = 32

  /// What a table costs, by its number of inputs.
  enum Prices {
    /// Those of yosys's mapper.
    case byInputs
    /// Two tables of the same five inputs are one.
    case inPairs

    /// How often the cover is chosen, each time with the readers of the one before.
    fileprivate var rounds: Int {
      switch self {
      case .byInputs: 2
      case .inPairs: 4
      }
    }

    fileprivate var costs: [Float] {
      switch self {
      case .byInputs: [0, 2, 2, 3, 5, 5, 5]
      case .inPairs: [0, 2, 3, 3, 3, 3, 5]
      }
    }
  }

  private struct Cut {
    /// Ascending.
    var leaves: [Int32]
    var flow: Float
  }

  /// - Parameters:
  ///   - isNeeded: by node, whether anything depends on it.
  ///   - roots: nodes that must be there as signals.
  ///   - prices: what tables cost.
  init(_ network: BitNetwork, isNeeded: [Bool], roots: [Bool], prices: Prices) {
    leaves = []
    isTable = [Bool](repeating: false, count: network.nodes.count)
    var readers = [Int32](repeating: 0, count: network.nodes.count)
    for (index, node) in network.nodes.enumerated() where isNeeded[index] {
      guard case .gate = node.kind else { continue }
      for operand in node.operands { readers[Int(operand)] += 1 }
    }
    for index in roots.indices where roots[index] { readers[index] += 1 }
    for _ in 0..<prices.rounds {
      let best = Self.bestCuts(network, isNeeded, readers, prices.costs)
      leaves = best
      (isTable, readers) = Self.cover(network, best, roots)
    }
  }

  /// By node: the leaves of its best cut.
  private static func bestCuts(
    _ network: BitNetwork,
    _ isNeeded: [Bool],
    _ readers: [Int32],
    _ costs: [Float]
  ) -> [[Int32]] {
    var best = [[Int32]](repeating: [], count: network.nodes.count)
    var cuts = [[Cut]](repeating: [], count: network.nodes.count)
    var flows = [Float](repeating: 0, count: network.nodes.count)
    for (index, node) in network.nodes.enumerated() where isNeeded[index] {
      guard case .gate = node.kind else { continue }
      var sets: [[Int32]] = [[]]
      for operand in node.operands {
        // The operand itself, or what decides it.
        let choices = [[operand]] + cuts[Int(operand)].map(\.leaves)
        var joined: [[Int32]] = []
        for set in sets {
          for choice in choices {
            guard let union = union(set, choice), !joined.contains(union) else { continue }
            joined.append(union)
          }
        }
        if joined.count > mostSets {
          func flow(_ set: [Int32]) -> Float { set.reduce(costs[set.count]) { $0 + flows[Int($1)] } }
          joined = joined.map { ($0, flow($0)) }.sorted { $0.1 < $1.1 }.prefix(mostSets).map(\.0)
        }
        sets = joined
      }
      var found = sets.map { leaves in
        Cut(leaves: leaves, flow: leaves.reduce(costs[leaves.count]) { $0 + flows[Int($1)] })
      }
      found.sort { ($0.flow, $0.leaves.count) < ($1.flow, $1.leaves.count) }
      if found.count > mostCuts { found.removeLast(found.count - mostCuts) }
      best[index] = found.first?.leaves ?? []
      flows[index] = (found.first?.flow ?? 0) / Float(max(readers[index], 1))
      cuts[index] = found
    }
    return best
  }

  /// Two ascending sets, unless they are too many together.
  private static func union(_ a: [Int32], _ b: [Int32]) -> [Int32]? {
    var result: [Int32] = []
    result.reserveCapacity(mostInputs)
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      let next: Int32
      if j == b.count || i < a.count && a[i] <= b[j] {
        next = a[i]
        if j < b.count && b[j] == next { j += 1 }
        i += 1
      } else {
        next = b[j]
        j += 1
      }
      if result.count == mostInputs { return nil }
      result.append(next)
    }
    return result
  }

  /// Takes the best cuts from the roots down.
  private static func cover(_ network: BitNetwork, _ best: [[Int32]], _ roots: [Bool]) -> ([Bool], [Int32]) {
    var isTable = [Bool](repeating: false, count: best.count)
    var readers = [Int32](repeating: 0, count: best.count)
    for index in best.indices.reversed() {
      if roots[index] { readers[index] += 1 }
      guard readers[index] > 0, case .gate = network.nodes[index].kind else { continue }
      isTable[index] = true
      for leaf in best[index] { readers[Int(leaf)] += 1 }
    }
    return (isTable, readers)
  }
}
