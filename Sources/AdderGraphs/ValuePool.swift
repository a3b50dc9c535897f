import Basics
import FixedPoint

/// The values of a growing adder graph: variables first, then nodes, each with its linear form over the variables.
///
/// The linear form gives every node its exact interval, and finds values that are equal up to a shift and a sign however
/// they were made.
struct ValuePool {
  let inputCount: Int
  private let inputLower: [Int128]
  private let inputUpper: [Int128]
  /// The nodes in order; value `inputCount + k` is node `k`.
  private(set) var nodes: [AdderNode] = []
  private(set) var levels: [Int32]
  /// Bits of every value's word, a sign bit included where it can be negative.
  private(set) var widths: [Int32]
  private(set) var lowers: [Int128]
  private(set) var uppers: [Int128]
  private(set) var forms: LinearForms
  /// The value and trailing zeros for every normalised linear form.
  private var known: [FormKey: Int32] = [:]
  private var zeros: [Int32]
  private var keys: [FormKey] = []
  /// Whether a value is found again only where that makes nothing deeper: whoever combines two values counts on the level
  /// above both, and depth limits hold by these counts.
  private let keepsLevels: Bool

  /// Two 64-bit hashes of a linear form, odd and with a positive first coefficient.
  private struct FormKey: Hashable {
    var a: UInt64
    var b: UInt64
  }

  init(_ problem: ConstantMatrixProblem, keepsLevels: Bool) {
    self.keepsLevels = keepsLevels
    inputCount = problem.inputCount
    inputLower = problem.inputRanges.map(\.lower)
    inputUpper = problem.inputRanges.map(\.upper)
    levels = problem.inputLevels.map(Int32.init)
    widths = problem.inputRanges.map { Int32($0.bitWidth) }
    lowers = inputLower
    uppers = inputUpper
    zeros = [Int32](repeating: 0, count: inputCount)
    forms = LinearForms(variables: inputCount)
    for i in 0..<inputCount {
      keys.append(key(of: i).key)
      known[keys[i]] = Int32(i)
    }
  }

  var count: Int { levels.count }

  /// A value as another one shifted and perhaps negated.
  struct Alias {
    var value: Int32
    var shift: Int
    var isNegated: Bool
  }

  /// `low ± (high << shift)`: an existing value if its linear form is known, else a new node.
  ///
  /// Where the shift is zero, a difference takes the direction with the narrower result.
  mutating func combine(
    low: Int32,
    high: Int32,
    shift: Int,
    isSubtraction: Bool
  ) -> Alias {
    let value = count
    forms.append(low: Int(low), high: Int(high), shift: shift, isSubtraction: isSubtraction)
    let identity = key(of: value)
    if identity.isZero {
      forms.removeLast(1)
      return Alias(value: -1, shift: 0, isNegated: false)
    }
    let level = max(levels[Int(low)], levels[Int(high)]) + 1
    let other = known[identity.key]
    let isTooDeep = keepsLevels && other.map { levels[Int($0)] > level } ?? false
    if let other, !isTooDeep, identity.zeros >= zeros[Int(other)] {
      forms.removeLast(1)
      return Alias(
        value: other,
        shift: Int(identity.zeros - zeros[Int(other)]),
        isNegated: identity.isNegative != isLeadingNegative(Int(other))
      )
    }
    var range = exactRange(of: value)
    var node = AdderNode(a: low, aShift: 0, b: high, bShift: UInt8(shift), isSubtraction: isSubtraction)
    var isNegated = false
    if isSubtraction && shift == 0 {
      let mirrored = -range
      if mirrored.bitWidth < range.bitWidth {
        forms.negateLast()
        range = mirrored
        node = AdderNode(a: high, aShift: 0, b: low, bShift: 0, isSubtraction: true)
        isNegated = true
      }
    }
    nodes.append(node)
    levels.append(level)
    widths.append(Int32(range.bitWidth))
    lowers.append(range.lower)
    uppers.append(range.upper)
    zeros.append(identity.zeros)
    keys.append(identity.key)
    // The deeper one costs nothing where it can be used.
    if !isTooDeep { known[identity.key] = Int32(value) }
    return Alias(value: Int32(value), shift: 0, isNegated: isNegated)
  }

