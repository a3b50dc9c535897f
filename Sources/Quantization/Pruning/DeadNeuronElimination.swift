import Diagnostics
import ModelIR
import TextForm

/// Removes the neurons that do nothing once weights are zero: those that are the same for every event, and those that nobody
/// reads.
///
/// A constant neuron goes through its activation into the biases of the dense layers that read it; then nobody reads it. What
/// nobody reads is removed with the weights that lead to it, through elementwise layers, batch normalisation, joins and
/// reshapes, as far as shapes allow; that again leaves others unread. All of it is repeated until nothing changes. The
/// outputs stay the same up to float rounding, and the model's inputs and outputs keep their shapes; inputs that nobody
/// reads are reported.
package struct DeadNeuronElimination: ModelPass {
  package init() {}

  /// What was removed.
  package struct Report: Hashable, Sendable, Codable {
    package struct Layer: Hashable, Sendable, Codable {
      package var name: String
      package var before: Int
      package var after: Int
    }

    package struct DeadInput: Hashable, Sendable, Codable {
      package var input: String
      package var element: Int
    }

    /// The dense layers that lost neurons, in the model's order.
    package var layers: [Layer] = []
    /// Input elements that no output depends on.
    package var deadInputs: [DeadInput] = []
  }

  package func run(_ graph: ModelGraph, log: DiagnosticLog) throws -> ModelGraph {
    let (result, report) = eliminate(graph)
    for layer in report.layers {
      log.report(
        .note("dead-neurons", "layer '\(layer.name)' keeps \(layer.after) of its \(layer.before) neurons")
      )
    }
    if !report.deadInputs.isEmpty {
      let names = report.deadInputs.map { "\($0.input)[\($0.element)]" }.joined(separator: ", ")
      log.report(.note("dead-inputs", "no output depends on \(names)"))
    }
    return result
  }

  /// The smaller model, and what it lost.
  package func eliminate(_ graph: ModelGraph) -> (graph: ModelGraph, report: Report) {
    var current = graph
    while true {
      var next = Self.foldingConstants(current)
      let elements = KeptElements(next)
      next = Self.removing(elements, from: next)
      let isSettled = next.tensors == current.tensors && next.nonzeroWeights == current.nonzeroWeights
      current = next
      if isSettled { break }
    }
    PassTrace.record(.deadNeurons, current)
    return (current, Self.report(before: graph, after: current))
  }

  private static func report(before: ModelGraph, after: ModelGraph) -> Report {
    var report = Report()
    for (old, new) in zip(before.nodes, after.nodes) {
      if case .dense(let a) = old.operation, case .dense(let b) = new.operation, a.outputSize != b.outputSize {
        report.layers.append(Report.Layer(name: old.name, before: a.outputSize, after: b.outputSize))
      }
    }
    report.deadInputs = deadInputs(of: after)
    return report
  }

  /// The input elements that no output depends on.
  static func deadInputs(of graph: ModelGraph) -> [Report.DeadInput] {
    let live = KeptElements(graph).live
    return graph.inputs.flatMap { input in
      live[input.index].enumerated().filter { !$1 }.map {
        Report.DeadInput(input: graph[input].name, element: $0.offset)
      }
    }
  }

  // MARK: - Constants

  /// Moves constant inputs of dense layers into their biases.
  private static func foldingConstants(_ graph: ModelGraph) -> ModelGraph {
    let constants = ConstantElements(graph)
    var result = graph
    for (index, node) in graph.nodes.enumerated() {
      guard case .dense(var layer) = node.operation else { continue }
      let input = constants[node.inputs[0]]
      let m = layer.outputSize
      var bias = layer.bias?.values ?? [Double](repeating: 0, count: m)
      var changed = false
      for i in 0..<layer.inputSize {
        // Positions share the kernel, so the number must be the same at all of them.
        let values = stride(from: i, to: input.count, by: layer.inputSize).map { input[$0] }
        guard let value = values[0], values.allSatisfy({ $0 == value }), value.isFinite else { continue }
        for j in 0..<m where layer.kernel.values[i * m + j] != 0 {
          bias[j] += value * layer.kernel.values[i * m + j]
          layer.kernel.values[i * m + j] = 0
          changed = true
        }
      }
      guard changed else { continue }
      layer.bias = ParameterTensor(shape: [m], values: bias, precision: .float64)
      result.nodes[index].operation = .dense(layer)
    }
    return result
  }

  // MARK: - Removal

  /// The graph without the elements that need not stay, and with zero weights toward dead ones that do.
  private static func removing(_ elements: KeptElements, from graph: ModelGraph) -> ModelGraph {
    var result = graph
    for (index, tensor) in graph.tensors.enumerated() {
      result.tensors[index].shape = shape(tensor.shape, kept: elements.kept[index])
    }
    for (index, node) in graph.nodes.enumerated() {
      let output = elements.kept[node.output.index]
      switch node.operation {
      case .dense(let layer):
        result.nodes[index].operation = .dense(
          reduced(
            layer,
            input: elements.kept[node.inputs[0].index],
            output: output,
            live: elements.live[node.output.index]
          )
        )
      case .batchNormalization(let layer):
        result.nodes[index].operation = .batchNormalization(
          BatchNormalizationLayer(
            gamma: layer.gamma?.keeping(output),
            beta: layer.beta?.keeping(output),
            mean: layer.mean.keeping(output),
            variance: layer.variance.keeping(output),
            epsilon: layer.epsilon
          )
        )
      case .affine(let layer):
        result.nodes[index].operation = .affine(
          AffineLayer(scale: layer.scale?.keeping(output), bias: layer.bias?.keeping(output))
        )
      case .activation(.parametricReLU(let alpha)):
        result.nodes[index].operation = .activation(.parametricReLU(alpha: alpha.keeping(output)))
      // The channels of windowed layers stay as they are.
      case .input, .activation, .reshape, .concatenate, .merge, .quantize, .gather, .normalize, .treeEnsemble,
        .tableSum, .convolution, .pool, .reduce, .pad, .recurrence, .product, .embedding:
        break
      }
    }
    return result
  }

  /// What is left of a shape whose removed elements are whole channels.
  private static func shape(_ shape: [Int], kept: [Bool]) -> [Int] {
    let positions = shape.dropLast().reduce(1, *)
    return shape.dropLast() + [kept.count { $0 } / max(positions, 1)]
  }

  private static func reduced(_ layer: DenseLayer, input: [Bool], output: [Bool], live: [Bool]) -> DenseLayer {
    let m = layer.outputSize
    let rows = (0..<layer.inputSize).filter { input[$0] }
    let columns = (0..<m).filter { output[$0] }
    // Neurons that stay only for the shape lose their weights, so that nothing is computed for them.
    let isLive = (0..<m).map { j in stride(from: j, to: live.count, by: m).contains { live[$0] } }
    let weights = rows.flatMap { i in columns.map { j in isLive[j] ? layer.kernel.values[i * m + j] : 0 } }
    return DenseLayer(
      kernel: ParameterTensor(
        shape: [rows.count, columns.count],
        values: weights,
        precision: layer.kernel.precision
      ),
      bias: layer.bias.map { bias in
        ParameterTensor(shape: [columns.count], values: columns.map { bias.values[$0] }, precision: bias.precision)
      }
    )
  }
}

extension ParameterTensor {
  /// The values of the elements that stay: one value stays one, one per channel follows the channels, one per element the
  /// elements.
  fileprivate func keeping(_ elements: [Bool]) -> ParameterTensor {
    guard count > 1 || elements.count == 1 else { return self }
    let remaining = (0..<count).filter { elements[$0] }.map { values[$0] }
    return ParameterTensor(shape: [remaining.count], values: remaining, precision: precision)
  }
}

extension ModelGraph {
  /// How many weights of dense layers and convolutions are not zero.
  package var nonzeroWeights: Int {
    nodes.reduce(0) { sum, node in sum + (node.operation.kernel?.values.count { $0 != 0 } ?? 0) }
  }
}
