import DesignIR
import FixedPoint
import NetlistIR

/// Takes a netlist apart into bits, as its Verilog and synthesis do.
///
/// Values of pipelines are read behind the registers between their stages; of other logic, nothing is registered.
package struct BitBuilder: Sendable {
  private let netlist: Netlist
  /// The stage of every value; 0 in logic without stages.
  private let stages: [Int32]
  private let widths: [Int]
  private let tables: TableCost
  /// Values that are in the control pins of registers outside.
  private let isAbsorbed: [Bool]
  /// Whether no reader takes the value in its own stage.
  private let isRegistered: [Bool]

  /// Whether the part's tables with two outputs are used for sums of three; else such a sum has a constant, and synthesis makes two
  /// tables of a bit.
  private let hasTernarySums: Bool

  package private(set) var network: BitNetwork
  package private(set) var registers = BitRegisters()
  /// By output, its bits: what ports, registers outside, or control pins take.
  package private(set) var outputs: [[BitLiteral]] = []
  var sinks: [BitLiteral] { outputs.flatMap { $0 } }
  /// By value, the bits that are carried.
  private var bits: [[BitLiteral]]

  /// Values of the netlist.
  package var values: Int { bits.count }

  /// A pipeline.
  ///
  /// - Parameter style: where primitives are written, a bit and its opposite have the same registers.
  package init(
    _ circuit: Circuit,
    tables: TableCost,
    style: LogicStyle = .expressions
  ) {
    self.init(circuit.netlist, stages: circuit.stages, tables, isAbsorbed: nil, style: style)
    registers.sharesOpposites = style == .primitives
    registers.hasOwnRegister = tables.hasOwnRegister
    build()
    let rank = Int32(circuit.latency)
    for output in circuit.netlist.outputs {
      outputs.append(window(output.value, width: output.port.type.width, rank: rank, owner: output.value.raw))
    }
  }

  package init(_ logic: Netlist, tables: TableCost, isAbsorbed: [Bool]) {
    let stages = [Int32](repeating: 0, count: logic.values.count)
    self.init(logic, stages: stages, tables, isAbsorbed: isAbsorbed, style: .expressions)
    build()
    for output in logic.outputs {
      outputs.append(window(output.value, width: output.port.type.width, rank: 0, owner: output.value.raw))
    }
  }

  private init(
    _ netlist: Netlist,
    stages: [Int32],
    _ tables: TableCost,
    isAbsorbed: [Bool]?,
    style: LogicStyle
  ) {
    network = BitNetwork(style: style)
    self.netlist = netlist
    hasTernarySums = netlist.values.contains { value in
      guard case .addThree(let a, let b, let c) = value.instruction else { return false }
      return ![a, b, c].contains { netlist[$0.value].range.isConstant }
    }
    self.stages = stages
    self.tables = tables
    self.isAbsorbed = isAbsorbed ?? [Bool](repeating: false, count: netlist.values.count)
    widths = netlist.demandedWidths
    bits = [[BitLiteral]](repeating: [], count: netlist.values.count)
    var isRegistered = [Bool](repeating: isAbsorbed == nil, count: netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      value.instruction.forEachOperand { if stages[$0.index] == stages[index] { isRegistered[$0.index] = false } }
    }
    self.isRegistered = isRegistered
  }

  private mutating func build() {
    for index in netlist.values.indices where widths[index] > 0 { bits[index] = made(index) }
  }

  /// Whether all of the logic has primitives: products, and registers with enables, have not.
  package var isMappable: Bool {
    network.nodes.dropFirst().allSatisfy { if case .block = $0.kind { false } else { true } }
  }

  // MARK: Reading

  /// Bits `low ..< low + width` of a value as somebody behind a register rank reads them, extended by its sign.
  private mutating func window(
    _ id: ValueID,
    low: Int = 0,
    width: Int,
    rank: Int32,
    owner: Int32
  ) -> [BitLiteral] {
    let value = netlist[id]
    if value.range.isConstant {
      return (low..<low + max(width, 0)).map { .constant(value.range.lower >> min($0, 127) & 1 != 0) }
    }
    let carried = bits[id.index]
    return (low..<low + max(width, 0)).map { place in
      if place >= carried.count && !value.isSigned { return .zero }
      guard let bit = place < carried.count ? carried[place] : carried.last else { return .zero }
      return registers.read(bit, from: stages[id.index], at: rank, owner: id.raw, in: &network)
    }
  }

  private mutating func window(_ id: ValueID, low: Int = 0, width: Int, for index: Int) -> [BitLiteral] {
    window(id, low: low, width: width, rank: stages[index], owner: Int32(index))
  }

  private mutating func bit(_ id: ValueID, for index: Int) -> BitLiteral {
    window(id, width: 1, for: index).first ?? .zero
  }

  private mutating func word(_ id: ValueID, for index: Int) -> [BitLiteral] {
    window(id, width: carriedWidth(id), for: index)
  }

  private func carriedWidth(_ id: ValueID) -> Int {
    netlist[id].range.isConstant ? netlist[id].width : widths[id.index]
  }

  // MARK: Values

  private mutating func made(_ index: Int) -> [BitLiteral] {
    let owner = Int32(index)
    let width = widths[index]
    switch netlist.values[index].instruction {
    case .constant: return []
    case .input: return (0..<width).map { network.add(.source(bit: $0), owner: owner) }
    case .add(let a, let s, let b, let t):
      return sum(a, shift: Int(s), b, shift: Int(t), subtracts: false, index)
    case .subtract(let a, let s, let b, let t):
      return sum(a, shift: Int(s), b, shift: Int(t), subtracts: true, index)
    case .addThree(let a, let b, let c): return sum(of: [a, b, c], index)
    case .multiply(let a, let b):
      let operands = word(a, for: index) + word(b, for: index)
      return (0..<width).map { _ in network.add(.block, owner: owner, operands) }
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      return row(sum, factor, digits, place: Int(place), shift: min(Int(shift), width), index)
    case .shiftLeft(let a, let places):
      let zeros = min(Int(places), width)
      return [BitLiteral](repeating: .zero, count: zeros) + window(a, width: width - zeros, for: index)
    case .shiftRight(let a, let places): return window(a, low: Int(places), width: width, for: index)
    case .bits(let a, let low, let count):
      let inside = window(a, low: Int(low), width: min(Int(count), width), for: index)
      return inside + [BitLiteral](repeating: .zero, count: width - inside.count)
    case .wrap(let a, let count, let isSigned):
      let inside = window(a, width: min(Int(count), width), for: index)
      let fill = isSigned ? inside.last ?? .zero : .zero
      return inside + [BitLiteral](repeating: fill, count: width - inside.count)
    case .clamp, .select: return chosen(index)
    case .less(let a, let b): return [less(a, b, index)]
    case .equal(let a, let b):
      let width = commonWidth(a, b)
      let (x, y) = (window(a, width: width, for: index), window(b, width: width, for: index))
      return [network.equal(x, y, owner: owner)]
    case .and(let a, let b): return [network.and(bit(a, for: index), bit(b, for: index), owner: owner)]
    case .or(let a, let b): return [network.or(bit(a, for: index), bit(b, for: index), owner: owner)]
    case .not(let a): return [~bit(a, for: index)]
    case .lookup(let rom, let address):
      let inputs = word(address, for: index)
      if tables.isBlock[index] { return (0..<width).map { network.add(.memory(bit: $0), owner: owner, inputs) } }
      return network.lookup(netlist.roms[rom.index].entries, address: inputs, width: width, owner: owner)
    }
  }

  /// `(a << s) ± (b << t)`: below the higher operand's lowest bit, the bits of the other are copied.
  private mutating func sum(
    _ a: ValueID,
    shift s: Int,
    _ b: ValueID,
    shift t: Int,
    subtracts: Bool,
    _ index: Int
  ) -> [BitLiteral] {
    if !subtracts && (s > 0 || netlist[a].range.isConstant && t == 0) {
      return orderedSum(b, shift: t, a, shift: s, subtracts: false, index)
    }
    return orderedSum(a, shift: s, b, shift: t, subtracts: subtracts, index)
  }

  /// The same, in the order in which the terms are written.
  private mutating func orderedSum(
    _ a: ValueID,
    shift s: Int,
    _ b: ValueID,
    shift t: Int,
    subtracts: Bool,
    _ index: Int
  ) -> [BitLiteral] {
    let width = widths[index]
    var copied = min(s == 0 ? t : 0, width)
    if netlist[b].range.isConstant && s == 0 {
      copied = min(t + netlist[b].range.lower.trailingZeroBitCount % 128, width)
    }
    let zeros = [BitLiteral](repeating: .zero, count: min(s, width))
    let augend = zeros + window(a, width: width - zeros.count, for: index)
    let addend = window(b, low: copied - min(t, copied), width: width - copied, for: index)
    let high = Array(augend[copied...])
    if !subtracts && copied > 0 && high.allSatisfy({ $0 == .zero }) { return Array(augend[..<copied]) + addend }
    return Array(augend[..<copied]) + network.sum(high, addend, subtracts: subtracts, owner: Int32(index))
  }

  /// A sum of three terms: below the lowest bit that two of them decide, the bits of one are copied.
  private mutating func sum(of terms: [SumTerm], _ index: Int) -> [BitLiteral] {
    let width = widths[index]
    let low = min(netlist.firstSharedBit(of: terms), width)
    // Of constants, the sign is their own.
    let isInverted = terms.map { $0.isNegative && !netlist[$0.value].range.isConstant }
    let words = zip(terms, isInverted).map { term, isInverted in
      if term.isNegative && !isInverted {
        let constant = -netlist[term.value].range.lower << Int128(term.shift)
        return (0..<width).map { BitLiteral.constant(constant >> min($0, 127) & 1 != 0) }
      }
      let zeros = [BitLiteral](repeating: .zero, count: min(Int(term.shift), width))
      return zeros + window(term.value, width: width - zeros.count, for: index)
    }
    let copied = (0..<low).map { place in words.first { $0[place] != .zero }?[place] ?? .zero }
    let high = zip(words, isInverted).map { word, isInverted in
      let bits = Array(word[low...])
      return isInverted ? bits.map { ~$0 } : bits
    }
    if network.style == .expressions, !hasTernarySums,
      let constant = high.first(where: { $0.allSatisfy(\.isConstant) })
    {
      return copied + network.sum(ofTwo: high.filter { $0 != constant }, plus: constant, owner: Int32(index))
    }
    let ones = isInverted.count { $0 }
    return copied + network.sum(ofThree: high, ones: ones, owner: Int32(index))
  }

  /// A row of a multiplier: one table for every bit, of the sum's, two of the factor's and the digit's three.
  private mutating func row(
    _ sum: ValueID,
    _ factor: ValueID,
    _ digits: ValueID,
    place: Int,
    shift: Int,
    _ index: Int
  ) -> [BitLiteral] {
    let width = widths[index] - shift
    let terms = window(sum, low: shift, width: width, for: index)
    let once = window(factor, width: width, for: index)
    let digit = window(digits, low: max(0, place - 1), width: place == 0 ? 2 : 3, for: index)
    let copied = window(sum, width: shift, for: index)
    return copied + network.row(terms, once, digit: place == 0 ? [.zero] + digit : digit, owner: Int32(index))
  }

  private func commonWidth(_ a: ValueID, _ b: ValueID) -> Int {
    let (x, y) = (netlist[a], netlist[b])
    let isSigned = x.isSigned || y.isSigned
    return max(x.width + (isSigned && !x.isSigned ? 1 : 0), y.width + (isSigned && !y.isSigned ? 1 : 0), 1)
  }

  private mutating func less(_ a: ValueID, _ b: ValueID, _ index: Int) -> BitLiteral {
    if netlist[b].range.isConstant { return less(a, netlist[b].range.lower, index) }
    if netlist[a].range.isConstant { return ~less(b, netlist[a].range.lower + 1, index) }
    let width = commonWidth(a, b)
    var (x, y) = (window(a, width: width, for: index), window(b, width: width, for: index))
    // Of signed words, the greater one has the lower sign bit.
    if netlist[a].isSigned || netlist[b].isSigned { (x[width - 1], y[width - 1]) = (~x[width - 1], ~y[width - 1]) }
    return network.less(x, y, owner: Int32(index))
  }

  /// `a < bound`, by the fewest bits that decide it.
  private mutating func less(_ a: ValueID, _ bound: Int128, _ index: Int) -> BitLiteral {
    let value = netlist[a]
    let word = word(a, for: index)
    if !(value.range.lower < bound) { return .zero }
    if value.range.upper < bound { return .one }
    if bound == 0 { return word.last ?? .zero }
    let zeros = bound.trailingZeroBitCount
    let high = Array(word.dropFirst(zeros))
    switch bound >> zeros {
    case 1:
      let magnitude = value.isSigned ? Array(high.dropLast()) : high
      let none = network.all(magnitude.map { ~$0 }, owner: Int32(index))
      return value.isSigned ? network.or(word.last ?? .zero, none, owner: Int32(index)) : none
    case -1:
      let all = network.all(Array(high.dropLast()), owner: Int32(index))
      return network.and(high.last ?? .zero, ~all, owner: Int32(index))
    case let rest:
      var (word, limit) = (high, high.indices.map { BitLiteral.constant(rest >> min($0, 127) & 1 != 0) })
      // Of signed words, the greater one has the lower sign bit.
      if let last = word.indices.last, value.isSigned { (word[last], limit[last]) = (~word[last], ~limit[last]) }
      return network.less(word, limit, owner: Int32(index))
    }
  }

  // MARK: Choices

  /// A selection or a clamp.
  ///
  /// Where only registers read it, constants are loaded by their control pins.
  private mutating func chosen(_ index: Int) -> [BitLiteral] {
    let owner = Int32(index)
    let width = widths[index]
    let (conditions, rest) = choices(index, width)
    if isAbsorbed[index] {
      // The register's pins take the conditions; its data are what remains.
      return (0..<width).map { place in
        network.add(.block, owner: owner, conditions.flatMap { [$0.condition, $0.bits[place]] } + [rest[place]])
      }
    }
    return (0..<width).map { place in
      var left = conditions[...]
      var pins: [BitLiteral] = []
      let level = left.first?.bits[place] == .one
      if isRegistered[index], let first = left.first, first.bits[place].isConstant {
        while let next = left.first, next.bits[place] == .constant(level) {
          pins.append(next.condition)
          left = left.dropFirst()
        }
      }
      var bit = rest[place]
      for choice in left.reversed() { bit = network.select(choice.condition, choice.bits[place], bit, owner: owner) }
      if pins.isEmpty { return bit }
      let pin = pins.dropFirst().reduce(pins[0]) { network.or($0, $1, owner: owner) }
      return network.add(.control(level: level), owner: owner, [pin, bit])
    }
  }

  /// What is chosen under which condition, the strongest first, and what remains.
  private mutating func choices(
    _ index: Int,
    _ width: Int
  ) -> (conditions: [(condition: BitLiteral, bits: [BitLiteral])], rest: [BitLiteral]) {
    switch netlist.values[index].instruction {
    case .select(let condition, let a, let b):
      let choice = bit(condition, for: index)
      let (x, y) = (window(a, width: width, for: index), window(b, width: width, for: index))
      return netlist[b].range.isConstant && !netlist[a].range.isConstant ? ([(~choice, y)], x) : ([(choice, x)], y)
    case .clamp(let a, let lower, let upper):
      let range = netlist[a].range
      var conditions: [(BitLiteral, [BitLiteral])] = []
      func word(_ constant: Int128) -> [BitLiteral] { (0..<width).map { .constant(constant >> min($0, 127) & 1 != 0) } }
      if upper < range.upper { conditions.append((~less(a, upper + 1, index), word(upper))) }
      if lower > range.lower { conditions.append((less(a, lower, index), word(lower))) }
      return (conditions, window(a, width: width, for: index))
    case .input, .constant, .add, .subtract, .addThree, .multiply, .accumulate, .shiftLeft, .shiftRight, .bits, .wrap,
      .less, .equal,
      .and, .or,
      .not, .lookup:
      return ([], [BitLiteral](repeating: .zero, count: width))
    }
  }
}