  /// Makes sure that a value is not found again by its linear form.
  ///
  /// - Returns: whether it was until now.
  mutating func forget(_ value: Int) -> Bool {
    guard known[keys[value]] == Int32(value) else { return false }
    known[keys[value]] = nil
    return true
  }

  /// Lets a value be found again.
  mutating func remember(_ value: Int) { known[keys[value]] = Int32(value) }

  /// Drops values; returns the new name of every one that is kept, and -1 for the others.
  ///
  /// - Precondition: variables and the operands of kept nodes are kept.
  mutating func keepOnly(_ isKept: [Bool]) -> [Int32] {
    var names = [Int32](repeating: -1, count: count)
    var next = 0
    for value in 0..<count {
      let isFound = known[keys[value]] == Int32(value)
      guard isKept[value] else {
        if isFound { known[keys[value]] = nil }
        continue
      }
      names[value] = Int32(next)
      if next < value {
        move(value, to: next, names)
        if isFound { known[keys[next]] = Int32(next) }
      }
      next += 1
    }
    forms.keepOnly(isKept)
    removeArrays(from: next)
    return names
  }

  /// Moves a node down to a free place.
  private mutating func move(_ value: Int, to place: Int, _ names: [Int32]) {
    var node = nodes[value - inputCount]
    node.a = names[Int(node.a)]
    node.b = names[Int(node.b)]
    nodes[place - inputCount] = node
    levels[place] = levels[value]
    widths[place] = widths[value]
    lowers[place] = lowers[value]
    uppers[place] = uppers[value]
    zeros[place] = zeros[value]
    keys[place] = keys[value]
  }

  /// Forgets all nodes from the given value on.
  mutating func truncate(toCount count: Int) {
    for value in count..<max(self.count, count) where known[keys[value]] == Int32(value) { known[keys[value]] = nil }
    forms.removeLast(self.count - count)
    removeArrays(from: count)
  }

  private mutating func removeArrays(from count: Int) {
    let excess = self.count - count
    nodes.removeLast(excess)
    widths.removeLast(excess)
    lowers.removeLast(excess)
    uppers.removeLast(excess)
    zeros.removeLast(excess)
    keys.removeLast(excess)
    levels.removeLast(excess)
  }

  /// The zeros at the low end of a value's word.
  func trailingZeros(of value: Int) -> Int { Int(zeros[value]) }

  /// The adder bits of a node: from its highest bit down to the higher of its operands' lowest.
  func adderBits(ofNode k: Int) -> Int {
    let node = nodes[k]
    return max(
      0,
      Int(widths[inputCount + k])
        - max(Int(node.aShift) + Int(zeros[Int(node.a)]), Int(node.bShift) + Int(zeros[Int(node.b)]))
    )
  }

  /// The exact interval of a linear form of independent variables.
  private func exactRange(of value: Int) -> Interval {
    var low: Int128 = 0
    var high: Int128 = 0
    for e in forms.row(value) {
      let i = Int(forms.inputs[e])
      let c = forms.coefficients[e]
      let factor = Int128(c)
      if c > 0 {
        low += factor * inputLower[i]
        high += factor * inputUpper[i]
      } else {
        low += factor * inputUpper[i]
        high += factor * inputLower[i]
      }
    }
    return Interval(low, high)
  }

  private func isLeadingNegative(_ value: Int) -> Bool {
    let row = forms.row(value)
    return !row.isEmpty && forms.coefficients[row.lowerBound] < 0
  }

  private func key(of value: Int) -> (key: FormKey, zeros: Int32, isNegative: Bool, isZero: Bool) {
    let row = forms.row(value)
    guard let first = row.first else { return (FormKey(a: 0, b: 0), 0, false, true) }
    let isNegative = forms.coefficients[first] < 0
    let zeros = row.reduce(Int64(0)) { $0 | forms.coefficients[$1] }.trailingZeroBitCount
    var a: UInt64 = 0
    var b: UInt64 = 0
    for e in row {
      let i = UInt64(forms.inputs[e])
      let c = forms.coefficients[e]
      let odd = UInt64(bitPattern: (isNegative ? 0 &- c : c) >> Int64(zeros))
      a &+= odd &* (SeededGenerator.mix(i &+ 1) | 1)
      b &+= SeededGenerator.mix(odd &+ i &* 0xD6E8_FEB8_6659_FD93)
    }
    return (FormKey(a: a, b: b), Int32(zeros), isNegative, false)
  }
}
