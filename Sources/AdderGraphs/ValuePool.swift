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
  /// Linear forms, `inputCount` coefficients each.
  private var forms: [Int64]
  /// The value and trailing zeros for every normalised linear form.
  private var known: [FormKey: Int32] = [:]
  private var zeros: [Int32]

  /// Two 64-bit hashes of a linear form, odd and with a positive first coefficient.
  private struct FormKey: Hashable {
    var a: UInt64
    var b: UInt64
  }

  init(_ problem: ConstantMatrixProblem) {
    inputCount = problem.inputCount
    inputLower = problem.inputRanges.map(\.lower)
    inputUpper = problem.inputRanges.map(\.upper)
    levels = problem.inputLevels.map(Int32.init)
    widths = problem.inputRanges.map { Int32($0.bitWidth) }
    lowers = inputLower
    uppers = inputUpper
    zeros = [Int32](repeating: 0, count: inputCount)
    forms = [Int64](repeating: 0, count: inputCount * inputCount)
    for i in 0..<inputCount {
      forms[i * inputCount + i] = 1
      known[key(of: i).key] = Int32(i)
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
  ///
  /// - Parameter isNegated: the caller's `low` is meant negated: the result's sign is flipped.
  mutating func combine(
    low: Int32,
    high: Int32,
    shift: Int,
    isSubtraction: Bool,
    isNegated flip: Bool = false
  ) -> Alias {
    let value = count
    let base = value * inputCount
    forms.reserveCapacity(base + inputCount)
    let a = Int(low) * inputCount
    let b = Int(high) * inputCount
    for i in 0..<inputCount {
      let term = forms[b + i] << Int64(shift)
      forms.append(isSubtraction ? forms[a + i] &- term : forms[a + i] &+ term)
    }
    let identity = key(of: value)
    if identity.isZero {
      forms.removeLast(inputCount)
      return Alias(value: -1, shift: 0, isNegated: false)
    }
    if let other = known[identity.key], identity.zeros >= zeros[Int(other)] {
      forms.removeLast(inputCount)
      return Alias(
        value: other,
        shift: Int(identity.zeros - zeros[Int(other)]),
        isNegated: identity.isNegative != isLeadingNegative(Int(other))
      )
    }
    var range = exactRange(base)
    var node = AdderNode(a: low, aShift: 0, b: high, bShift: UInt8(shift), isSubtraction: isSubtraction)
    var isNegated = false
    if isSubtraction && shift == 0 {
      let mirrored = -range
      if mirrored.bitWidth < range.bitWidth {
        for i in 0..<inputCount { forms[base + i] = 0 &- forms[base + i] }
        range = mirrored
        node = AdderNode(a: high, aShift: 0, b: low, bShift: 0, isSubtraction: true)
        isNegated = true
      }
    }
    nodes.append(node)
    levels.append(max(levels[Int(low)], levels[Int(high)]) + 1)
    widths.append(Int32(range.bitWidth))
    lowers.append(range.lower)
    uppers.append(range.upper)
    zeros.append(identity.zeros)
    known[identity.key] = Int32(value)
    return Alias(value: Int32(value), shift: 0, isNegated: isNegated != flip)
  }

  /// The nonzero coefficients of a value over the variables.
  func sparseForm(of value: Int) -> [(input: Int32, coefficient: Int64)] {
    let base = value * inputCount
    return (0..<inputCount).compactMap { forms[base + $0] == 0 ? nil : (Int32($0), forms[base + $0]) }
  }

  /// Forgets all nodes from the given value on.
  mutating func truncate(toCount count: Int) {
    for value in count..<max(self.count, count) { known[key(of: value).key] = nil }
    nodes.removeLast(self.count - count)
    forms.removeLast((self.count - count) * inputCount)
    widths.removeLast(self.count - count)
    lowers.removeLast(self.count - count)
    uppers.removeLast(self.count - count)
    zeros.removeLast(self.count - count)
    levels.removeLast(self.count - count)
  }

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
  private func exactRange(_ base: Int) -> Interval {
    var low: Int128 = 0
    var high: Int128 = 0
    for i in 0..<inputCount {
      let c = forms[base + i]
      if c == 0 { continue }
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
    let base = value * inputCount
    for i in 0..<inputCount where forms[base + i] != 0 { return forms[base + i] < 0 }
    return false
  }

  private func key(of value: Int) -> (key: FormKey, zeros: Int32, isNegative: Bool, isZero: Bool) {
    let base = value * inputCount
    var union: Int64 = 0
    var leading: Int64 = 0
    for i in 0..<inputCount {
      let c = forms[base + i]
      union |= c
      if leading == 0 { leading = c }
    }
    if union == 0 { return (FormKey(a: 0, b: 0), 0, false, true) }
    let zeros = union.trailingZeroBitCount
    var a: UInt64 = 0
    var b: UInt64 = 0
    for i in 0..<inputCount {
      let c = forms[base + i]
      if c == 0 { continue }
      let odd = UInt64(bitPattern: (leading < 0 ? 0 &- c : c) >> Int64(zeros))
      a &+= odd &* (SplitMix64.mix(UInt64(i) &+ 1) | 1)
      b &+= SplitMix64.mix(odd &+ UInt64(i) &* 0xD6E8_FEB8_6659_FD93)
    }
    return (FormKey(a: a, b: b), Int32(zeros), leading < 0, false)
  }
}
