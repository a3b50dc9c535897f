import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

/// Functions as multiplications.
extension TrainedGraphBuilder {
  /// One multiplication, one addition and one limit for each element, where that gives the very levels of the function.
  mutating func addLine(
    _ function: PendingFunction,
    _ groups: [FunctionGroup],
    shape: [Int]
  ) throws -> FixedTensorID? {
    guard let first = groups.first, let resultBits = first.type?.fractionBits, function.isExact,
      groups.allSatisfy({ $0.fractionBits == first.fractionBits && $0.type?.fractionBits == resultBits })
    else { return nil }
    let count = shape.reduce(1, *)
    var fitted: [(line: FittedMultiplier?, low: Int128, high: Int128)] = []
    for group in groups {
      guard let type = group.type, type.overflow == .saturate || type.overflow == .saturateSymmetric,
        let representative = group.elements.first, let slope = function.fullSlope(representative),
        let thresholds = LevelThresholds(arguments: group.arguments, level: { level($0, function, group, type) })
      else { return nil }
      let high = thresholds.lowest + Int128(thresholds.firsts.count)
      let step = ConstantQuantization.scaled(slope, by: resultBits - group.fractionBits)
      let line = FittedMultiplier(thresholds, slope: step)
      if line == nil && !thresholds.firsts.isEmpty { return nil }
      fitted.append((line, thresholds.lowest, high))
    }
    let places = fitted.compactMap { $0.line?.places }.max() ?? 0
    var slopes = [Int64](repeating: 0, count: count)
    var shifts = slopes
    var lower = slopes
    var upper = slopes
    for (group, fit) in zip(groups, fitted) {
      let lift = Int128(1) << Int128(places - (fit.line?.places ?? places))
      let multiplier = (fit.line?.multiplier ?? 0) * lift
      let offset = fit.line.map { $0.offset * lift } ?? (fit.low << Int128(places))
      guard let slope = Int64(exactly: multiplier), let shift = Int64(exactly: offset),
        let low = Int64(exactly: fit.low), let high = Int64(exactly: fit.high)
      else { return nil }
      for element in group.elements {
        (slopes[element], shifts[element], lower[element], upper[element]) = (slope, shift, low, high)
      }
    }
    // In numbers: slope · t · 2^(places + result - argument), and so on.
    let operation = ClampedLinearOperation(
      slope: Self.vector(slopes, places + resultBits - first.fractionBits),
      shift: Self.vector(shifts, places + resultBits),
      lower: Self.vector(lower, resultBits),
      upper: Self.vector(upper, resultBits)
    )
    var argument = function.argument.tensor
    if let sources = function.sources { argument = gather(function, sources, shape: shape, from: argument) }
    var types = [FixedPointType](repeating: FixedPointType(width: 1, integerBits: 1), count: count)
    for group in groups {
      guard let type = group.type else { continue }
      for element in group.elements { types[element] = type.with(rounding: .truncate) }
    }
    return append(
      .clampedLinear(operation),
      named: function.name,
      kind: function.kind,
      inputs: [argument],
      shape: shape,
      types: ElementTypes(each: types),
      origin: function.origin
    )
  }

  private static func vector(_ raw: [Int64], _ fractionBits: Int) -> ConstantVector {
    ConstantQuantization.reduced(raw, fractionBits: fractionBits)
  }
}
