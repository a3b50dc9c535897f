import Basics
import Glibc

/// Improves the order in which the terms of one sum are added: simulated annealing over the shapes of its tree.
///
/// A step takes a part of the tree out and puts it in elsewhere. The bits of adders follow from intervals that are added as
/// if the terms were independent, which most are; who uses the result compares exact bits.
struct SumTreeSearch {
  /// Two parts of a sum that are added.
  ///
  /// Terms are numbered first, then come the additions in order.
  struct Addition: Equatable {
    var first: Int
    var second: Int
  }

  /// A term, or the sum of two parts.
  private struct Part: Equatable {
    /// -1: none.
    var parent = -1
    var left = -1
    var right = -1
    /// The interval in its place and with the sign that it has in the sum.
    var lower: Int64 = 0
    var upper: Int64 = 0
    /// Where the word begins.
    var shift = 0
    /// The lowest bit that can be set.
    var lowestBit = 0
    var level: Int32 = 0
    /// Whether the word holds the negative.
    var isNegative = false
    var bits = 0
  }

  private var parts: [Part]
  private var root: Int
  private let termCount: Int
  private var bits: Int
  /// Parts as they were before the step.
  private var changed: [(index: Int, part: Part)] = []

  /// The temperature at the beginning and at the end, in adder bits.
  private static let temperatures = (first: 0.6, last: 0.1)
  /// The largest sum whose intervals do not overflow.
  private static let largest = Double(sign: .plus, exponent: 61, significand: 1)

  /// - Returns: nil where there is nothing to choose, or numbers are too large.
  init?(_ terms: [Term], _ additions: [Addition], _ pool: ValuePool) {
    guard terms.count > 3, additions.count == terms.count - 1 else { return nil }
    termCount = terms.count
    parts = []
    bits = 0
    root = 2 * terms.count - 2
    var magnitude = 0.0
    for term in terms {
      let value = Int(term.value)
      let (low, high) = (pool.lowers[value], pool.uppers[value])
      let scale = Double(sign: .plus, exponent: Int(term.shift), significand: 1)
      magnitude += Double(max(low.magnitude, high.magnitude)) * scale
      guard magnitude < Self.largest else { return nil }
      let (lower, upper) = (Int64(low) << Int64(term.shift), Int64(high) << Int64(term.shift))
      parts.append(
        Part(
          lower: term.isNegative ? -upper : lower,
          upper: term.isNegative ? -lower : upper,
          shift: Int(term.shift),
          lowestBit: Int(term.shift) + pool.trailingZeros(of: value),
          level: pool.levels[value],
          isNegative: term.isNegative
        )
      )
    }
    for addition in additions {
      parts.append(Part(left: addition.first, right: addition.second))
      parts[addition.first].parent = parts.count - 1
      parts[addition.second].parent = parts.count - 1
      _ = update(parts.count - 1)
    }
  }

  /// The additions of the best tree that was found.
  ///
  /// - Parameter depthLimit: levels that the tree may have; a tree that has more is only changed for a shallower one.
  mutating func run(steps: Int, depthLimit: Int, seed: UInt64) -> [Addition] {
    var random = SeededGenerator(seed: seed)
    var best = (bits: bits, parts: parts, root: root)
    for step in 0..<steps {
      let before = (bits: bits, root: root, level: parts[root].level)
      guard move(&random) else { continue }
      let progress = Double(step) / Double(steps)
      let temperature = Self.temperatures.first + (Self.temperatures.last - Self.temperatures.first) * progress
      let slack = -temperature * log(max(random.unit(), 0x1p-30))
      guard parts[root].level <= max(Int32(depthLimit), before.level), Double(bits) <= Double(before.bits) + slack
      else {
        for (index, part) in changed.reversed() { parts[index] = part }
        (bits, root) = (before.bits, before.root)
        continue
      }
      if bits < best.bits { best = (bits, parts, root) }
    }
    (bits, parts, root) = best
    var additions: [Addition] = []
    _ = list(root, &additions)
    return additions
  }

  /// Lists the additions below a part, operands first.
  ///
  /// - Returns: the part's new number.
  private func list(_ k: Int, _ additions: inout [Addition]) -> Int {
    guard k >= termCount else { return k }
    let first = list(parts[k].left, &additions)
    let second = list(parts[k].right, &additions)
    additions.append(Addition(first: first, second: second))
    return termCount + additions.count - 1
  }

  /// Puts a random part elsewhere.
  ///
  /// - Returns: whether the tree is another one now.
  private mutating func move(_ random: inout SeededGenerator) -> Bool {
    changed.removeAll(keepingCapacity: true)
    let moved = Int(random.next() % UInt64(parts.count))
    let target = Int(random.next() % UInt64(parts.count))
    guard moved != root, moved != target else { return false }
    let joint = parts[moved].parent
    let sibling = parts[joint].left == moved ? parts[joint].right : parts[joint].left
    guard target != joint, target != sibling else { return false }
    var above = parts[target].parent
    while above >= 0 && above != moved { above = parts[above].parent }
    guard above < 0 else { return false }

    let place = parts[joint].parent
    replaceChild(of: place, joint, by: sibling)
    let newPlace = parts[target].parent
    replaceChild(of: newPlace, target, by: joint)
    keep(joint)
    parts[joint].left = moved
    parts[joint].right = target
    keep(target)
    parts[target].parent = joint
    updateUpward(from: place)
    _ = update(joint)
    updateUpward(from: newPlace)
    return true
  }

  private mutating func replaceChild(of parent: Int, _ old: Int, by new: Int) {
    keep(new)
    parts[new].parent = parent
    guard parent >= 0 else {
      root = new
      return
    }
    keep(parent)
    if parts[parent].left == old { parts[parent].left = new } else { parts[parent].right = new }
  }

  private mutating func keep(_ k: Int) { changed.append((k, parts[k])) }

  /// Computes parts anew, from one up to the first that stays as it was.
  private mutating func updateUpward(from start: Int) {
    var k = start
    while k >= 0 && update(k) { k = parts[k].parent }
  }

  /// Computes a sum of two parts anew.
  ///
  /// - Returns: whether that changed anything.
  private mutating func update(_ k: Int) -> Bool {
    let before = parts[k]
    let (left, right) = (parts[before.left], parts[before.right])
    var part = before
    part.lower = left.lower + right.lower
    part.upper = left.upper + right.upper
    part.shift = min(left.shift, right.shift)
    part.lowestBit = min(left.lowestBit, right.lowestBit)
    part.level = max(left.level, right.level) + 1
    // The lower word is never the one that is subtracted, as its low bits are copied.
    if left.isNegative == right.isNegative || left.shift < right.shift {
      part.isNegative = left.isNegative
    } else if right.shift < left.shift {
      part.isNegative = right.isNegative
    } else {
      part.isNegative = Self.width(-part.upper, -part.lower) < Self.width(part.lower, part.upper)
    }
    let width = part.isNegative ? Self.width(-part.upper, -part.lower) : Self.width(part.lower, part.upper)
    part.bits = max(0, width - max(left.lowestBit, right.lowestBit))
    guard part != before else { return false }
    keep(k)
    bits += part.bits - before.bits
    parts[k] = part
    return true
  }

  /// Bits of a word that holds an interval.
  private static func width(_ lower: Int64, _ upper: Int64) -> Int {
    guard lower < 0 else { return 64 - upper.leadingZeroBitCount }
    return 65 - min((~lower).leadingZeroBitCount, (upper < 0 ? ~upper : upper).leadingZeroBitCount)
  }
}
