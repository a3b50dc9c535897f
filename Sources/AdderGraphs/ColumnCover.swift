import Basics

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
  private let values: [Int]
  private let counts = SignedDigits.counts
  private let isLong: Bool

  /// Longest linear form worth trying: longer ones almost never fit twice.
  private static let longestForm = 12

  /// - Parameter isLong: see ``NeighbourhoodSearch``.
  init(_ state: SharingState, isLong: Bool) {
    self.isLong = isLong
    pool = state.pool
    budget = state.budget
    let forms = pool.forms
    let uses = state.useCounts()
    values = (pool.inputCount..<max(pool.count, pool.inputCount)).filter {
      uses[$0] > 0 && forms.row($0).count <= Self.longestForm
    }
  }

  private struct Candidate {
    /// Digits saved.
    var gain = 0
    var shift: Int16 = 0
    var isNegative = false
  }

  /// Terms that add up to the residual; nil if they would break the depth limit.
  ///
  /// - Parameters:
  ///   - residual: coefficients over the variables.
  ///   - baseLoad: the load of terms of the sum that stay as they are.
  ///   - jitter: chooses among equal gains.
  func terms(for residual: [Int64], baseLoad: Double, jitter: inout SeededGenerator) -> [Term]? {
    var rest = residual
    var terms: [Term] = []
    var candidates = candidates(for: rest)
    var load = baseLoad
    for i in rest.indices { load += Double(SignedDigits.count(rest[i])) * Kraft.weight(pool.levels[i]) }
    while let (value, expected) = candidates.popBest(&jitter) {
      // What was seen earlier may not be there any more.
      let found = candidate(value, rest)
      guard found.gain == expected else {
        candidates.push(value, gain: found.gain)
        continue
      }
      let change = loadChange(value, found, rest)
      if let budget, load + change > budget { continue }
      candidates.push(value, gain: expected)
      load += change
      terms.append(Term(value: Int32(value), shift: found.shift, isNegative: found.isNegative))
      for e in pool.forms.row(value) {
        let term = pool.forms.coefficients[e] &<< Int64(found.shift)
        rest[Int(pool.forms.inputs[e])] &+= found.isNegative ? term : 0 &- term
      }
    }
    for i in rest.indices {
      terms += SignedDigits.canonical(Int128(rest[i])).map {
        Term(value: Int32(i), shift: Int16($0.shift), isNegative: $0.isNegative)
      }
    }
    if let budget, load > budget { return nil }
    return Self.merged(terms)
  }

  /// Two equal terms become one of twice the value, opposite ones vanish.
  static func merged(_ terms: [Term]) -> [Term] {
    var rest = terms.sorted { $0.rank > $1.rank }
    var result: [Term] = []
    result.reserveCapacity(rest.count)
    while let term = rest.popLast() {
      guard let last = result.last, last.value == term.value, last.shift == term.shift else {
        result.append(term)
        continue
      }
      result.removeLast()
      guard last.isNegative == term.isNegative else { continue }
      // Behind all terms of a lower shift; there may be others of its own.
      let twice = Term(value: term.value, shift: term.shift + 1, isNegative: term.isNegative)
      let place = rest.lastIndex { $0.rank >= twice.rank }
      rest.insert(twice, at: place.map { $0 + 1 } ?? 0)
    }
    return result
  }

  /// What taking a value out adds to the load of a sum.
  private func loadChange(_ value: Int, _ found: Candidate, _ rest: [Int64]) -> Double {
    var change = Kraft.weight(pool.levels[value])
    for e in pool.forms.row(value) {
      let i = Int(pool.forms.inputs[e])
      let term = pool.forms.coefficients[e] &<< Int64(found.shift)
      let next = found.isNegative ? rest[i] &+ term : rest[i] &- term
      change += Double(SignedDigits.count(next) - SignedDigits.count(rest[i])) * Kraft.weight(pool.levels[i])
    }
    return change
  }

  /// All values by the most that they could save: no more digits of a coefficient than its own, as the number of
  /// nonzero signed digits is subadditive; and the value is a term itself.
  ///
  /// For the same reason what has fewer digits than the coefficient keeps at least those that it has too few.
  private func candidates(for rest: [Int64]) -> CoverQueue {
    let digits = rest.map { Int32(SignedDigits.count($0)) }
    let forms = pool.forms
    var queue = CoverQueue()
    forms.inputs.withUnsafeBufferPointer { inputs in
      forms.digits.withUnsafeBufferPointer { counts in
        digits.withUnsafeBufferPointer { digits in
          for value in values {
            var gain: Int32 = -1
            for e in forms.row(value) {
              let there = digits[Int(inputs[e])]
              let count = Int32(counts[e])
              gain &+= min(isLong ? 2 &* there &- count : there, count)
            }
            queue.push(value, gain: Int(gain))
          }
        }
      }
    }
    return queue
  }

  /// The best shift and sign of one value for what is left of a sum.
  private func candidate(_ value: Int, _ rest: [Int64]) -> Candidate {
    let row = pool.forms.row(value)
    return pool.forms.inputs.withUnsafeBufferPointer { inputs in
      pool.forms.coefficients.withUnsafeBufferPointer { coefficients in
        rest.withUnsafeBufferPointer { rest in
          var weight = 0
          var largest: UInt64 = 0
          var (smallest, greatest) = (UInt64.max, UInt64(0))
          for e in row {
            let coefficient = coefficients[e].magnitude
            greatest = max(greatest, coefficient)
            let r = rest[Int(inputs[e])]
            if r == 0 { continue }
            weight += SignedDigits.count(r)
            largest = max(largest, r.magnitude)
            smallest = min(smallest, coefficient)
          }
          // The value itself becomes a term, so it must save at least two digits.
          if weight < 2 { return Candidate() }
          let most = max(min(smallest.leadingZeroBitCount - largest.leadingZeroBitCount + 1, 59), -1)
          let magnitude = Double(largest) + Double(sign: .plus, exponent: most, significand: Double(greatest))
          guard magnitude < Double(SignedDigits.countedMagnitude) else {
            return Self.best(row, inputs, coefficients, rest, weight: weight, mostShift: most, SignedDigits.count)
          }
          return counts.withUnsafeBufferPointer { counts in
            Self.best(row, inputs, coefficients, rest, weight: weight, mostShift: most) {
              Int(counts[Int($0 &+ SignedDigits.countedMagnitude)])
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func best(
    _ row: Range<Int>,
    _ inputs: UnsafeBufferPointer<Int32>,
    _ coefficients: UnsafeBufferPointer<Int64>,
    _ rest: UnsafeBufferPointer<Int64>,
    weight: Int,
    mostShift: Int,
    _ count: (Int64) -> Int
  ) -> Candidate {
    var result = Candidate()
    for shift in 0..<(mostShift + 1) {
      var plus = weight &- 1
      var minus = weight &- 1
      for e in row {
        let r = rest[Int(inputs[e])]
        let term = coefficients[e] &<< Int64(shift)
        plus &-= count(r &- term)
        minus &-= count(r &+ term)
      }
      if plus > result.gain { result = Candidate(gain: plus, shift: Int16(shift), isNegative: false) }
      if minus > result.gain { result = Candidate(gain: minus, shift: Int16(shift), isNegative: true) }
    }
    return result
  }
}

/// Values by what they save: one stack for each gain.
private struct CoverQueue {
  private var stacks: [[Int]] = []
  private var top = -1

  /// Adds a value, if it saves anything.
  mutating func push(_ value: Int, gain: Int) {
    guard gain > 0 else { return }
    while stacks.count <= gain { stacks.append([]) }
    stacks[gain].append(value)
    top = max(top, gain)
  }

  /// Any of the values of the highest gain.
  mutating func popBest(_ random: inout SeededGenerator) -> (value: Int, gain: Int)? {
    while top > 0 && stacks[top].isEmpty { top -= 1 }
    guard top > 0 else { return nil }
    let last = stacks[top].count - 1
    stacks[top].swapAt(last, Int(random.next() % UInt64(last + 1)))
    return (stacks[top].removeLast(), top)
  }
}
