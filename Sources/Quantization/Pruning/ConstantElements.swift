import ModelIR

/// Which elements of a model's tensors are the same number for every event, and which number.
struct ConstantElements {
  /// By tensor, then by element; nil where the element varies, or is not known not to.
  private(set) var values: [[Double?]]

  init(_ graph: ModelGraph) {
    values = graph.tensors.map { [Double?](repeating: nil, count: $0.count) }
    for node in graph.nodes { values[node.output.index] = Self.results(of: node, graph, values) }
  }

  subscript(_ tensor: TensorID) -> [Double?] { values[tensor.index] }

  private static func results(of node: ModelNode, _ graph: ModelGraph, _ values: [[Double?]]) -> [Double?] {
    let count = graph[node.output].count
    let inputs = node.inputs.map { values[$0.index] }
    switch node.operation {
    case .input: return [Double?](repeating: nil, count: count)
    case .dense(let layer): return dense(layer, inputs[0])
    case .batchNormalization(let layer): return affine(layer.affine, inputs[0])
    case .affine(let layer): return affine(layer, inputs[0])
    case .normalize, .treeEnsemble, .tableSum, .pool, .reduce, .recurrence, .product, .embedding:
      return [Double?](repeating: nil, count: count)
    case .activation(let function): return activated(function, inputs[0])
    case .reshape: return inputs[0]
    case .convolution(let layer): return convolution(layer, inputs[0], shape: graph[node.inputs[0]].shape)
    case .pad(let layer):
      return layer.sources(of: graph[node.inputs[0]].shape).map { $0.map { inputs[0][$0] } ?? layer.value }
    case .concatenate(let axis):
      return ConcatenationMap(inputs: node.inputs.map { graph[$0].shape }, axis: axis).sources
        .map { inputs[$0.input][$0.element] }
    case .gather(let sources): return sources.map { inputs[0][$0] }
    case .quantize(let quantizer):
      return inputs[0].enumerated().map { i, x in x.map { quantizer.value(of: $0, element: i) } }
    case .merge(let kind):
      return (0..<count).map { i in merged(kind, inputs.map { $0[i] }) }
    }
  }

  private static func activated(_ function: ActivationFunction, _ input: [Double?]) -> [Double?] {
    switch function.form {
    case .scalar(let value): input.map { $0.map(value) }
    case .sloped(let slopes):
      input.enumerated().map { i, x in x.map { $0 > 0 ? $0 : slopes.values[i % slopes.count] * $0 } }
    case .normalized: [Double?](repeating: nil, count: input.count)
    }
  }

  private static func affine(_ layer: AffineLayer, _ input: [Double?]) -> [Double?] {
    let scales = layer.scales(input.count)
    let biases = layer.biases(input.count)
    return input.enumerated().map { i, x in scales[i] == 0 ? biases[i] : x.map { $0 * scales[i] + biases[i] } }
  }

  private static func dense(_ layer: DenseLayer, _ input: [Double?]) -> [Double?] {
    let m = layer.outputSize
    return (0..<input.count / layer.inputSize).flatMap { position in
      (0..<m).map { j -> Double? in
        var sum = layer.bias?.values[j] ?? 0
        for i in 0..<layer.inputSize where layer.kernel.values[i * m + j] != 0 {
          guard let x = input[position * layer.inputSize + i] else { return nil }
          sum += x * layer.kernel.values[i * m + j]
        }
        return sum
      }
    }
  }

  private static func convolution(_ layer: ConvolutionLayer, _ input: [Double?], shape: [Int]) -> [Double?] {
    let outputs = layer.outputChannels
    let depth = layer.channelsPerGroup
    return layer.window.visibleTaps(of: shape).flatMap { seen in
      (0..<outputs).map { j -> Double? in
        var sum = layer.bias?.values[j] ?? 0
        let first = j / layer.outputsPerGroup * depth
        for (tap, position) in seen {
          for c in 0..<depth where layer.kernel.values[(tap * depth + c) * outputs + j] != 0 {
            guard let x = input[position * layer.inputChannels + first + c] else { return nil }
            sum += x * layer.kernel.values[(tap * depth + c) * outputs + j]
          }
        }
        return sum
      }
    }
  }

  private static func merged(_ kind: MergeKind, _ operands: [Double?]) -> Double? {
    let known = operands.compactMap { $0 }
    if kind == .multiply && known.contains(0) { return 0 }
    guard known.count == operands.count else { return nil }
    let rest = known.dropFirst()
    switch kind {
    case .add: return rest.reduce(known[0], +)
    case .subtract: return rest.reduce(known[0], -)
    case .multiply: return rest.reduce(known[0], *)
    case .average: return rest.reduce(known[0], +) / Double(known.count)
    case .maximum: return rest.reduce(known[0], max)
    case .minimum: return rest.reduce(known[0], min)
    }
  }
}

/// Where each element of a concatenation comes from.
struct ConcatenationMap {
  /// In the order of the result.
  let sources: [(input: Int, element: Int)]

  init(inputs shapes: [[Int]], axis: Int) {
    var sources: [(input: Int, element: Int)] = []
    for block in 0..<shapes[0][..<axis].reduce(1, *) {
      for (input, shape) in shapes.enumerated() {
        let length = shape[axis...].reduce(1, *)
        sources += (0..<length).map { (input, block * length + $0) }
      }
    }
    self.sources = sources
  }
}
