import FixedPoint
import ModelIR

/// Which elements of a model's tensors must stay, when those that nobody reads are to go.
///
/// An element is read if a nonzero weight multiplies it, or if a layer that works on whole tensors does. On top of that come
/// the demands of shape: a dense layer makes the same channels at all positions, elementwise layers have the same elements
/// before and after, joins have the same elements in all operands, a softmax keeps its whole group, and no tensor becomes
/// empty. Every demand only ever adds elements, so they are repeated until none adds any.
struct KeptElements {
  /// By tensor, then by element: whether the element's value matters to any output of the model.
  private(set) var live: [[Bool]]
  /// By tensor, then by element: whether the element stays; a superset of the live ones.
  private(set) var kept: [[Bool]]

  init(_ graph: ModelGraph) {
    live = graph.tensors.map { [Bool](repeating: false, count: $0.count) }
    for output in graph.outputs { live[output.index] = live[output.index].map { _ in true } }
    kept = []
    for node in graph.nodes.reversed() { markReads(of: node, graph) }
    kept = live
    for input in graph.inputs { kept[input.index] = kept[input.index].map { _ in true } }
    for tensor in kept.indices where !kept[tensor].contains(true) && !kept[tensor].isEmpty { kept[tensor][0] = true }
    var changed = true
    while changed {
      let before = kept
      for tensor in graph.tensors.indices { spreadOverPositions(tensor, graph) }
      for node in graph.nodes { addDemands(of: node, graph) }
      changed = kept != before
    }
  }

  // MARK: - Liveness

  private mutating func markReads(of node: ModelNode, _ graph: ModelGraph) {
    let output = live[node.output.index]
    switch node.operation {
    case .input: break
    case .dense(let layer): markDense(layer, output, input: node.inputs[0].index)
    case .convolution(let layer): markConvolution(layer, output, input: node.inputs[0], graph)
    case .pool(let layer): markPooling(layer, output, input: node.inputs[0], graph)
    case .reduce(let layer):
      let targets = layer.targets(of: graph[node.inputs[0]].shape)
      mark(targets.map { output[$0] }, node.inputs[0])
    case .pad(let layer):
      for (position, source) in layer.sources(of: graph[node.inputs[0]].shape).enumerated() where output[position] {
        if let source { live[node.inputs[0].index][source] = true }
      }
    case .activation(.softmax), .normalize:
      if output.contains(true) { mark([Bool](repeating: true, count: output.count), node.inputs[0]) }
    case .recurrence, .product, .embedding:
      if output.contains(true) { for input in node.inputs { mark(live[input.index].map { _ in true }, input) } }
    case .treeEnsemble(let ensemble):
      if output.contains(true) { mark([Bool](repeating: true, count: ensemble.featureCount), node.inputs[0]) }
    case .tableSum(let sums):
      for (position, isRead) in output.enumerated() where isRead {
        let (row, element) = position.quotientAndRemainder(dividingBy: sums.outputCount)
        for edge in sums.edges where edge.output == element {
          for operand in edge.operands { live[node.inputs[0].index][row * sums.inputCount + operand.input] = true }
        }
      }
    case .batchNormalization(let layer):
      mark(zip(output, layer.affine.scales(output.count)).map { $0 && $1 != 0 }, node.inputs[0])
    case .affine(let layer): mark(zip(output, layer.scales(output.count)).map { $0 && $1 != 0 }, node.inputs[0])
    case .gather(let sources):
      for (position, source) in sources.enumerated() where output[position] {
        live[node.inputs[0].index][source] = true
      }
    case .activation, .reshape, .merge, .quantize: for input in node.inputs { mark(output, input) }
    case .concatenate(let axis):
      for (position, source) in concatenation(node, axis, graph).sources.enumerated() where output[position] {
        live[node.inputs[source.input].index][source.element] = true
      }
    }
  }

  private mutating func mark(_ elements: [Bool], _ tensor: TensorID) {
    live[tensor.index] = zip(live[tensor.index], elements).map { $0 || $1 }
  }

