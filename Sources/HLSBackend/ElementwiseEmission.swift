import FixedPoint
import FixedPointIR

extension LayerEmission {
  func affineCode(_ rule: AffineOperation) -> LayerCode {
    var code = elementwise("x * scale + bias")
    code.library = "activation"
    code.body = [call(.affine, [add(rule.scale, "scale", to: &code), add(rule.bias, "bias", to: &code)])]
    return code
  }

  func rectifierCode(_ rule: RectifierOperation) -> LayerCode {
    var code = elementwise("max(x, 0)")
    code.library = "activation"
    if rule.isPlainReLU {
      code.body = [call(.relu)]
      return code
    }
    code.summary = "x \(rule.isInclusive ? ">=" : ">") threshold ? x : slope * x + offset"
    code.members.append("static const bool is_inclusive = \(rule.isInclusive);")
    let ranges = (0..<count).flatMap { i -> [ExactRange] in
      let x = range(i)
      let product = x * rule.lowerSlope.range(at: i)
      return [x, product, product + rule.lowerOffset.range(at: i)] + (rule.maximum.map { [$0.range(at: i)] } ?? [])
    }
    code.type("value_t", CppText.type(.containing(ranges)))
    let constants = [
      add(rule.threshold, "threshold", to: &code), add(rule.lowerSlope, "slope", to: &code),
      add(rule.lowerOffset, "offset", to: &code),
    ]
    if let maximum = rule.maximum {
      code.summary += ", at most a maximum"
      code.body = [call(.limitedRectifier, constants + [add(maximum, "maximum", to: &code)])]
    } else {
      code.body = [call(.rectifier, constants)]
    }
    return code
  }

  func clampedLineCode(_ rule: ClampedLinearOperation) -> LayerCode {
    var code = elementwise("slope * x + shift, at least lower and at most upper")
    code.library = "activation"
    let ranges = (0..<count).flatMap { i -> [ExactRange] in
      let product = range(i) * rule.slope.range(at: i)
      return [product, product + rule.shift.range(at: i), rule.lower.range(at: i), rule.upper.range(at: i)]
    }
    code.type("value_t", CppText.type(.containing(ranges)))
    let constants = [
      add(rule.slope, "slope", to: &code), add(rule.shift, "shift", to: &code), add(rule.lower, "lower", to: &code),
      add(rule.upper, "upper", to: &code),
    ]
    code.body = [call(.clampedLine, constants)]
    return code
  }

  // MARK: - Joins

  /// A loop over the elements that is short enough to stand in the layer's own header.
  func mergeCode(_ kind: FixedMergeKind) -> LayerCode {
    var code = elementwise("element by element, \(kind.rawValue)")
    let operands = inputNames.map { "\($0)[i]" }
    let value: [CppStatement]
    let result: String
    switch kind {
    case .add: (value, result) = ([], operands.joined(separator: " + "))
    case .subtract: (value, result) = ([], operands.joined(separator: " - "))
    case .multiply: (value, result) = ([], operands.joined(separator: " * "))
    case .average: (value, result) = ([], "(\(operands.joined(separator: " + "))) * tricot::half()")
    case .maximum: (value, result) = (extremum(operands, ">", &code), "value")
    case .minimum: (value, result) = (extremum(operands, "<", &code), "value")
    }
    code.body = [.loop(CppLoop(label: "elements", count: count, body: value + [self.result("i", result)]))]
    return code
  }

  private func extremum(_ operands: [String], _ comparison: String, _ code: inout LayerCode) -> [CppStatement] {
    let types = node.inputs.indices.map { container($0) }
    let ranges = types.map { ExactRange(raw: $0.rawRange, fractionBits: $0.fractionBits) }
    code.type("value_t", CppText.type(.containing(ranges)))
    return [.variable(type: "\(configuration)::value_t", name: "value", value: operands[0])]
      + operands.dropFirst().map { .conditional("\($0) \(comparison) value", assign: "value", value: $0) }
  }

  // MARK: - Moves

  /// Up to this many runs of neighbours are written as loops of their own.
  private static let shownRuns = 8

  func gatherCode(_ gather: GatherOperation) -> LayerCode {
    var code = elementwise("moves elements")
    code.numbers = []
    var runs: [(start: Int, count: Int)] = []
    for (i, source) in gather.sources.enumerated() {
      if let run = runs.last, case let first = gather.sources[run.start], first.input == source.input,
        source.element == first.element + run.count
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((i, 1))
      }
    }
    if runs.count > Self.shownRuns {
      code.body = gather.sources.enumerated().map { i, source in
        result("\(i)", "\(inputNames[source.input])[\(source.element)]")
      }
      return code
    }
    func shifted(_ offset: Int) -> String { offset == 0 ? "i" : "i + \(offset)" }
    for (number, run) in runs.enumerated() {
      let source = gather.sources[run.start]
      let loop = CppLoop(
        label: runs.count == 1 ? "elements" : "part\(number)",
        count: run.count,
        body: [result(shifted(run.start), "\(inputNames[source.input])[\(shifted(source.element))]")]
      )
      code.body.append(.loop(loop))
    }
    return code
  }
}
