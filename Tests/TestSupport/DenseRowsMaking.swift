import Diagnostics
import FixedPoint
import FixedPointIR

extension MapOperation {
  /// A dense layer over rows, in a kernel whose types hold whatever any position has.
  ///
  /// - Parameter types: of the operand's elements, row by row.
  package static func rows(_ dense: DenseOperation, of types: ElementTypes) -> MapOperation {
    let positions = types.count / dense.inputSize
    let origin = Origin(file: "test", place: "kernel")
    let taps = (0..<dense.inputSize).map { i -> FixedPointType in
      let read = (0..<positions).map { types[$0 * dense.inputSize + i] }.filter { $0.width > 0 }
      let grid = read.map(\.fractionBits).max() ?? 0
      let range = read.reduce(Interval(0)) { $0.union($1.rawRange.shifted(by: grid - $1.fractionBits)) }
      return .containing(range, fractionBits: grid)
    }
    var body = FixedPointGraph(name: "kernel")
    let window = body.append(
      .input,
      named: "window",
      kind: "Input",
      inputs: [],
      shape: [taps.count],
      types: ElementTypes(each: taps),
      origin: origin
    )
    let sums = body.append(
      .dense(dense),
      named: "dense",
      kind: "Dense",
      inputs: [window],
      shape: [dense.outputSize],
      types: ElementTypes(uniform: FixedPointType(width: 1, integerBits: 1), count: dense.outputSize),
      origin: origin
    )
    body.outputs = [sums]
    let exact = RangeAnalysis(body).exact[1]
    body[sums].types = ElementTypes(each: exact.map { .containing($0.raw, fractionBits: $0.fractionBits) })
    return overLastAxis(of: [positions, dense.inputSize], body: body)
  }
}
