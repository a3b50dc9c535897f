import FixedPoint
import ModelIR

/// The graph with one layer per line and without weights, for tests; its text form is `description`.
///
/// For example: `%1 Dense_MatMul_0 [64] = dense(%0) kernel [16, 64]`
extension ModelGraph {
  package var summary: String {
    var lines = ["model \(name) from \(source.rawValue)"]
    for node in nodes {
      let operands = node.inputs.map { "%\($0.index)" }.joined(separator: ", ")
      lines.append("  %\(node.output.index) \(node.name) \(self[node.output].shape) = \(node.operation.text(operands))")
    }
    lines.append("  return " + outputs.map { "%\($0.index)" }.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }
}

extension ModelOperator {
  /// The operator applied to operands, with the shapes of its parameters.
  fileprivate func text(_ operands: String) -> String {
    switch self {
    case .input: "input"
    case .dense(let layer): "dense(\(operands)) kernel \(layer.kernel.shape)" + parameter("bias", layer.bias)
    case .batchNormalization(let layer):
      "batch_normalization(\(operands)) mean \(layer.mean.shape)" + parameter("gamma", layer.gamma)
        + parameter("beta", layer.beta) + " epsilon \(layer.epsilon)"
    case .affine(let layer): "affine(\(operands))" + parameter("scale", layer.scale) + parameter("bias", layer.bias)
    case .activation(let function): "\(function.name)(\(operands))" + function.parameterText
    case .reshape: "reshape(\(operands))"
    case .concatenate(let axis): "concatenate(\(operands)) axis \(axis)"
    case .merge(let kind): "\(kind.rawValue)(\(operands))"
    case .quantize(let quantizer): "quantize(\(operands)) types \(Set(quantizer.types).count)"
    case .gather: "gather(\(operands))"
    case .normalize(let norm): "normalize(\(operands)) norm \(norm.rawValue)"
    case .convolution(let layer):
      "convolution(\(operands)) kernel \(layer.kernel.shape)" + parameter("bias", layer.bias) + layer.window.text
        + (layer.groups == 1 ? "" : " groups \(layer.groups)")
    case .pool(let layer):
      switch layer.kind {
      case .maximum: "max_pool(\(operands)) size \(layer.window.axes.map(\.size))" + layer.window.text
      case .average(let countsPadding):
        "average_pool(\(operands)) size \(layer.window.axes.map(\.size))" + layer.window.text
          + (countsPadding && layer.window.hasPadding ? " counting padding" : "")
      }
    case .reduce(let layer):
      "reduce_\(layer.kind.rawValue)(\(operands)) axes \(layer.axes)" + (layer.keepsAxes ? " kept" : "")
    case .recurrence(let layer):
      "\(layer.cell.name)(\(operands)) of \(layer.units) units\(layer.isReversed ? ", backwards" : "")"
    case .product(let product): "product(\(operands)) axes \(product.left) \(product.right) to \(product.output)"
    case .embedding(let layer): "embedding(\(operands)) table \(layer.table.shape)"
    case .pad(let layer): "pad(\(operands)) before \(layer.before) after \(layer.after) value \(layer.value)"
    case .tableSum(let sums):
      "table_sum(\(operands)) edges \(sums.edges.count) tables \(sums.tables.count)"
    case .treeEnsemble(let ensemble):
      "tree_ensemble(\(operands)) trees \(ensemble.trees.count) splits \(ensemble.splitCount) leaves \(ensemble.leafCount)"
        + " depth \(ensemble.depth)"
    }
  }

  private func parameter(_ name: String, _ tensor: ParameterTensor?) -> String {
    tensor.map { " \(name) \($0.shape)" } ?? ""
  }
}

extension SlidingWindow {
  /// What differs from a window that moves by one and sees no padding.
  fileprivate var text: String {
    func list(_ name: String, _ values: [Int], unless plain: Int) -> String {
      values.allSatisfy { $0 == plain } ? "" : " \(name) \(values)"
    }
    return list("strides", axes.map(\.stride), unless: 1) + list("dilations", axes.map(\.dilation), unless: 1)
      + list("before", axes.map(\.before), unless: 0) + list("after", axes.map(\.after), unless: 0)
  }
}

extension ActivationFunction {
  fileprivate var parameterText: String {
    var text = ParameterText()
    var copy = self
    copy.visitParameters(&text)
    return text.text
  }
}

private struct ParameterText: ActivationParameterVisitor {
  var text = ""

  mutating func number(_ name: StaticString, _ value: inout Double) throws(Never) { text += " \(name) \(value)" }

  mutating func number(_ name: StaticString, label: String, unlessZero value: inout Double) throws(Never) {
    if value != 0 { text += " \(label) \(value)" }
  }

  mutating func number(_ name: StaticString, ifAny value: inout Double?) throws(Never) {
    if let value { text += " \(name) \(value)" }
  }

  mutating func tensor(_ name: StaticString, _ value: inout ParameterTensor) throws(Never) {
    text += " \(name) \(value.shape)"
  }

  mutating func axis(_ value: inout Int) throws(Never) { text += " axis \(value)" }
}
