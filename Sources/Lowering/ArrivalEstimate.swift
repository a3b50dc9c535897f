import AdderGraphs
import FixedPoint
import FixedPointIR

/// When the elements of every tensor are there, in adder levels: known before anything is lowered, so that the adder
/// graphs of all layers can be sought at once.
///
/// Only differences within one layer matter, and they only choose which operands are added first.
struct ArrivalEstimate {
  /// By tensor, then by element.
  private(set) var levels: [[Int]]

  init(_ graph: FixedPointGraph) {
    levels = graph.tensors.map { _ in [] }
    for node in graph.nodes { levels[node.output.index] = outputLevels(of: node, in: graph) }
  }

  private func outputLevels(of node: FixedNode, in graph: FixedPointGraph) -> [Int] {
    let count = graph[node.output].count
    func inputs(_ element: Int) -> Int { node.inputs.reduce(0) { max($0, levels[$1.index][element]) } }
    func afterInputs(_ more: Int) -> [Int] { (0..<count).map { inputs($0) + more } }
    switch node.operation {
    case .input: return [Int](repeating: 0, count: count)
    case .dense(let dense): return denseLevels(dense, inputs: levels[node.inputs[0].index][...])
    case .affine, .clampedLinear: return afterInputs(3)
    case .rectifier: return afterInputs(1)
    case .table: return afterInputs(2)
    case .exponentialUnit: return afterInputs(3)
    case .softmax(let softmax):
      return grouped(
        softmax.groups,
        levels[node.inputs[0].index],
        more: 2 * Self.depth(Double(softmax.groups.size)) + 8
      )
    case .argmax(let groups):
      return grouped(groups, levels[node.inputs[0].index], more: 2 * Self.depth(Double(groups.size)))
    case .merge(let kind): return afterInputs(kind == .multiply ? 4 : Self.depth(Double(node.inputs.count)) + 1)
    case .gather(let gather): return gather.sources.map { levels[node.inputs[$0.input].index][$0.element] }
    case .requantize: return afterInputs(0)
    case .treeEnsemble(let ensemble):
      let first = levels[node.inputs[0].index].max() ?? 0
      return [Int](repeating: first + 4 + Self.depth(Double(max(ensemble.trees.count, 1))), count: count)
    case .tableSum(let sums):
      let first = levels[node.inputs[0].index].max() ?? 0
      return sums.edgesByOutput.map { first + 2 + Self.depth(Double(max($0.count, 1))) }
    case .map(let map):
      if let dense = map.denseOverRows(of: graph[node.inputs[0]].shape) {
        let inputs = levels[node.inputs[0].index]
        return (0..<map.firings).flatMap { position in
          denseLevels(dense, inputs: inputs[position * dense.inputSize..<(position + 1) * dense.inputSize])
        }
      }
      return kernelLevels(node, map.body, result: map.body.outputs[0], firings: 1, count: count)
    case .scan(let scan): return kernelLevels(node, scan.body, result: scan.result, firings: scan.steps, count: count)
    }
  }

  /// The least depth of a sum of signed digits that arrive at different levels.
  private func denseLevels(_ dense: DenseOperation, inputs: ArraySlice<Int>) -> [Int] {
    var loads = [Double](repeating: 1, count: dense.outputSize)
    for (i, level) in inputs.enumerated() {
      let weight = Double(sign: .plus, exponent: min(level, 512), significand: 1)
      for j in 0..<dense.outputSize {
        let digits = SignedDigits.count(dense.weights[i * dense.outputSize + j])
        if digits > 0 { loads[j] += weight * Double(digits) }
      }
    }
    return loads.map(Self.depth)
  }

  /// After the latest operand, as long as `firings` of the kernel take one after another.
  private func kernelLevels(
    _ node: FixedNode,
    _ body: FixedPointGraph,
    result: FixedTensorID,
    firings: Int,
    count: Int
  ) -> [Int] {
    let first = node.inputs.reduce(0) { max($0, levels[$1.index].max() ?? 0) }
    let inside = ArrivalEstimate(body).levels[result.index]
    let earlier = (inside.max() ?? 0) * (firings - 1)
    return (0..<count).map { first + earlier + inside[$0 % inside.count] }
  }

  private func grouped(_ groups: SoftmaxGroups, _ inputs: [Int], more: Int) -> [Int] {
    (0..<groups.count * groups.size).map { element in
      let first = element / groups.size * groups.size
      return (inputs[first..<first + groups.size].max() ?? 0) + more
    }
  }

  private static func depth(_ load: Double) -> Int {
    let exponent = Int(load.exponent)
    return load > Double(sign: .plus, exponent: exponent, significand: 1) ? exponent + 1 : exponent
  }
}
