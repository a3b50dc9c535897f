import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import TestSupport
import Testing

/// Every operator by itself, over all values of small types.
@Suite struct OperatorTests {
  private static let seeds = Array(0..<30 as Range<UInt64>)

  /// Checks an elementwise operation on every value of a random type.
  private func check(
    _ seed: UInt64,
    widths: ClosedRange<Int> = 0...9,
    _ operation: (inout RandomFixedPointGraph, FixedPointType) -> FixedOperation
  ) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let source = random.type(widths: widths)
    let outputs = (0..<4).map { _ in random.type(widths: 0...12) }
    let graph = graph(
      of: operation(&random, source),
      inputs: [ElementTypes(uniform: source, count: 4)],
      output: ElementTypes(each: outputs)
    )
    let events = values(of: source, using: &random.generator).map { [Double](repeating: $0, count: 4) }
    try expectSameBits(graph, events: events, "seed \(seed)")
  }

  private func vector(_ random: inout RandomFixedPointGraph, _ range: ClosedRange<Int> = -20...20) -> ConstantVector {
    ConstantVector(raw: (0..<4).map { _ in Int64(random.int(range)) }, fractionBits: random.int(-2...6))
  }

  private func table(
    _ random: inout RandomFixedPointGraph,
    entries: Int,
    addressing: TableAddressing
  ) -> AddressedTable {
    let type = random.type(widths: 1...12)
    let range = type.rawRange
    // Smooth and saturated functions as well as noise, since the lowering trims what repeats.
    let isNoise = random.int(0...1) == 0
    let span = max(range.upper - range.lower, 1)
    let values = (0..<entries).map { index -> Int64 in
      if isNoise { return Int64(Int128.random(in: range.lower...range.upper, using: &random.generator)) }
      let slope = Int128(index) * 3 * span / Int128(entries) - span
      return Int64(range.nearest(to: range.lower + slope))
    }
    return AddressedTable(table: LookupTable(entries: values, type: type), addressing: addressing)
  }

  @Test(arguments: seeds)
  func affine(seed: UInt64) throws {
    try check(seed) { random, _ in .affine(AffineOperation(scale: vector(&random), bias: vector(&random))) }
  }

  @Test(arguments: seeds)
  func rectifiers(seed: UInt64) throws {
    try check(seed) { random, _ in
      .rectifier(
        RectifierOperation(
          threshold: seed % 2 == 0 ? ConstantVector(0) : vector(&random),
          isInclusive: random.int(0...1) == 0,
          lowerSlope: seed % 3 == 0 ? ConstantVector(0) : vector(&random),
          lowerOffset: seed % 5 < 3 ? ConstantVector(0) : vector(&random),
          maximum: seed % 7 < 3 ? vector(&random, -5...40) : nil
        )
      )
    }
  }

  @Test(arguments: seeds)
  func `clamped lines`(seed: UInt64) throws {
    try check(seed) { random, _ in
      .clampedLinear(
        ClampedLinearOperation(
          slope: vector(&random),
          shift: vector(&random),
          lower: vector(&random, -30...0),
          upper: vector(&random, 1...30)
        )
      )
    }
  }

  @Test(arguments: seeds)
  func `tables over the proven range`(seed: UInt64) throws {
    try check(seed, widths: 0...14) { random, _ in
      let addressing = TableAddressing.linear(base: Int64(random.int(-40...20)), shift: random.int(-2...5))
      return .table(table(&random, entries: random.int(1...80), addressing: addressing))
    }
  }

  @Test(arguments: seeds)
  func `tables with a scaled index`(seed: UInt64) throws {
    try check(seed, widths: 0...18) { random, _ in
      let count = random.int(0...1) == 0 ? 1 << random.int(0...8) : random.int(1...200)
      let multiplier = Int64(random.int(0...1) == 0 ? count : random.int(1...300))
      let scaling = ScaledAddressing(
        multiplier: random.int(0...1) == 0 ? multiplier : -multiplier,
        rangeLog2: random.int(0...6),
        offset: Int64(random.int(0...2) == 0 ? 0 : random.int(-10...count))
      )
      return .table(table(&random, entries: count, addressing: .scaled(scaling)))
    }
  }

  @Test(arguments: seeds)
  func `tables addressed by leading bits`(seed: UInt64) throws {
    try check(seed, widths: 0...16) { random, type in
      let width = type.width + random.int(0...2)
      let bits = random.int(0...min(width, 8))
      return .table(table(&random, entries: 1 << bits, addressing: .leadingBits(bits: bits, width: width)))
    }
  }

  @Test(arguments: seeds)
  func `exponential units`(seed: UInt64) throws {
    try check(seed, widths: 0...15) { random, type in
      let rules: [TableAddressing] = [
        .linear(base: Int64(random.int(-40...20)), shift: random.int(-2...5)),
        .scaled(ScaledAddressing(multiplier: -64, rangeLog2: 3, offset: 0)),
        .leadingBits(bits: min(type.width, 6), width: type.width),
      ]
      let rule = rules[random.int(0...2)]
      var entries = random.int(1...80)
      if case .leadingBits(let bits, _) = rule { entries = 1 << bits }
      return .exponentialUnit(
        ExponentialUnitOperation(
          positiveScale: vector(&random),
          negativeScale: vector(&random),
          exponential: table(&random, entries: entries, addressing: rule)
        )
      )
    }
  }

  @Test(arguments: Overflow.allCases)
  func `results too wide for a ROM are quantised behind it`(overflow: Overflow) throws {
    var random = RandomFixedPointGraph(seed: 4)
    let source = FixedPointType(width: 6, integerBits: 3)
    let table = table(&random, entries: 40, addressing: .linear(base: -20, shift: 0))
    let output = FixedPointType(width: 100, integerBits: 20, overflow: overflow)
    let graph = graph(of: .table(table), inputs: [ElementTypes(each: [source])], output: ElementTypes(each: [output]))
    try expectSameBits(graph, events: values(of: source, using: &random.generator).map { [$0] })
  }

  @Test func `a table larger than firmware is refused`() throws {
    var random = RandomFixedPointGraph(seed: 4)
    let source = FixedPointType(width: 30, integerBits: 3)
    let table = table(&random, entries: 1 << 21, addressing: .leadingBits(bits: 21, width: 30))
    let graph = graph(of: .table(table), inputs: [ElementTypes(each: [source])], output: ElementTypes(each: [source]))
    #expect(throws: (any Error).self) { try Lowering.lower(graph) }
  }

  @Test func `a constant table is a constant`() throws {
    let source = FixedPointType(width: 6, integerBits: 3)
    let table = AddressedTable(
      table: LookupTable(entries: [Int64](repeating: 5, count: 40), type: source),
      addressing: .linear(base: -20, shift: 0)
    )
    let graph = graph(of: .table(table), inputs: [ElementTypes(each: [source])], output: ElementTypes(each: [source]))
    let netlist = try Lowering.lower(graph)
    #expect(netlist.values.count == 2)
    #expect(netlist.roms.isEmpty)
  }

  @Test(arguments: FixedMergeKind.allCases, 0..<12 as Range<UInt64>)
  func merges(kind: FixedMergeKind, seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let inputs = kind == .subtract || kind == .average ? 2 : random.int(2...4)
    let graph = graph(
      of: .merge(kind),
      inputs: (0..<inputs).map { _ in random.types(5) },
      output: ElementTypes(each: (0..<5).map { _ in random.type(widths: 0...16) })
    )
    try expectSameBits(graph, events: (0..<100).map { _ in random.inputs(for: graph) }, "seed \(seed)")
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func `the first maximum wins`(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed)
    let size = random.int(1...5)
    let count = random.int(1...2)
    // Narrow types, so that ties are frequent.
    let types = ElementTypes(each: (0..<size * count).map { _ in random.type(widths: 0...3) })
    let graph = graph(
      of: .argmax(groups: SoftmaxGroups(count: count, size: size)),
      inputs: [types],
      output: random.types(size * count)
    )
    try expectSameBits(graph, events: (0..<100).map { _ in random.inputs(for: graph) }, "seed \(seed)")
  }
}
