import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR

// Functions that fall or rise so steeply near zero that a table of equal steps would waste most of its entries elsewhere.
extension NativeGraphBuilder {
  /// Roots, reciprocals and logarithms as a sum of tables, one for each factor of two of the argument, each as fine as its octave needs.
  ///
  /// Every table holds the function's way through its octave, clamped at both ends, so the sum is the function. All entries stand on
  /// one grid and the ends meet exactly: nothing is lost by adding.
  mutating func addSteepFunction(_ node: ModelNode, _ function: ActivationFunction) throws {
    guard case .scalar(let value) = function.form else { preconditionFailure("a function of single numbers") }
    var input = aligned(node)
    var range = try steepRange(node, function, of: input)
    let isMirrored = range.upper < 0
    if isMirrored {
      let negation = AffineOperation(scale: ConstantVector(-1), bias: ConstantVector(0))
      input = append(.affine(negation), for: node, suffix: "mirrored", inputs: [input], choose: Self.exactTypes)
      range = Interval(-range.upper, -range.lower)
    }
    let sign = isMirrored ? -1.0 : 1.0
    let grid = graph[input].types.alignmentFractionBits
    let count = graph[input].count
    func at(_ raw: Int128) -> Double { value(sign * ConstantQuantization.scaled(Double(raw), by: -grid)) }
    let ends = [at(range.lower), at(range.upper)]
    var choice = choice(for: node, functionRange(min(ends[0], ends[1]), max(ends[0], ends[1]), count: count))
    if !isReturned[node.output.index] { choice.bits += Self.guardBits }
    let type = prescribedType(of: node) ?? choice.common
    let octaves = OctaveTables(
      arguments: range,
      fractionBits: grid,
      resultFractionBits: type.fractionBits,
      stepsLog2: max(min(activationBits(of: node) - 2, options.tableBits - 1), 3),
      value: value,
      sign: sign
    )
    let tables = octaves.tables
    let this = self
    guard tables.count > 1 else {
      append(.table(tables[0]), for: node, inputs: [input]) { _ in ElementTypes(uniform: type, count: count) }
      return
    }
    let parts = tables.enumerated().map { index, table in
      append(.table(table), for: node, suffix: "octave\(index)", inputs: [input]) { Self.exactTypes($0) }
    }
    append(.merge(.add), for: node, inputs: parts) { exact in
      this.prescribedType(of: node).map { ElementTypes(uniform: $0, count: exact.count) }
        ?? ElementTypes(uniform: type, count: exact.count)
    }
  }

  /// Bits beyond those of an activation where the function only scales others.
  private static let guardBits = 2

  /// The arguments that matter: what is proven, cut to twice what was observed; refused where the function has a pole among them.
  private func steepRange(_ node: ModelNode, _ function: ActivationFunction, of input: FixedTensorID) throws -> Interval
  {
    var range = argumentRange(input)
    let grid = graph[input].types.alignmentFractionBits
    if let seen = observed?[node.inputs[0].index], let least = seen.elementLower.min(),
      let most = seen.elementUpper.max()
    {
      let lower = least > 0 ? least / 2 : least * 2
      let upper = most > 0 ? most * 2 : most / 2
      let observed = Interval(
        Int128(ConstantQuantization.raw(lower, fractionBits: grid, rounding: .down)),
        Int128(ConstantQuantization.raw(upper, fractionBits: grid, rounding: .up))
      )
      range = range.intersection(observed) ?? range
    }
    // A root begins at zero, or where its offset ends.
    let pole: Double
    switch function {
    case .squareRoot: return Interval(max(range.lower, 0), max(range.upper, 1))
    case .inverseSquareRoot(let offset):
      if offset > 0 { return Interval(max(range.lower, 0), max(range.upper, 1)) }
      pole = -offset
    case .reciprocal(let offset): pole = -offset
    case .logarithm: pole = 0
    case .linear, .relu, .leakyReLU, .parametricReLU, .thresholdedReLU, .elu, .selu, .sigmoid, .hardSigmoid, .tanh,
      .hardTanh,
      .hardShrink, .softplus, .softsign, .clip, .hardSwish, .staircase, .erf, .gelu, .geluTanh, .swish, .exponential,
      .softmax:
      preconditionFailure("a root, a reciprocal or a logarithm")
    }
    let place = ConstantQuantization.scaled(pole, by: grid)
    if Double(range.lower) > place { return Interval(range.lower, max(range.upper, range.lower)) }
    if case .reciprocal = function, Double(range.upper) < place, pole == 0 { return range }
    // What is proven to be no less than the pole is taken to keep a step's distance.
    if Double(range.upper) > place, Double(range.lower) >= place - 1, observed != nil {
      return Interval(Int128(place.rounded(.down)) + 1, range.upper)
    }
    let ends = [range.lower, range.upper].map { ConstantQuantization.scaled(Double($0), by: -grid) }
    throw Diagnostic.error(
      "unbounded-function",
      """
      '\(node.name)' (\(function.name)) has arguments from \(ends[0]) to \(ends[1]), between which it grows without bound
      """,
      at: node.origin,
      hint: """
        give typical inputs (\(option: .calibration)) that keep a distance from the pole, or add a constant to what divides
        """
    )
  }

