import FixedPoint
import Fuzzing
import NetlistIR

/// Builds random netlists with every instruction, and computes beside the builder what each value should be.
package struct RandomNetlist {
  package private(set) var builder = NetlistBuilder(name: "random")
  private var generator: SeededGenerator
  private var values: [ValueID] = []
  private var conditions: [ValueID] = []
  /// By value of `values`, by event: what it should be.
  private var expected: [[Int128]] = []
  private var expectedConditions: [[Int128]] = []
  /// Raw inputs by event.
  package let inputs: [[Int128]]

  package init(seed: UInt64, events: Int) {
    var generator = SeededGenerator(seed: seed)
    let types = (0..<4).map { _ in
      FixedPointType(
        width: Int.random(in: 0...8, using: &generator),
        integerBits: 4,
        isSigned: Bool.random(using: &generator)
      )
    }
    inputs = (0..<events).map { _ in
      types.map { Int128.random(in: $0.rawRange.lower...$0.rawRange.upper, using: &generator) }
    }
    self.generator = generator
    builder.beginScope(NetlistScope(name: "random", kind: "Random"))
    for (index, type) in types.enumerated() {
      values.append(builder.input(NetlistPort(tensor: "x", element: index, type: type)))
      expected.append(inputs.map { $0[index] })
    }
    for constant in [0, 1, -1, 5, 8, -12] as [Int128] {
      values.append(builder.constant(constant))
      expected.append(inputs.map { _ in constant })
    }
    conditions.append(builder.less(values[0], values[1]))
    expectedConditions.append(inputs.map { $0[0] < $0[1] ? 1 : 0 })
  }

  private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  /// Adds a value; those that would grow beyond 40 bits are left out.
  package mutating func step() {
    let (p, q) = (int(0...values.count - 1), int(0...values.count - 1))
    let (a, b) = (values[p], values[q])
    let (s, t) = (int(0...4), int(0...4))
    let (id, results): (ValueID, [Int128])
    switch int(0...12) {
    case 0: (id, results) = (builder.sum(a, shift: s, b, shift: t), zip(p, q) { ($0 << s) + ($1 << t) })
    case 1: (id, results) = (builder.difference(a, shift: s, b, shift: t), zip(p, q) { ($0 << s) - ($1 << t) })
    case 2: (id, results) = (builder.product(a, b), zip(p, q) { $0 * $1 })
    case 3: (id, results) = (builder.shiftLeft(a, s), expected[p].map { $0 << s })
    case 4: (id, results) = (builder.shiftRight(a, s), expected[p].map { $0 >> s })
    case 5: (id, results) = (builder.bits(a, low: s, width: t), expected[p].map { ($0 >> s) & ((1 << t) - 1) })
    case 6:
      let type = FixedPointType(width: s + t, integerBits: 0, isSigned: s < t)
      (id, results) = (builder.wrap(a, width: s + t, signed: s < t), expected[p].map { type.wrapped($0) })
    case 7:
      let low = Int128(int(-40...20))
      let bounds = Interval(low, low + Int128(int(0...60)))
      (id, results) = (builder.clamp(a, to: bounds), expected[p].map { min(max($0, bounds.lower), bounds.upper) })
    case 8:
      let condition = int(0...conditions.count - 1)
      id = builder.select(conditions[condition], a, b)
      results = inputs.indices.map { expectedConditions[condition][$0] != 0 ? expected[p][$0] : expected[q][$0] }
    case 9:
      let entries = (0..<8).map { _ in Int64(int(-30...30)) }
      let rom = builder.rom(Rom(name: "rom", entries: entries))
      id = builder.lookup(rom, address: builder.bits(a, low: 0, width: 3))
      results = expected[p].map { Int128(entries[Int($0 & 7)]) }
    case 10: (id, results) = (builder.negate(a), expected[p].map { -$0 })
    case 11:
      let sum = int(0...values.count - 1)
      id = builder.accumulated(values[sum], a, digits: b, place: 2 * s, shift: t)
      results = inputs.indices.map {
        expected[sum][$0] + (expected[p][$0] * RadixFourDigit.value(of: expected[q][$0], at: 2 * s) << t)
      }
    default: return condition(p, q)
    }
    guard builder.range(id).bitWidth <= 40 else { return }
    values.append(id)
    expected.append(results)
  }

  private mutating func condition(_ p: Int, _ q: Int) {
    let (i, j) = (int(0...conditions.count - 1), int(0...conditions.count - 1))
    let (c, d) = (conditions[i], conditions[j])
    func both(_ body: (Int128, Int128) -> Int128) -> [Int128] {
      inputs.indices.map { body(expectedConditions[i][$0], expectedConditions[j][$0]) }
    }
    let (id, results): (ValueID, [Int128])
    switch int(0...5) {
    case 0: (id, results) = (builder.less(values[p], values[q]), zip(p, q) { $0 < $1 ? 1 : 0 })
    case 1: (id, results) = (builder.equal(values[p], values[q]), zip(p, q) { $0 == $1 ? 1 : 0 })
    case 2: (id, results) = (builder.and(c, d), both { $0 & $1 })
    case 3: (id, results) = (builder.or(c, d), both { $0 | $1 })
    case 4: (id, results) = (builder.not(c), both { a, _ in 1 - a })
    default: (id, results) = (builder.equal(c, builder.constant(1)), both { a, _ in a })
    }
    conditions.append(id)
    expectedConditions.append(results)
    values.append(id)
    expected.append(results)
  }

  private func zip(_ p: Int, _ q: Int, _ body: (Int128, Int128) -> Int128) -> [Int128] {
    inputs.indices.map { body(expected[p][$0], expected[q][$0]) }
  }

  /// The netlist with all values as outputs, and by event what they should be.
  package mutating func finish() -> (netlist: Netlist, expected: [[Int128]]) {
    for (index, id) in values.enumerated() {
      let type = FixedPointType(width: 64, integerBits: 64)
      builder.output(id, as: NetlistPort(tensor: "y", element: index, type: type))
    }
    return (builder.netlist, inputs.indices.map { event in expected.map { $0[event] } })
  }
}
