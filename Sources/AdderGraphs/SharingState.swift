import FixedPoint

/// Levels and loads: a sum whose terms have levels `l_k` can be finished within depth `D` if and only if
/// `Σ 2^l_k <= 2^D` (Kraft's inequality).
enum Kraft {
  /// What a term of this level weighs.
  static func weight(_ level: Int32) -> Double { Double(sign: .plus, exponent: Int(level), significand: 1) }

  /// Fewest levels that finish a sum of this load.
  static func depth(ofLoad load: Double) -> Int {
    var depth = 0
    while weight(Int32(depth)) < load { depth += 1 }
    return depth
  }
}

/// A half-finished adder graph: the values that exist, and every sum as terms that are still to be added.
struct SharingState {
  var pool: ValuePool
  /// The terms of every sum, sorted by value, then shift; no two of one sum have the same value and shift.
  var columns: [[Term]]
  /// `Σ 2^level` of every sum.
  var loads: [Double]
  /// `2^D` where a depth limit holds.
  let budget: Double?
  /// Values that were taken apart since the last mark, and that no linear form finds any more.
  var forgotten: [Int32] = []

  /// The sums in signed digits, nothing shared yet.
  ///
  /// - Parameter maximumDepth: a level that every sum must keep; raised to the possible minimum.
  init(_ problem: ConstantMatrixProblem, maximumDepth: Int?) {
    let pool = ValuePool(problem, keepsLevels: maximumDepth != nil)
    let columns = Self.terms(of: problem)
    let loads = columns.map { column in column.reduce(0) { $0 + Kraft.weight(pool.levels[Int($1.value)]) } }
    budget = maximumDepth.map { limit in
      Kraft.weight(Int32(max(limit, loads.map { Kraft.depth(ofLoad: $0) }.max() ?? 0)))
    }
    self.pool = pool
    self.columns = columns
    self.loads = loads
  }

  /// The digits of every sum.
  static func terms(of problem: ConstantMatrixProblem) -> [[Term]] {
    var columns = [[Term]](repeating: [], count: problem.outputCount)
    for i in 0..<problem.inputCount where problem.inputRanges[i] != Interval(0) {
      for j in 0..<problem.outputCount {
        let coefficient = problem.coefficients[i * problem.outputCount + j]
        columns[j] += SignedDigits.canonical(Int128(coefficient)).map {
          Term(value: Int32(i), shift: Int16($0.shift), isNegative: $0.isNegative)
        }
      }
    }
    return columns
  }

  /// The position of a value's first term in a sorted sum.
  static func firstTerm(of value: Int32, in column: [Term]) -> Int {
    var low = 0
    var high = column.count
    while low < high {
      let middle = (low + high) / 2
      if column[middle].value < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Pairs of terms of the same sum.
  var pairCount: Int { columns.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 } }

  /// Replaces a sum by other terms of the same value.
  mutating func setColumn(_ j: Int, _ terms: [Term]) {
    columns[j] = terms.sorted { $0.rank < $1.rank }
    loads[j] = terms.reduce(0) { $0 + Kraft.weight(pool.levels[Int($1.value)]) }
  }

  /// What a change of the state may alter.
  struct Mark {
    fileprivate(set) var columns: [[Term]]
    fileprivate var loads: [Double]
    fileprivate var valueCount: Int
  }

  mutating func mark() -> Mark {
    forgotten = []
    return Mark(columns: columns, loads: loads, valueCount: pool.count)
  }

  /// Takes back what happened since the last mark.
  mutating func restore(_ mark: Mark) {
    columns = mark.columns
    loads = mark.loads
    pool.truncate(toCount: mark.valueCount)
    for value in forgotten { pool.remember(Int(value)) }
  }

  /// How many terms and nodes read each value.
  func useCounts() -> [Int32] {
    var uses = [Int32](repeating: 0, count: pool.count)
    uses.withUnsafeMutableBufferPointer { uses in
      for column in columns { for term in column { uses[Int(term.value)] &+= 1 } }
      for k in pool.nodes.indices.reversed() where uses[pool.inputCount &+ k] > 0 {
        let node = pool.nodes[k]
        uses[Int(node.a)] &+= 1
        uses[Int(node.b)] &+= 1
      }
    }
    return uses
  }
}

extension ConstantMatrixProblem {
  /// The fewest adder levels that can compute every sum from canonical signed digits.
  package var leastDepth: Int {
    SharingState.terms(of: self).map { column in
      Kraft.depth(ofLoad: column.reduce(0) { $0 + Kraft.weight(Int32(inputLevels[Int($1.value)])) })
    }.max() ?? 0
  }
}
