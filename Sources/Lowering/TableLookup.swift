import FixedPoint
import NetlistIR

/// A function of a value as a list of results: `entries[q - first]`; outside, the first and the last entry hold on.
struct TabulatedFunction: Sendable {
  var entries: [Int64]
  /// The argument of the first entry.
  var first: Int128

  var last: Int128 { first + Int128(entries.count - 1) }

  /// The part that some arguments reach; never empty.
  func limited(to range: Interval) -> TabulatedFunction {
    let domain = Interval(first, last)
    let low = Int(domain.nearest(to: range.lower) - first)
    let high = Int(domain.nearest(to: range.upper) - first)
    return TabulatedFunction(entries: Array(entries[low...high]), first: first + Int128(low))
  }

  /// Without the entries at both ends that only repeat their neighbour.
  var trimmed: TabulatedFunction {
    var low = 0
    var high = entries.count - 1
    while low < high && entries[low] == entries[low + 1] { low += 1 }
    while low < high && entries[high] == entries[high - 1] { high -= 1 }
    return TabulatedFunction(entries: Array(entries[low...high]), first: first + Int128(low))
  }

  /// How many low bits of the argument never matter.
  var idleBits: Int {
    var places = 0
    while places < 20, coarsened(by: places + 1) != nil { places += 1 }
    return places
  }

  /// The same function of `floor(q / 2^places)`, or nil where the dropped bits matter.
  func coarsened(by places: Int) -> TabulatedFunction? {
    let start = first >> places
    var result = TabulatedFunction(entries: [], first: start)
    for (index, entry) in entries.enumerated() {
      let block = Int(((first + Int128(index)) >> places) - start)
      if block == result.entries.count {
        result.entries.append(entry)
      } else if result.entries[block] != entry {
        return nil
      }
    }
    return result
  }
}

/// How a tabulated function is built, and about how many six-input look-up tables that costs.
struct TablePlan {
  enum Addressing {
    /// The low bits of the argument's pattern.
    case pattern(width: Int)
    /// The argument minus the first.
    case offset
    /// The low bits of the argument's pattern; where that is beyond an end, its entry is selected behind the ROM.
    case selected
  }

  /// The function after trimming.
  var function: TabulatedFunction
  /// Low bits of the argument that are dropped.
  var idleBits: Int
  var isClamped: Bool
  var addressing: Addressing
  var cost: Int

  /// The cheapest plan for arguments of a range.
  ///
  /// - Parameter isOutsideFree: whether any entry may be read for arguments outside the function; then nothing is clamped.
  static func cheapest(for function: TabulatedFunction, arguments: Interval, isOutsideFree: Bool) -> TablePlan {
    let whole = function.limited(to: arguments)
    var best: TablePlan?
    for candidate in [whole, isOutsideFree ? whole : whole.trimmed] {
      let idle = candidate.idleBits
      let coarse = candidate.coarsened(by: idle) ?? candidate
      let range = arguments.shifted(by: -idle)
      for addressing in [Addressing.pattern(width: coarse.patternWidth), .offset, .selected] {
        let plan = TablePlan(coarse, idle, range, addressing, isOutsideFree: isOutsideFree)
        if let plan, plan.cost < best?.cost ?? .max { best = plan }
      }
    }
    return best ?? TablePlan(function: whole, idleBits: 0, isClamped: true, addressing: .offset, cost: .max)
  }

  private init?(
    _ function: TabulatedFunction,
    _ idleBits: Int,
    _ range: Interval,
    _ addressing: Addressing,
    isOutsideFree: Bool
  ) {
    let domain = Interval(function.first, function.last)
    let width = (function.entries.max() ?? 0) == (function.entries.min() ?? 0) ? 0 : function.entryWidth
    let isClamped = !domain.contains(range) && !isOutsideFree
    var cost = isClamped ? 2 * range.bitWidth : 0
    switch addressing {
    case .pattern(let bits):
      guard bits <= 24 else { return nil }
      cost += Self.romCost(entries: 1 << bits, width: width)
    case .offset:
      // Free arguments have no place outside the ROM.
      guard !isOutsideFree else { return nil }
      cost += Self.romCost(entries: function.entries.count, width: width)
      if function.first != 0 { cost += domain.bitWidth }
    case .selected:
      // Comparisons as before a clamp, then one selection for every bit of the entries: worth it where the ROM is half as large.
      let middle = function.between(range)
      guard isClamped, !middle.entries.isEmpty, middle.addressWidth < function.addressWidth else { return nil }
      cost = range.bitWidth + width + Self.romCost(entries: 1 << middle.addressWidth, width: width)
    }
    self.init(function: function, idleBits: idleBits, isClamped: isClamped, addressing: addressing, cost: cost)
  }