  /// The argument times the share of it that a gate lets through: GELU, swish.
  mutating func addGated(_ node: ModelNode, _ function: ActivationFunction) {
    guard let gate = function.gate else { preconditionFailure("a function that is a share of its argument") }
    let input = aligned(node)
    let bits = activationBits(of: node) + Self.guardBits
    let type = FixedPointType(width: bits, integerBits: 0, isSigned: false)
    let table = FunctionTable(
      arguments: argumentRange(input),
      fractionBits: graph[input].types.alignmentFractionBits,
      type: type,
      clamp: type.rawRange,
      sizeLog2: options.tableBits,
      function: gate
    )
    let share = append(.table(table.addressed), for: node, suffix: "gate", inputs: [input]) { Self.exactTypes($0) }
    let this = self
    append(.merge(.multiply), for: node, inputs: [input, share]) { this.activationTypes(of: node, $0) }
  }
}

/// A function of positive arguments as tables whose sum it is: one for the smallest arguments, then one for each factor of two.
///
/// A table holds its octave's values less the next table's first one, which that table gives for all smaller arguments.
struct OctaveTables {
  /// The arguments that occur, on one grid; all at least 0.
  var arguments: Interval
  var fractionBits: Int
  /// The grid of the entries.
  var resultFractionBits: Int
  /// The binary logarithm of the entries for a factor of two.
  var stepsLog2: Int
  var value: (Double) -> Double
  /// -1 where the function is asked for the mirrored argument.
  var sign = 1.0

  private func rounded(_ raw: Double) -> Int64 {
    let x = value(sign * ConstantQuantization.scaled(raw, by: -fractionBits))
    return ConstantQuantization.raw(x, fractionBits: resultFractionBits)
  }

  var tables: [AddressedTable] {
    let first = max(arguments.lower, 0)
    let last = max(arguments.upper, first)
    var bounds = [first]
    var end = Int128(1) << (stepsLog2 + 1)
    while end <= first { end <<= 1 }
    while end < last {
      bounds.append(end)
      end <<= 1
    }
    bounds.append(last + 1)
    var tables: [AddressedTable] = []
    // What the next table gives for every smaller argument.
    var rest: Int64?
    for (first, bound) in zip(bounds, bounds.dropFirst()).reversed() {
      var shift = 0
      while (bound - 1) >> shift >= Int128(1) << (stepsLog2 + 1) { shift += 1 }
      let base = first >> shift
      let middle = (ConstantQuantization.scaled(1, by: shift) - 1) / 2
      let values = (base...(bound - 1) >> shift).map { rounded(Double($0 << shift) + middle) }
      var entries = values.map { $0 - (rest ?? 0) }
      // Beyond its octave a table adds nothing.
      if rest != nil { entries.append(0) }
      rest = values[0]
      let range = Interval(Int128(entries.min() ?? 0), Int128(entries.max() ?? 0))
      tables.append(
        AddressedTable(
          table: LookupTable(entries: entries, type: .containing(range, fractionBits: resultFractionBits)),
          addressing: .linear(base: Int64(base), shift: shift)
        )
      )
    }
    return tables.reversed()
  }
}
