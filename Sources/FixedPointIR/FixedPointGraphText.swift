import FixedPoint
import TextForm

extension FixedPointGraph: CustomStringConvertible {
  /// The whole graph as text, every constant included: ``init(parsing:file:)`` makes the same graph of it, but for the
  /// places in the files that it was read from.
  ///
  /// Layers are known by their names; kernels stand indented below the layer that fires them. Files of this form are called
  /// `.tricot`.
  package var description: String {
    var writer = TextWriter()
    write(to: &writer)
    return writer.text
  }

  fileprivate func write(to writer: inout TextWriter) {
    let makers = Dictionary(nodes.map { ($0.output, $0.name) }) { first, _ in first }
    func operands(_ tensors: [FixedTensorID]) -> String {
      tensors.map { (makers[$0] ?? self[$0].name).quotedName }.joined(separator: ", ")
    }
    writer.line("graph \(name.quotedName)")
    writer.indented { writer in
      if inputConversion.isSinglePrecision { writer.line("inputs in float32") }
      if let divisors = inputConversion.divisors { writer.line("inputs divided by \(divisors)") }
      if let offsets = inputConversion.offsets { writer.line("inputs offset by \(offsets)") }
      for node in nodes {
        let tensor = self[node.output]
        var line = "\(node.name.quotedName) \(node.kind.kindText) \(tensor.shape) \(tensor.types.summary)"
        line += " = \(node.operation.word)"
        if !node.inputs.isEmpty { line += "(\(operands(node.inputs)))" }
        if tensor.name != node.name { line += " tensor \(tensor.name.quotedName)" }
        if node.implementation != ImplementationChoice() {
          line += " build \(node.implementation.strategy.rawValue) reuse \(node.implementation.reuseFactor)"
          if let positions = node.implementation.parallelPositions { line += " positions \(positions)" }
          if let depth = node.implementation.extraDepth { line += " depth \(depth)" }
        }
        writer.line(line)
        writer.indented { node.operation.writeFields(to: &$0) }
      }
      writer.line("return " + operands(outputs))
    }
  }
}

extension ElementTypes {
  /// The common type, or all types in braces, those in a row that are equal counted.
  package var summary: String { uniform.map(\.shortDescription) ?? all.listText }
}

extension ConstantVector: CustomStringConvertible {
  /// One value for all, or a list, on its grid: `3/2^4`, `[1, -2]`.
  package var description: String {
    let values = raw.count == 1 ? "\(raw[0])" : "\(raw)"
    return fractionBits == 0 ? values : "\(values)/2^\(fractionBits)"
  }
}

extension FixedOperation {
  /// What the text form calls the operation: its ``Kind``, but for merges and the plain ReLU, which have words of their own.
  var word: String {
    switch self {
    case .merge(let kind): kind.rawValue
    case .rectifier(.relu): "relu"
    case .input, .dense, .affine, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .gather,
      .requantize, .treeEnsemble, .tableSum, .map, .scan:
      kind.rawValue
    }
  }

  /// Everything else that belongs to the operation, in the order in which ``init(kind:fieldsFrom:)`` reads it.
  fileprivate func writeFields(to writer: inout TextWriter) {
    switch self {
    case .input, .merge, .requantize, .rectifier(.relu): break
    case .dense(let dense): dense.writeFields(to: &writer)
    case .affine(let rule):
      writer.line("scale \(rule.scale)")
      writer.line("bias \(rule.bias)")
    case .rectifier(let rule):
      writer.line("threshold \(rule.threshold)" + (rule.isInclusive ? " inclusive" : ""))
      writer.line("slope \(rule.lowerSlope)")
      writer.line("offset \(rule.lowerOffset)")
      if let maximum = rule.maximum { writer.line("maximum \(maximum)") }
    case .clampedLinear(let rule):
      writer.line("slope \(rule.slope)")
      writer.line("shift \(rule.shift)")
      writer.line("lower \(rule.lower)")
      writer.line("upper \(rule.upper)")
    case .table(let table): writer.field("table", table)
    case .exponentialUnit(let rule):
      writer.line("positive \(rule.positiveScale)")
      writer.line("negative \(rule.negativeScale)")
      writer.field("exponential", rule.exponential)
    case .softmax(let softmax): softmax.writeFields(to: &writer)
    case .argmax(let groups): writer.line("groups \(groups.count) of \(groups.size)")
    case .gather(let gather): writer.line("sources \(gather.text)")
    case .treeEnsemble(let ensemble): ensemble.writeFields(to: &writer)
    case .tableSum(let sums): sums.writeFields(to: &writer)
    case .map(let map):
      writer.line("domain \(map.domain)")
      for access in map.accesses { writer.line("read \(access)") }
      map.body.write(to: &writer)
    case .scan(let scan):
      writer.line(
        "steps \(scan.steps) \(scan.isReversed ? "backward" : "forward") returning \(scan.returnsAll ? "all" : "last")"
      )
      for state in scan.initialStates { writer.line("state \(state.raw)") }
      if scan.startsFromOperands { writer.line("started by operands") }
      scan.body.write(to: &writer)
    }
  }
}
