import FixedPoint
import Fuzzing
import NetlistIR

/// Random combinational values over a pool of words and conditions.
struct RandomLogic {
  var generator: SeededGenerator
  var words: [ValueID] = []
  var conditions: [ValueID] = []
  /// Whether only words that may be 0 are kept: what a register that is 0 at power-up may hold.
  var keepsZero = false

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  mutating func chance(_ percent: Int) -> Bool { int(0...99) < percent }

  mutating func type(maximum: Int = 24) -> FixedPointType {
    let width = chance(10) ? int(25...70) : int(1...maximum)
    return FixedPointType(width: width, integerBits: width - int(0...4), isSigned: chance(60))
  }

  /// Recent words more often than old ones.
  mutating func word() -> ValueID {
    words[chance(30) ? int(0...words.count - 1) : int(max(0, words.count - 8)...words.count - 1)]
  }

  mutating func condition() -> ValueID { conditions[int(0...conditions.count - 1)] }

  /// A word that lies in a range of a type.
  mutating func word(in range: Interval, of type: FixedPointType, _ builder: inout NetlistBuilder) -> ValueID {
    if range == .bit && chance(70) { return condition() }
    let wrapped = builder.wrap(word(), width: type.width, signed: type.isSigned)
    return builder.clamp(wrapped, to: range)
  }

  mutating func keep(_ id: ValueID, _ builder: NetlistBuilder) {
    let range = builder.range(id)
    if range.bitWidth <= 70 && !range.isConstant && (!keepsZero || range.contains(0)) { words.append(id) }
    if range == .bit { conditions.append(id) }
  }

  mutating func step(_ builder: inout NetlistBuilder) {
    let (a, b, c, d) = (word(), word(), condition(), condition())
    let shift = chance(30) ? int(1...5) : 0
    let width = max(1, builder[a].width)
    let id: ValueID
    switch int(0...15) {
    case 0: id = builder.sum(a, shift: 0, b, shift: shift)
    case 1: id = builder.sum(a, builder.constant(Int128(int(-90...90))))
    case 2: id = builder.difference(a, shift: shift, b)
    case 3: id = builder.difference(a, shift: 0, b, shift: shift)
    case 4:
      if builder[a].width + builder[b].width > 60 { return }
      id = builder.product(a, b)
    case 5: id = builder.shiftRight(a, int(1...4))
    case 6: id = builder.shiftLeft(a, int(1...3))
    case 7: id = builder.bits(a, low: int(0...width - 1), width: int(1...width))
    case 8: id = builder.wrap(a, width: int(1...width), signed: chance(50))
    case 9: id = builder.clamp(a, to: Interval(Int128(int(-200...0)), Int128(int(0...300))))
    case 10: id = builder.less(a, b)
    case 11: id = builder.equal(a, b)
    case 12: id = chance(50) ? builder.and(c, d) : builder.or(c, d)
    case 13: id = builder.not(c)
    case 14: id = builder.select(c, a, b)
    default:
      let bits = int(1...4)
      let count = int((1 << (bits - 1)) + 1...(1 << bits))
      let rom = builder.rom(Rom(name: "table", entries: (0..<count).map { _ in Int64(int(-90...200)) }))
      let field = builder.bits(a, low: 0, width: bits)
      id = builder.lookup(rom, address: builder.clamp(field, to: Interval(0, Int128(count - 1))))
    }
    keep(id, builder)
  }
}
