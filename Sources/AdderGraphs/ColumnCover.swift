/// Rewrites sums over the values that exist already: matching pursuit in signed digits.
///
/// A sum starts as its coefficients over the variables. A value, shifted and signed, is taken out of it wherever that
/// saves most nonzero signed digits, until none saves any; what is left stands as digits of the variables. Unlike a search
/// for patterns of digits this does not depend on how the digits were first written, and every value that some other sum
/// pays for is free here.
struct ColumnCover {
  private let pool: ValuePool
  private let budget: Double?
  /// The nodes that may be used, ascending.
  private let values: [Int32]
  /// Sparse linear forms of `values`: `starts[k] ..< starts[k + 1]` of `inputs` and `coefficients`.
  private var starts: [Int] = [0]
  private var inputs: [Int32] = []
  private var coefficients: [Int64] = []
  /// Positions in `values` of the nodes that contain a variable.
  private var containing: [[Int32]]

  /// Longest linear form worth trying: longer ones almost never fit twice.
  private static let longestForm = 12

  init(_ state: SharingState, usable: (Int) -> Bool) {
    pool = state.pool
    budget = state.budget
    containing = [[Int32]](repeating: [], count: pool.inputCount)
    var values: [Int32] = []
    for value in pool.inputCount..<max(pool.count, pool.inputCount) where usable(value) {
      let form = pool.sparseForm(of: value)
      if form.count > Self.longestForm { continue }
      for (input, coefficient) in form {
        containing[Int(input)].append(Int32(values.count))
        inputs.append(input)
        coefficients.append(coefficient)
      }
      values.append(Int32(value))
      starts.append(inputs.count)
    }
    self.values = values
  }

  /// Nonzero signed digits of a number.
  @inline(__always)
  static func digitCount(_ value: Int64) -> Int { (value ^ (3 &* value)).nonzeroBitCount }

  private struct Candidate {
    var gain: Int32 = 0
    var shift: Int16 = 0
    var isNegative = false
  }

  /// Terms that add up to the residual; nil if they would break the depth limit.
  ///
  /// - Parameters:
  ///   - residual: coefficients over the variables.
  ///   - baseLoad: the load of terms of the sum that stay as they are.
  ///   - jitter: chooses among equal gains.
  func terms(for residual: [Int64], baseLoad: Double, jitter: inout SplitMix64) -> [Term]? {
    var rest = residual
    var terms: [Term] = []
    var candidates = values.indices.map { candidate($0, rest) }
    var load = baseLoad
    for i in rest.indices { load += Double(Self.digitCount(rest[i])) * Kraft.weight(pool.levels[i]) }
    while let k = best(candidates, &jitter) {
      let value = Int(values[k])
      let found = candidates[k]
      var change = Kraft.weight(pool.levels[value])
      for e in starts[k]..<starts[k + 1] {
        let i = Int(inputs[e])
        let term = coefficients[e] &<< Int64(found.shift)
        let next = found.isNegative ? rest[i] &+ term : rest[i] &- term
        change += Double(Self.digitCount(next) - Self.digitCount(rest[i])) * Kraft.weight(pool.levels[i])
      }
      if let budget, load + change > budget {
        candidates[k].gain = 0
        continue
      }
      load += change
      terms.append(Term(value: Int32(value), shift: found.shift, isNegative: found.isNegative))
      for e in starts[k]..<starts[k + 1] {
        let term = coefficients[e] &<< Int64(found.shift)
        rest[Int(inputs[e])] &+= found.isNegative ? term : 0 &- term
      }
      for e in starts[k]..<starts[k + 1] {
        for other in containing[Int(inputs[e])] { candidates[Int(other)] = candidate(Int(other), rest) }
      }
    }
    for i in rest.indices {
      terms += SignedDigits.canonical(rest[i]).map {
        Term(value: Int32(i), shift: Int16($0.shift), isNegative: $0.isNegative)
      }
    }
    if let budget, load > budget { return nil }
    return Self.merged(terms)
  }

  /// Two equal terms become one of twice the value, opposite ones vanish.
  private static func merged(_ terms: [Term]) -> [Term] {
    var result: [Term] = []
    var pending = terms
    while let term = pending.popLast() {
      if let k = result.firstIndex(where: { $0.value == term.value && $0.shift == term.shift }) {
        let other = result.remove(at: k)
        if other.isNegative == term.isNegative {
          pending.append(Term(value: term.value, shift: term.shift + 1, isNegative: term.isNegative))
        }
      } else {
        result.append(term)
      }
    }
    return result
  }

  private func best(_ candidates: [Candidate], _ jitter: inout SplitMix64) -> Int? {
    var best: Int?
    var gain: Int32 = 0
    var ties: UInt64 = 0
    for k in candidates.indices where candidates[k].gain >= max(gain, 1) {
      if candidates[k].gain > gain {
        gain = candidates[k].gain
        ties = 1
        best = k
      } else {
        ties += 1
        if jitter.next() % ties == 0 { best = k }
      }
    }
    return best
  }

  /// The best shift and sign of one value for what is left of a sum.
  private func candidate(_ k: Int, _ rest: [Int64]) -> Candidate {
    let range = starts[k]..<starts[k + 1]
    var weight = 0
    var largest: Int64 = 0
    var smallest = Int64.max
    for e in range {
      let r = rest[Int(inputs[e])]
      if r == 0 { continue }
      weight += Self.digitCount(r)
      largest = max(largest, abs(r))
      smallest = min(smallest, abs(coefficients[e]))
    }
    var result = Candidate()
    // The value itself becomes a term, so it must save at least two digits.
    if weight < 2 { return result }
    let most = 64 - largest.leadingZeroBitCount - (64 - smallest.leadingZeroBitCount) + 1
    for shift in 0..<max(min(most + 1, 60), 0) {
      var plus = weight - 1
      var minus = weight - 1
      for e in range {
        let r = rest[Int(inputs[e])]
        let term = coefficients[e] &<< Int64(shift)
        plus -= Self.digitCount(r &- term)
        minus -= Self.digitCount(r &+ term)
        if r == 0 { continue }
      }
      if plus > Int(result.gain) { result = Candidate(gain: Int32(plus), shift: Int16(shift), isNegative: false) }
      if minus > Int(result.gain) { result = Candidate(gain: Int32(minus), shift: Int16(shift), isNegative: true) }
    }
    return result
  }
}
