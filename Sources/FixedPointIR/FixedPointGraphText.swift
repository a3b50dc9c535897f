import FixedPoint

extension FixedPointGraph: CustomStringConvertible {
  /// One line per layer, for people and for tests: stable, and without the weights.
  package var description: String { text() }

  /// The text form.
  ///
  /// - Parameter showsConstants: whether kernels, biases, tables and sources are printed in full.
  package func text(showsConstants: Bool = false) -> String {
    var lines = ["graph '\(name)'"]
    if inputConversion.isSinglePrecision { lines.append("  inputs in float32") }
    if let divisors = inputConversion.divisors {
      lines.append("  inputs divided by " + divisors.map { "\($0)" }.joined(separator: " "))
    }
    for node in nodes {
      let tensor = self[node.output]
      let operands = node.inputs.map { "'\(self[$0].name)'" }.joined(separator: ", ")
      let shape = tensor.shape.map(String.init).joined(separator: "x")
      lines.append(
        "  '\(node.name)' \(node.kind) = \(node.operation.summary)(\(operands)) -> [\(shape)] \(tensor.types.summary)"
      )
      lines += node.operation.details.map { "    \($0)" }
      if showsConstants { lines += node.operation.constants.map { "    \($0)" } }
    }
    lines.append("  return \(outputs.map { "'\(self[$0].name)'" }.joined(separator: ", "))")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ElementTypes {
  /// The common type, or each type with the number of elements in a row that have it.
  package var summary: String {
    if let uniform { return uniform.shortDescription }
    var runs: [(type: FixedPointType, count: Int)] = []
    for type in all {
      if runs.last?.type == type { runs[runs.count - 1].count += 1 } else { runs.append((type, 1)) }
    }
    return "{"
      + runs.map { $0.count > 1 ? "\($0.count) \($0.type.shortDescription)" : $0.type.shortDescription }
      .joined(separator: ", ") + "}"
  }
}

extension ConstantVector: CustomStringConvertible {
  package var description: String {
    let values = raw.count == 1 ? "\(raw[0])" : "[\(raw.map(String.init).joined(separator: " "))]"
    return fractionBits == 0 ? values : "\(values)/2^\(fractionBits)"
  }

  /// One value in full, many by their number.
  fileprivate var summary: String {
    raw.count == 1 ? description : "[\(raw.count) values]/2^\(fractionBits)"
  }
}

extension FixedOperation {
  fileprivate var summary: String {
    facts.name
  }

  fileprivate var details: [String] {
    switch self {
    case .input, .argmax, .merge, .gather, .requantize: return []
    case .dense(let dense):
      let nonzero = dense.weights.count { $0 != 0 }
      return [
        "kernel \(dense.inputSize)x\(dense.outputSize)/2^\(dense.weightFractionBits), \(nonzero) nonzero, "
          + "positions \(dense.positions), \(dense.accumulation.summary)"
      ]
    case .affine(let rule): return ["scale \(rule.scale.summary), bias \(rule.bias.summary)"]
    case .rectifier(let rule):
      guard !rule.isPlainReLU else { return [] }
      return [
        "x \(rule.isInclusive ? ">=" : ">") \(rule.threshold.summary) ? x : \(rule.lowerSlope.summary) * x + "
          + rule.lowerOffset.summary + (rule.maximum.map { ", at most \($0.summary)" } ?? "")
      ]
    case .clampedLinear(let rule):
      return ["\(rule.slope.summary) * x + \(rule.shift.summary) within \(rule.lower.summary)...\(rule.upper.summary)"]
    case .table(let table): return [table.summary]
    case .exponentialUnit(let rule):
      return ["scales \(rule.positiveScale.summary), \(rule.negativeScale.summary)", rule.exponential.summary]
    case .softmax(let softmax): return softmax.details
    case .treeEnsemble(let ensemble): return [ensemble.summary]
    case .map(let map):
      return ["domain \(map.domain.map(String.init).joined(separator: "x"))"]
        + map.accesses.map { "read \($0.axes.map(\.summary).joined(separator: ", "))" }
        + map.body.description.split(separator: "\n").map { "  \($0)" }
    case .scan(let scan):
      return [
        "steps \(scan.steps)\(scan.isReversed ? " backward" : ""), \(scan.returnsAll ? "all results" : "last result")"
      ]
        + scan.body.description.split(separator: "\n").map { "  \($0)" }
    }
  }

  fileprivate var constants: [String] {
    switch self {
    case .input, .argmax, .merge, .requantize: return []
    case .dense(let dense):
      let rows = (0..<dense.inputSize).map { i in
        dense.weights[i * dense.outputSize..<(i + 1) * dense.outputSize].map(String.init).joined(separator: " ")
      }
      return ["bias \(dense.bias)"] + rows.map { "row \($0)" }
    case .affine(let rule): return ["scale \(rule.scale)", "bias \(rule.bias)"]
    case .rectifier(let rule):
      return [
        "threshold \(rule.threshold)", "slope \(rule.lowerSlope)", "offset \(rule.lowerOffset)",
      ] + (rule.maximum.map { ["maximum \($0)"] } ?? [])
    case .clampedLinear(let rule):
      return ["slope \(rule.slope)", "shift \(rule.shift)", "lower \(rule.lower)", "upper \(rule.upper)"]
    case .table(let table): return [table.contents]
    case .exponentialUnit(let rule):
      return ["scales \(rule.positiveScale), \(rule.negativeScale)", rule.exponential.contents]
    case .softmax(let softmax):
      switch softmax.algorithm {
      case .normalized(let rule): return [rule.exponential.contents, rule.reciprocal.contents]
      case .pairwise(let rule): return [rule.exponential.contents, rule.reciprocal.contents]
      }
    case .gather(let gather):
      return ["sources " + gather.sources.map { "\($0.input):\($0.element)" }.joined(separator: " ")]
    case .treeEnsemble(let ensemble): return ensemble.contents
    case .map(let map): return [map.body.text(showsConstants: true)]
    case .scan(let scan): return [scan.body.text(showsConstants: true)]
    }
  }
}

extension AxisAccess {
  fileprivate var summary: String {
    switch self {
    case .whole(let extent): "all \(extent)"
    case .window(let axis, let size, let stride, let dilation, let before):
      "\(size) along d\(axis), stride \(stride), dilation \(dilation), \(before) before"
    case .indexed(let axis, let indices): "one of \(indices.count) along d\(axis)"
    }
  }
}

extension Accumulation {
  fileprivate var summary: String {
    switch self {
    case .exact: return "exact sum"
    case .stepwise(let type, .ascending): return "stepwise sum in \(type.shortDescription)"
    case .stepwise(let type, .resource(let reuseFactor)):
      return "stepwise sum in \(type.shortDescription), order of reuse factor \(reuseFactor)"
    }
  }
}

extension TreeEnsembleOperation {
  fileprivate var summary: String {
    let splits = trees.reduce(0) { $0 + $1.nodes.count - $1.leafCount }
    let rule =
      switch accumulation {
      case .exact: "exact sum"
      case .stepwise(let type): "stepwise sum in \(type.shortDescription)"
      }
    return "\(trees.count) trees, \(splits) splits, leaves/2^\(leafFractionBits), \(rule)"
  }

  fileprivate var contents: [String] {
    ["bias \(bias)"]
      + trees.enumerated().flatMap { index, tree in
        ["tree \(index) of outputs \(tree.outputs) with leaves \(tree.leaves)"]
          + tree.nodes.enumerated().map { position, node in
            switch node {
            case .split(let feature, let threshold, let left, let right):
              "  \(position): x\(feature) < \(threshold) ? \(left) : \(right)"
            case .leaf(let leaf): "  \(position): leaf \(leaf)"
            }
          }
      }
  }
}

extension SoftmaxOperation {
  fileprivate var details: [String] {
    let groups = "\(groups.count) group(s) of \(groups.size)"
    switch algorithm {
    case .normalized(let rule):
      return [
        groups + ", difference \(rule.differenceType?.shortDescription ?? "none"), sum "
          + "\(rule.sumType.shortDescription), reciprocal of \(rule.reciprocalInputType.shortDescription)",
        "exponential " + rule.exponential.summary, "reciprocal " + rule.reciprocal.summary,
      ]
    case .pairwise(let rule):
      return [
        groups + ", pairwise, sum \(rule.sumType.shortDescription)", "exponential " + rule.exponential.summary,
        "reciprocal " + rule.reciprocal.summary,
      ]
    }
  }
}

extension AddressedTable {
  fileprivate var summary: String {
    let head = "table of \(table.entries.count) \(table.type.shortDescription), address "
    switch addressing {
    case .scaled(let rule): return head + "x * \(rule.multiplier)/2^\(rule.rangeLog2) + \(rule.offset)"
    case .linear(let base, let shift): return head + "(x >> \(shift)) - \(base)"
    case .leadingBits(let bits, let width): return head + "top \(bits) of \(width) bits"
    }
  }

  fileprivate var contents: String { "entries " + table.entries.map(String.init).joined(separator: " ") }
}
