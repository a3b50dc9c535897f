/// Binary codes for the leaves of a tree, chosen so that few look-up tables of six inputs compute them.
///
/// The leaves are halved again and again. The first bit tells in which half a leaf lies; every further bit is chosen, by
/// the bits before it, from one condition per part that the halving has come to. A perfect tree of 16 leaves takes two
/// comparisons as they are, one table each for the second and third bit and three for the fourth; unbalanced trees take no
/// more, since parts are halved by their numbers of leaves and not by their depth.
struct LeafCode: Sendable {
  /// A condition over comparisons: the first literal that holds decides, as on a way down the tree.
  struct Condition: Sendable {
    struct Step: Sendable {
      var comparator: Comparator
      /// The result of the comparison that ends the way here.
      var leavesIfBelow: Bool
      /// What the condition is then.
      var value: Bool
    }

    var steps: [Step]
    /// What it is where no step ends the way.
    var last: Bool
  }

  /// By bit, the most significant first; then by the bits before, read as a number: nil where the bit does not matter.
  private(set) var conditions: [[Condition?]] = []
  /// By code: the contents of the leaf.
  private(set) var words: [Int] = []

  var bits: Int { conditions.count }

  init(_ shape: TreeShape) {
    var parts: [TreeShape] = [shape]
    while let largest = parts.map(\.leaves).max(), largest > 1 {
      let capacity = Self.halfCapacity(largest)
      var row: [Condition?] = []
      var next: [TreeShape] = []
      for part in parts {
        if let halves = Halving(part, capacity: capacity) {
          row.append(halves.condition)
          next.append(halves.no)
          next.append(halves.yes)
        } else {
          row.append(nil)
          next += [part, part]
        }
      }
      conditions.append(row)
      parts = next
    }
    words = parts.map { part in
      if case .leaf(let word) = part { word } else { 0 }
    }
  }

  /// Half of the least power of two that holds so many leaves.
  private static func halfCapacity(_ leaves: Int) -> Int {
    var capacity = 1
    while 2 * capacity < leaves { capacity *= 2 }
    return capacity
  }
}

/// One cut of a part of a tree into two parts with few leaves each.
private struct Halving {
  var condition: LeafCode.Condition
  /// The leaves for which the condition holds, and those for which it does not.
  var yes: TreeShape
  var no: TreeShape

  /// The longest way along which a cut is sought: one look-up table decides it.
  private static let longestWay = 6

  /// A way down the tree: at each node the side that it does not take hangs off.
  private struct Way {
    var hanging: [TreeShape] = []
    /// By node: the comparison, and whether the hanging side is that below the threshold.
    var nodes: [(comparator: Comparator, hangsBelow: Bool)] = []
    var end: TreeShape
  }

  /// Nil for a single leaf.
  init?(_ part: TreeShape, capacity: Int) {
    guard case .split = part else { return nil }
    var ways = [Way(end: part)]
    var best: (way: Way, sides: [Bool], excess: Int)?
    for _ in 0..<Self.longestWay {
      ways = ways.flatMap(Self.continued)
      for way in ways {
        let (sides, excess) = Self.balanced(way, capacity: capacity)
        if excess < best?.excess ?? .max { best = (way, sides, excess) }
      }
      if ways.isEmpty || best?.excess == 0 { break }
      // Only the heaviest ways lead on to better cuts.
      if ways.count > 64 { ways = Array(ways.sorted { $0.end.leaves > $1.end.leaves }.prefix(64)) }
    }
    guard let best else { return nil }
    self.init(best.way, best.sides)
  }

  private static func continued(_ way: Way) -> [Way] {
    guard case .split(let comparator, let left, let right, _) = way.end else { return [] }
    return [true, false].map { hangsBelow in
      var next = way
      next.hanging.append(hangsBelow ? left : right)
      next.nodes.append((comparator, hangsBelow))
      next.end = hangsBelow ? right : left
      return next
    }
  }

  /// For each piece the half that it goes to, and by how much the larger half exceeds its capacity.
  private static func balanced(_ way: Way, capacity: Int) -> (sides: [Bool], excess: Int) {
    let sizes = way.hanging.map(\.leaves) + [way.end.leaves]
    let total = sizes.reduce(0, +)
    var best: (mask: Int, excess: Int, imbalance: Int)?
    // The end itself is always on the side of the condition.
    let end = 1 << (sizes.count - 1)
    for mask in 0..<end {
      let chosen = mask | end
      let size = sizes.indices.reduce(0) { chosen >> $1 & 1 == 1 ? $0 + sizes[$1] : $0 }
      let larger = max(size, total - size)
      let (excess, imbalance) = (max(0, larger - capacity), larger)
      if size < total, (excess, imbalance) < (best?.excess ?? .max, best?.imbalance ?? .max) {
        best = (chosen, excess, imbalance)
      }
    }
    let mask = best?.mask ?? end
    return (sizes.indices.map { mask >> $0 & 1 == 1 }, best?.excess ?? .max)
  }

  private init(_ way: Way, _ sides: [Bool]) {
    condition = LeafCode.Condition(
      steps: way.nodes.enumerated().map { index, node in
        LeafCode.Condition.Step(comparator: node.comparator, leavesIfBelow: node.hangsBelow, value: sides[index])
      },
      last: sides[way.nodes.count]
    )
    func part(_ wanted: Bool) -> TreeShape? {
      var rest: TreeShape? = sides[way.nodes.count] == wanted ? way.end : nil
      for index in way.nodes.indices.reversed() where sides[index] == wanted {
        let (comparator, hangsBelow) = way.nodes[index]
        let hanging = way.hanging[index]
        rest = rest.map { hangsBelow ? .split(comparator, hanging, $0) : .split(comparator, $0, hanging) } ?? hanging
      }
      return rest
    }
    guard let yes = part(true), let no = part(false) else { preconditionFailure("both halves hold leaves") }
    (self.yes, self.no) = (yes, no)
  }
}
