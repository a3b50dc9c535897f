import FixedPoint
import TextForm

extension DenseOperation {
  func writeFields(to writer: inout TextWriter) {
    writer.line("kernel \([inputSize, outputSize]) grid \(weightFractionBits)")
    writer.rows(weights, width: outputSize)
    writer.line("bias \(bias)")
    switch accumulation {
    case .exact: break
    case .stepwise(let type, .ascending): writer.line("stepwise \(type.shortDescription)")
    case .stepwise(let type, .resource(let reuseFactor)):
      writer.line("stepwise \(type.shortDescription) reuse \(reuseFactor)")
    }
  }
}

extension GatherOperation {
  /// `[0:3, 1:0 to 7]`: elements of inputs, those that follow one another as a range.
  var text: String {
    var runs: [(first: Source, count: Int)] = []
    for source in sources {
      if let last = runs.last, last.first.input == source.input, last.first.element + last.count == source.element {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((source, 1))
      }
    }
    let texts = runs.map { first, count in
      "\(first.input):\(first.element)" + (count == 1 ? "" : " to \(first.element + count - 1)")
    }
    return "[" + texts.joined(separator: ", ") + "]"
  }
}

extension SoftmaxOperation {
  func writeFields(to writer: inout TextWriter) {
    writer.line("groups \(groups.count) of \(groups.size)")
    switch algorithm {
    case .normalized(let rule):
      writer.line("normalized difference \(rule.differenceType?.shortDescription ?? "none")")
      writer.field("exponential", rule.exponential)
      writer.line("sum \(rule.sumType.shortDescription) argument \(rule.reciprocalInputType.shortDescription)")
      writer.field("reciprocal", rule.reciprocal)
    case .pairwise(let rule):
      writer.line("pairwise sum \(rule.sumType.shortDescription)")
      writer.field("exponential", rule.exponential)
      writer.field("reciprocal", rule.reciprocal)
    }
  }
}

extension TreeEnsembleOperation {
  func writeFields(to writer: inout TextWriter) {
    writer.line("grid \(leafFractionBits)")
    writer.line("bias \(bias)")
    if case .stepwise(let type) = accumulation { writer.line("stepwise \(type.shortDescription)") }
    for (index, tree) in trees.enumerated() {
      writer.line("tree \(index) of outputs \(tree.outputs) with leaves \(tree.leaves)")
      writer.indented { writer in
        for (position, node) in tree.nodes.enumerated() {
          switch node {
          case .split(let feature, let threshold, let left, let right):
            writer.line("\(position): x\(feature) < \(threshold) ? \(left) : \(right)")
          case .leaf(let leaf): writer.line("\(position): leaf \(leaf)")
          }
        }
      }
    }
  }
}

extension WindowAccess: CustomStringConvertible {
  /// `[size 3 stride 1 dilation 1 before 1 along 0, all 4] padding 0`, an entry per axis.
  package var description: String {
    let axes = axes.map { axis in
      switch axis {
      case .whole(let extent): "all \(extent)"
      case .window(let domainAxis, let size, let stride, let dilation, let before):
        "size \(size) stride \(stride) dilation \(dilation) before \(before) along \(domainAxis)"
      case .indexed(let domainAxis, let indices): "indices \(indices) along \(domainAxis)"
      }
    }
    let text = "[" + axes.joined(separator: ", ") + "]"
    return padding.map { text + " padding \($0.raw)" + ($0.fractionBits == 0 ? "" : "/2^\($0.fractionBits)") } ?? text
  }
}

extension TextWriter {
  /// A table: its type and its address rule, then its entries.
  mutating func field(_ name: String, _ table: AddressedTable) {
    let rule =
      switch table.addressing {
      case .scaled(let rule): "scaled by \(rule.multiplier) range \(rule.rangeLog2) offset \(rule.offset)"
      case .linear(let base, let shift): "linear base \(base) shift \(shift)"
      case .leadingBits(let bits, let width): "leading \(bits) of \(width)"
      }
    line("\(name) \(table.table.entries.count) of \(table.table.type.shortDescription) \(rule)")
    rows(table.table.entries, width: 16)
  }
}
