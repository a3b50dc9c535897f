import AdderGraphs
import FixedPoint
import FixedPointIR

extension TreeEnsembleOperation {
  /// Every word that trees add, in the order of trees and of their outputs.
  var words: [(tree: Int, position: Int)] {
    trees.indices.flatMap { tree in trees[tree].outputs.indices.map { (tree, $0) } }
  }

  /// All scores as sums of words: a matrix of zeros and ones.
  ///
  /// - Parameter plans: the trees as they are built.
  func sumProblem(_ plans: [TreePlan], outputs: Int) -> ConstantMatrixProblem {
    let words = words
    var coefficients = [Int64](repeating: 0, count: words.count * outputs)
    for (index, word) in words.enumerated() {
      coefficients[index * outputs + trees[word.tree].outputs[word.position]] = 1
    }
    return ConstantMatrixProblem(
      inputCount: words.count,
      outputCount: outputs,
      coefficients: coefficients,
      inputRanges: words.map { plans[$0.tree].range(position: $0.position) }
    )
  }
}

extension TreePlan {
  /// The interval of what the tree adds to its output number `position`.
  func range(position: Int) -> Interval {
    var reached: [Int64] = []
    var open = [shape]
    while let next = open.popLast() {
      switch next {
      case .leaf(let word): reached.append(contents[word][position])
      case .split(_, let left, let right, _): open += [left, right]
      }
    }
    return Interval(Int128(reached.min() ?? 0), Int128(reached.max() ?? 0))
  }
}
