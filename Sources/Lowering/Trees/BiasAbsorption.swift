import FixedPoint
import FixedPointIR

/// Moves constants between trees and biases so that words are narrow and the bias costs no adder.
///
/// The least word of every tree goes to the bias: words become unsigned. Then words that do not fill their bits take back
/// as much of the bias as leaves it zero, or with the most trailing zeros.
struct BiasAbsorption {
  private(set) var trees: [TreePlan]
  /// By output.
  private(set) var bias: [ExactValue]

  /// Words beyond this are left as they are.
  private static let largest = Int128(1) << 60

  init(_ ensemble: TreeEnsembleOperation, _ trees: [TreePlan], outputs: Int) {
    self.trees = trees
    bias = (0..<outputs).map { ensemble.bias.value(at: $0) }
    for output in 0..<outputs { absorb(output, ensemble) }
  }

  private mutating func absorb(_ output: Int, _ ensemble: TreeEnsembleOperation) {
    let terms = ensemble.terms(ofOutput: output)
    let ranges = terms.map { trees[$0.tree].range(position: $0.position) }
    guard ranges.allSatisfy({ abs($0.lower) < Self.largest && abs($0.upper) < Self.largest }) else { return }
    let grid = ensemble.leafFractionBits
    for (term, range) in zip(terms, ranges) { trees[term.tree].add(-range.lower, position: term.position) }
    let taken = ExactValue(raw: ranges.reduce(0) { $0 + $1.lower }, fractionBits: grid)
    bias[output] = bias[output] + taken
    // Only what stands on the grid of the leaves can go back to them.
    let whole = bias[output].fractionBits <= grid ? bias[output].raw(on: grid) : nil
    guard let whole, whole != 0 else { return }
    let room = ranges.map { range in
      let width = Interval(0, range.upper - range.lower).bitWidth
      return (Int128(1) << width) - 1 - (range.upper - range.lower)
    }
    var rest = Self.amount(of: whole, within: room.reduce(0, +))
    bias[output] = bias[output] + ExactValue(raw: -rest, fractionBits: grid)
    for (term, room) in zip(terms, room) {
      let part = min(room, rest)
      trees[term.tree].add(part, position: term.position)
      rest -= part
    }
  }

  /// What to take of a bias: nothing is left, or a number with many trailing zeros.
  private static func amount(of bias: Int128, within room: Int128) -> Int128 {
    if bias > 0 && bias <= room { return bias }
    for places in stride(from: 60, through: 1, by: -1) {
      let low = bias & ((Int128(1) << places) - 1)
      if low <= room { return low }
    }
    return 0
  }
}

extension TreePlan {
  /// Adds a number to everything that the tree adds to one of its outputs.
  fileprivate mutating func add(_ value: Int128, position: Int) {
    for word in contents.indices { contents[word][position] += Int64(value) }
  }
}
