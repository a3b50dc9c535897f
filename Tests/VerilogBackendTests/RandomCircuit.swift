import DesignIR
import FixedPoint
import NetlistIR
import TestSupport

/// Random netlists over all instructions, cut into random legal stages.
struct RandomCircuit {
  private var generator: SeededGenerator
  private var builder: NetlistBuilder
  private var words: [ValueID] = []
  private var conditions: [ValueID] = []
  private var inputTypes: [FixedPointType] = []

  /// Input widths that hit the corners: none, one bit, machine words and one more, very wide.
  static let inputWidths = [0, 1, 1, 2, 3, 5, 8, 8, 9, 13, 16, 31, 32, 33, 63, 64, 65, 100]

  private let hasProducts: Bool

  init(seed: UInt64, hasProducts: Bool = true) {
    self.hasProducts = hasProducts
    generator = SeededGenerator(seed: seed)
    builder = NetlistBuilder(name: "random \(seed)")
  }

  /// A circuit of about `count` values, and events for it.
  static func make(
    seed: UInt64,
    count: Int,
    events: Int,
    hasProducts: Bool = true
  ) -> (Circuit, [[Int128]]) {
    var random = RandomCircuit(seed: seed, hasProducts: hasProducts)
    random.addInputs()
    for layer in 0..<6 {
      random.builder.beginScope(NetlistScope(name: "layer \(layer)", kind: "Random"))
      for element in 0..<(count / 6) {
        random.builder.element = element % 3 == 0 ? -1 : Int32(element / 3)
        random.addValue()
      }
    }
    random.addOutputs()
    let circuit = random.cut()
    return (circuit, (0..<events).map { _ in random.event() })
  }

  // MARK: - Parts

  private mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  private mutating func addInputs() {
    builder.beginScope(NetlistScope(name: "input", kind: "Input"))
    for (index, width) in Self.inputWidths.enumerated() {
      let type = FixedPointType(width: width, integerBits: width, isSigned: index % 3 != 0)
      inputTypes.append(type)
      builder.element = Int32(index)
      let tensor = index < 12 ? "narrow" : "wide"
      words.append(builder.input(NetlistPort(tensor: tensor, element: index < 12 ? index : index - 12, type: type)))
    }
    builder.element = -1
    conditions.append(builder.isNegative(words[4]))
  }

  /// Recent values more often than old ones.
  private mutating func word() -> ValueID {
    words[int(0...3) == 0 ? int(0...(words.count - 1)) : int(max(0, words.count - 20)...(words.count - 1))]
  }

  private mutating func condition() -> ValueID { conditions[int(0...(conditions.count - 1))] }

  private mutating func constant() -> ValueID {
    let magnitude = Int128(1) << int(0...20)
    return builder.constant(int(0...1) == 0 ? magnitude : Int128(int(-300...300)))
  }

  private mutating func addValue() {
    let a = word()
    let b = int(0...4) == 0 ? constant() : word()
    let shift = int(0...2) == 0 ? int(1...9) : 0
    let width = max(1, builder[a].width)
    switch int(0...17) {
    case 0, 1: keep(builder.sum(a, shift: 0, b, shift: shift))
    case 2: keep(builder.sum(a, shift: shift, b))
    case 3, 4: keep(builder.difference(a, shift: 0, b, shift: shift))
    case 5: keep(builder.difference(a, shift: shift, b))
    case 6: keep(builder.difference(b, a))
    case 7: if hasProducts && builder[a].width + builder[b].width < 80 { keep(builder.product(a, b)) }
    case 8: keep(builder.shiftLeft(a, int(1...6)))
    case 9: keep(builder.shiftRight(a, int(1...6)))
    case 10: keep(builder.bits(a, low: int(0...width), width: int(1...max(1, width))))
    case 11, 12: keep(builder.wrap(a, width: int(1...width), signed: int(0...1) == 0))
    case 13: keep(builder.clamp(a, to: bounds(of: builder.range(a))))
    case 14: conditions.append(builder.less(a, b))
    case 15: conditions.append(int(0...2) == 0 ? builder.equal(a, b) : builder.isNegative(a))
    case 16: keep(builder.select(condition(), a, b))
    default: addLogicOrLookup(a)
    }
  }

  private mutating func addLogicOrLookup(_ a: ValueID) {
    switch int(0...3) {
    case 0: conditions.append(builder.and(condition(), condition()))
    case 1: conditions.append(builder.or(condition(), condition()))
    case 2: conditions.append(builder.not(condition()))
    default:
      let addressBits = int(1...5)
      let count = int((1 << addressBits - 1) + 1...(1 << addressBits))
      let entries = (0..<count).map { _ in Int64(int(-90...200)) }
      let rom = builder.rom(Rom(name: "table", entries: entries))
      let address = builder.clamp(
        builder.bits(a, low: 0, width: addressBits),
        to: Interval(0, Int128(count - 1))
      )
      keep(builder.lookup(rom, address: address))
    }
  }

  private mutating func bounds(of range: Interval) -> Interval {
    if int(0...1) == 0 {
      let (low, high) = (Int128(1) << int(0...12), Int128(1) << int(0...12))
      return Interval([-low, 0, 1 - low][int(0...2)], high - 1)
    }
    let low = int(-200...100)
    return Interval(Int128(low), Int128(low + int(1...400)))
  }

  private mutating func keep(_ id: ValueID) {
    if builder[id].width <= 110 { words.append(id) }
  }

  private mutating func addOutputs() {
    for index in 0..<24 {
      let id = index < 4 ? condition() : index < 20 ? words[words.count - index] : word()
      let range = builder.range(id)
      let width = range.bitWidth + int(0...3)
      // Half of them wrapped, so that high bits of sums are not needed.
      let kept = index % 2 == 0 || width < 4 ? width : width / 2
      let type = FixedPointType(
        width: kept,
        integerBits: 3,
        isSigned: range.lower < 0 || (kept > range.bitWidth && index % 3 == 0)
      )
      let value = builder.wrap(id, width: kept, signed: type.isSigned)
      builder.output(value, as: NetlistPort(tensor: index < 9 ? "first" : "second", element: index, type: type))
    }
    let zero = builder.constant(0)
    builder.output(zero, as: NetlistPort(tensor: "zero", element: 0, type: FixedPointType(width: 0, integerBits: 0)))
    builder.output(zero, as: NetlistPort(tensor: "second", element: 24, type: FixedPointType(width: 3, integerBits: 3)))
  }

  private mutating func cut() -> Circuit {
    let netlist = builder.netlist
    var stages: [Int32] = []
    for value in netlist.values {
      let earliest = value.instruction.operands.map { stages[$0.index] }.max() ?? 0
      let isFree = value.instruction.operands.isEmpty
      stages.append(isFree ? 0 : earliest + Int32([0, 0, 0, 0, 0, 1, 1, 4][int(0...7)]))
    }
    let latency = Int(stages.max() ?? 0) + 1 + int(0...2)
    return Circuit(netlist: netlist, stages: stages, latency: latency, clockPeriod: 5, worstStageDelay: 0)
  }

  private mutating func event() -> [Int128] {
    let corner = int(0...3)
    return inputTypes.map { type in
      let (low, high) = (type.minimumRaw, type.maximumRaw)
      if corner == 0 { return int(0...1) == 0 ? low : high }
      if corner == 1 { return min(max(Int128(int(-2...2)), low), high) }
      return Int128.random(in: low...high, using: &generator)
    }
  }
}
