import DataFiles
import Diagnostics
import ModelIR

/// A neural network of TMVA's method `MLP`: variables on their way into [-1, 1], layers of neurons with a bias, and what
/// the estimator makes of the last one.
struct TMVAPerceptron {
  private let root: XMLElement
  private let features: Int
  private let analysis: TMVAOptions.Analysis
  private let neuron: ActivationFunction
  private let endsWithSigmoid: Bool
  private let layers: [DenseLayer]

  init(_ root: XMLElement) throws {
    self.root = root
    analysis = try TMVAOptions.analysis(root)
    let list = try root.requiredChild("Options")
    func option(_ name: String) -> String? {
      list.children.first { $0["name"] == name }.map { String($0.text.filter { !$0.isWhitespace }) }
    }
    neuron = try Self.function(option("NeuronType") ?? "sigmoid", list)
    let input = option("NeuronInputType") ?? "sum"
    guard input == "sum" else {
      throw list.error(
        "the neurons add up '\(input)' of their inputs",
        code: "unsupported-method",
        hint: "train with NeuronInputType=sum"
      )
    }
    endsWithSigmoid = option("EstimatorType") == "CE"
    features = try root.requiredChild("Variables").integer("NVar")
    guard (1...ShapeInference.elementLimit).contains(features) else {
      throw root.error("the model has \(features) variables")
    }
    layers = try Self.layers(try root.requiredChild("Weights").requiredChild("Layout"), features: features)
  }

  private static func function(_ name: String, _ list: XMLElement) throws -> ActivationFunction {
    switch name {
    case "linear": return .linear
    case "sigmoid": return .sigmoid
    case "tanh": return .tanh
    case "ReLU": return .relu(ReLUParameters())
    default:
      throw list.error(
        "the neurons compute '\(name)'",
        code: "unsupported-method",
        hint: "train with NeuronType=tanh, sigmoid, ReLU or linear"
      )
    }
  }

  /// Every neuron lists what the neurons of the next layer multiply it by; the last of each layer is one, the bias.
  private static func layers(_ layout: XMLElement, features: Int) throws -> [DenseLayer] {
    let elements = layout.children.filter { $0.name == "Layer" }
    guard try layout.integer("NLayers") == elements.count, elements.count >= 2 else {
      throw layout.error("the file holds \(elements.count) layers")
    }
    let neurons = elements.map { $0.children.filter { $0.name == "Neuron" } }
    for (element, neurons) in zip(elements, neurons) {
      guard try element.integer("NNeurons") == neurons.count else {
        throw element.error("the layer holds \(neurons.count) neurons")
      }
    }
    guard neurons[0].count == features + 1 else {
      throw elements[0].error("\(neurons[0].count) neurons, the bias included, are not those of \(features) variables")
    }
    return try neurons.indices.dropLast().map { index in
      let isLast = index + 2 == neurons.count
      let outputs = neurons[index + 1].count - (isLast ? 0 : 1)
      guard outputs > 0 else { throw elements[index + 1].error("the layer has no neuron besides its bias") }
      let rows = try neurons[index].map { try weights(of: $0, count: outputs) }
      guard let bias = rows.last, rows.count > 1 else { throw elements[index].error("the layer has no neuron") }
      return DenseLayer(
        kernel: ParameterTensor(
          shape: [rows.count - 1, outputs],
          values: rows.dropLast().flatMap { $0 },
          precision: .float64
        ),
        bias: ParameterTensor(shape: [outputs], values: bias, precision: .float64)
      )
    }
  }

  private static func weights(of neuron: XMLElement, count: Int) throws -> [Double] {
    let words = neuron.text.split(whereSeparator: \.isWhitespace)
    let numbers = words.compactMap { Double($0) }
    guard try neuron.integer("NSynapses") == count, words.count == count, numbers.count == count,
      numbers.allSatisfy(\.isFinite)
    else { throw neuron.error("the neuron has \(numbers.count) weights for \(count) neurons of the next layer") }
    return numbers
  }

  /// The graph from the variables to the values that TMVA's Reader returns, checked.
  func graph(file: String) throws -> ModelGraph {
    var graph = ModelGraph(name: TreeModel.stem(of: file), source: .tmva)
    let origin = Origin(file: file)
    var value = graph.append(.input, named: "x", inputs: [], shape: [features], origin: origin)
    let ranges = try TMVARanges(root, features: features)
    if let scaling = ranges.variables {
      value = graph.append(.affine(scaling), named: "normalize", inputs: [value], shape: [features], origin: origin)
    }
    for (index, layer) in layers.enumerated() {
      let shape = [layer.outputSize]
      value = graph.append(.dense(layer), named: "layer\(index + 1)", inputs: [value], shape: shape, origin: origin)
      let isLast = index + 1 == layers.count
      let function = isLast ? (endsWithSigmoid ? ActivationFunction.sigmoid : .linear) : neuron
      if case .linear = function { continue }
      let name = "\(function.name)\(index + 1)"
      value = graph.append(.activation(function), named: name, inputs: [value], shape: shape, origin: origin)
    }
    let outputs = layers.last?.outputSize ?? 0
    switch analysis {
    case .classification:
      guard outputs == 1 else { throw root.error("a classification has \(outputs) outputs") }
    case .multiclass:
      let softmax = ModelOperator.activation(.softmax(axis: 0))
      value = graph.append(softmax, named: "softmax", inputs: [value], shape: [outputs], origin: origin)
    case .regression:
      if let scaling = try ranges.targets(outputs) {
        value = graph.append(.affine(scaling), named: "targets", inputs: [value], shape: [outputs], origin: origin)
      }
    }
    graph.outputs = [value]
    try ModelGraphVerifier.verify(graph)
    return graph
  }
}
