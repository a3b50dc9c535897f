import FixedPoint
import FixedPointIR
import Lowering
import NetlistIR
import TestSupport
import Testing

@Suite struct RequantizationTests {
  private static let sources = [
    FixedPointType(width: 9, integerBits: 4),
    FixedPointType(width: 8, integerBits: 3, isSigned: false),
    FixedPointType(width: 1, integerBits: 1),
  ]

  private static let targets: [(width: Int, integerBits: Int, isSigned: Bool)] = [
    (6, 4, true), (6, 4, false), (8, 3, true), (3, 5, true), (4, 4, false), (12, 3, true), (0, 0, true), (1, 1, true),
    (1, 0, false), (3, 2, true), (7, 9, true), (4, -3, true), (2, 12, false), (5, -40, true),
  ]

  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func `every value is rounded and fitted alike`(rounding: Rounding, overflow: Overflow) throws {
    var generator = SeededGenerator(seed: 1)
    for source in Self.sources {
      // All targets are elements of one layer, so that per-element types are tested too.
      let types = Self.targets.map { target in
        FixedPointType(
          width: target.width,
          integerBits: target.integerBits,
          isSigned: target.isSigned,
          rounding: rounding,
          overflow: overflow
        )
      }
      let gather = GatherOperation(sources: types.map { _ in .init(input: 0, element: 0) })
      let graph = graph(
        of: .gather(gather),
        inputs: [ElementTypes(each: [source])],
        output: ElementTypes(each: types)
      )
      let events = values(of: source, using: &generator).map { [$0] }
      try expectSameBits(graph, events: events, "\(source)")
    }
  }

  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func `rectified values are rounded and fitted alike`(rounding: Rounding, overflow: Overflow) throws {
    var generator = SeededGenerator(seed: 2)
    for source in Self.sources {
      let types = Self.targets.map { target in
        FixedPointType(
          width: target.width,
          integerBits: target.integerBits,
          isSigned: target.isSigned,
          rounding: rounding,
          overflow: overflow
        )
      }
      let graph = graph(
        of: .rectifier(.relu),
        inputs: [ElementTypes(uniform: source, count: types.count)],
        output: ElementTypes(each: types)
      )
      let events = values(of: source, using: &generator).map { [Double](repeating: $0, count: types.count) }
      try expectSameBits(graph, events: events, "\(source)")
    }
  }

  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func `wide values keep every bit`(rounding: Rounding, overflow: Overflow) throws {
    var generator = SeededGenerator(seed: 3)
    let source = FixedPointType(width: 52, integerBits: 20)
    let types = [(118, 60), (90, 88), (60, 10), (20, 20), (52, 20), (30, -20)].map { width, integerBits in
      FixedPointType(width: width, integerBits: integerBits, rounding: rounding, overflow: overflow)
    }
    let gather = GatherOperation(sources: types.map { _ in .init(input: 0, element: 0) })
    let graph = graph(of: .gather(gather), inputs: [ElementTypes(each: [source])], output: ElementTypes(each: types))
    try expectSameBits(graph, events: values(of: source, using: &generator).map { [$0] })
  }

  @Test func `what cannot happen is not built`() throws {
    let source = FixedPointType(width: 8, integerBits: 4)
    let same = source.with(rounding: .roundHalfToEven, overflow: .saturate)
    let wider = FixedPointType(width: 12, integerBits: 6, rounding: .roundHalfUp, overflow: .saturateSymmetric)
    let gather = GatherOperation(sources: [.init(input: 0, element: 0), .init(input: 0, element: 0)])
    let graph = graph(
      of: .gather(gather),
      inputs: [ElementTypes(each: [source])],
      output: ElementTypes(each: [same, wider])
    )
    let statistics = NetlistStatistics(try Lowering.lower(graph))
    #expect(statistics.adders + statistics.clamps + statistics.comparisons + statistics.selects == 0)
  }
}