  private mutating func markDense(_ layer: DenseLayer, _ output: [Bool], input: Int) {
    let m = layer.outputSize
    for position in 0..<output.count / m {
      for i in 0..<layer.inputSize {
        let isRead = (0..<m).contains { j in output[position * m + j] && layer.kernel.values[i * m + j] != 0 }
        if isRead { live[input][position * layer.inputSize + i] = true }
      }
    }
  }

  private mutating func markConvolution(
    _ layer: ConvolutionLayer,
    _ output: [Bool],
    input: TensorID,
    _ graph: ModelGraph
  ) {
    let outputs = layer.outputChannels
    let depth = layer.channelsPerGroup
    for (place, seen) in layer.window.visibleTaps(of: graph[input].shape).enumerated() {
      for j in 0..<outputs where output[place * outputs + j] {
        let first = j / layer.outputsPerGroup * depth
        for (tap, position) in seen {
          for c in 0..<depth where layer.kernel.values[(tap * depth + c) * outputs + j] != 0 {
            live[input.index][position * layer.inputChannels + first + c] = true
          }
        }
      }
    }
  }

  private mutating func markPooling(_ layer: PoolingLayer, _ output: [Bool], input: TensorID, _ graph: ModelGraph) {
    let channels = graph[input].shape.last ?? 1
    for (place, seen) in layer.window.visibleTaps(of: graph[input].shape).enumerated() {
      for c in 0..<channels where output[place * channels + c] {
        for (_, position) in seen { live[input.index][position * channels + c] = true }
      }
    }
  }

  // MARK: - Demands of shape

  private func concatenation(_ node: ModelNode, _ axis: Int, _ graph: ModelGraph) -> ConcatenationMap {
    ConcatenationMap(inputs: node.inputs.map { graph[$0].shape }, axis: axis)
  }

  private mutating func keepAll(_ tensor: TensorID) {
    kept[tensor.index] = [Bool](repeating: true, count: kept[tensor.index].count)
  }

  /// A tensor of several positions keeps or loses a channel at all of them.
  private mutating func spreadOverPositions(_ tensor: Int, _ graph: ModelGraph) {
    guard let channels = graph.tensors[tensor].shape.last, channels < kept[tensor].count else { return }
    for c in 0..<channels {
      let positions = stride(from: c, to: kept[tensor].count, by: channels)
      if positions.contains(where: { kept[tensor][$0] }) { for p in positions { kept[tensor][p] = true } }
    }
  }

  private mutating func addDemands(of node: ModelNode, _ graph: ModelGraph) {
    switch node.operation {
    case .input, .dense: break
    case .normalize, .treeEnsemble, .tableSum:
      keepAll(node.inputs[0])
      keepAll(node.output)
    case .batchNormalization, .affine, .activation, .merge:
      if case .activation(.softmax) = node.operation { keepAll(node.output) }
      equalise(node)
    case .quantize, .gather, .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
      // Types, sources and windows are by element: nothing moves.
      for tensor in node.inputs + [node.output] { keepAll(tensor) }
    case .reshape:
      // Only shapes that say nothing about removed elements follow by themselves: a vector, or the same channels.
      let shape = graph[node.output].shape
      if shape.count > 1 && shape.last != graph[node.inputs[0]].shape.last { keepAll(node.output) }
      equalise(node)
    case .concatenate(let axis):
      if axis != graph[node.output].shape.count - 1 { for tensor in node.inputs + [node.output] { keepAll(tensor) } }
      for (position, source) in concatenation(node, axis, graph).sources.enumerated() {
        let input = node.inputs[source.input].index
        let either = kept[node.output.index][position] || kept[input][source.element]
        kept[node.output.index][position] = either
        kept[input][source.element] = either
      }
    }
  }

  /// The same elements before and after.
  private mutating func equalise(_ node: ModelNode) {
    let tensors = node.inputs.map(\.index) + [node.output.index]
    let union = kept[tensors[0]].indices.map { i in tensors.contains { kept[$0][i] } }
    for tensor in tensors { kept[tensor] = union }
  }
}