  private init(function: TabulatedFunction, idleBits: Int, isClamped: Bool, addressing: Addressing, cost: Int) {
    self.function = function
    self.idleBits = idleBits
    self.isClamped = isClamped
    self.addressing = addressing
    self.cost = cost
  }

  private static func romCost(entries: Int, width: Int) -> Int {
    let addressBits = entries <= 1 ? 0 : Int.bitWidth - (entries - 1).leadingZeroBitCount
    return width * max(1, 1 << max(0, addressBits - 6))
  }
}

extension TabulatedFunction {
  fileprivate var entryWidth: Int {
    Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0)).bitWidth
  }

  /// Without the entries at those ends beyond which there are arguments.
  fileprivate func between(_ arguments: Interval) -> TabulatedFunction {
    let low = arguments.lower < first ? 1 : 0
    let high = arguments.upper > last ? 1 : 0
    return TabulatedFunction(entries: Array(entries.dropFirst(low).dropLast(high)), first: first + Int128(low))
  }

  /// Low bits that tell the arguments apart, wherever they begin.
  fileprivate var addressWidth: Int { Interval(0, Int128(max(entries.count - 1, 0))).bitWidth }

  /// The ROM in the order of the arguments' low bits; patterns that never occur repeat the first entry.
  fileprivate func entriesByLowBits(width: Int) -> [Int64] {
    let mask = Int128(1) << width - 1
    return (0..<Int128(1) << width).map { pattern in
      let index = (pattern - first) & mask
      return entries[index < entries.count ? Int(index) : 0]
    }
  }

  /// Bits that tell the arguments apart: where all are negative, the sign is not among them.
  fileprivate var patternWidth: Int {
    let width = Interval(first, last).bitWidth
    return last < 0 ? width - 1 : width
  }

  /// The ROM in the order of the patterns of `width` bits; patterns that never occur repeat the nearest entry.
  fileprivate func patternEntries(width: Int) -> [Int64] {
    let count = Int128(1) << width
    let domain = Interval(first, last)
    return (0..<Int(count)).map { pattern in
      let isNegative = last < 0 || first < 0 && Int128(pattern) >= count / 2
      let value = isNegative ? Int128(pattern) - count : Int128(pattern)
      return entries[Int(domain.nearest(to: value) - first)]
    }
  }
}

extension NetlistBuilder {
  /// Reads a tabulated function.
  mutating func read(_ plan: TablePlan, at argument: ValueID, name: String) -> ValueID {
    let function = plan.function
    let coarse = shiftRight(argument, plan.idleBits)
    func inside() -> ValueID { plan.isClamped ? clamp(coarse, to: Interval(function.first, function.last)) : coarse }
    switch plan.addressing {
    case .selected: return selected(function, at: coarse, name: name)
    case .offset:
      let first = constant(function.first)
      let distance = difference(inside(), first)
      let address = bits(distance, low: 0, width: Interval(Int128(function.entries.count - 1)).bitWidth)
      // The netlist may not know that the last patterns of the address never occur.
      let missing = Int(range(address).upper) + 1 - function.entries.count
      let padding = [Int64](repeating: function.entries.last ?? 0, count: max(0, missing))
      let id = rom(Rom(name: name, entries: function.entries + padding))
      return lookup(id, address: address)
    case .pattern(let width):
      let address = bits(inside(), low: 0, width: width)
      let entries = function.patternEntries(width: width)
      let id = rom(Rom(name: name, entries: Array(entries[...Int(range(address).upper)])))
      return lookup(id, address: address)
    }
  }

  private mutating func selected(_ function: TabulatedFunction, at argument: ValueID, name: String) -> ValueID {
    let arguments = range(argument)
    let middle = function.between(arguments)
    guard !middle.entries.isEmpty else {
      let ends = [function.entries.first, function.entries.last].map { constant(Int128($0 ?? 0)) }
      return select(less(argument, constant(function.last)), ends[0], ends[1])
    }
    let width = middle.addressWidth
    let id = rom(Rom(name: name, entries: middle.entriesByLowBits(width: width)))
    var result = lookup(id, address: bits(argument, low: 0, width: width))
    if arguments.lower < function.first, let entry = function.entries.first {
      let isBelow = less(argument, constant(middle.first))
      result = select(isBelow, constant(Int128(entry)), result)
    }
    if arguments.upper > function.last, let entry = function.entries.last {
      let isWithin = less(argument, constant(function.last))
      result = select(isWithin, result, constant(Int128(entry)))
    }
    return result
  }
}
