import DataFiles
import Diagnostics
import ModelIR

/// A neural network of TMVA's method `DL`: variables on their way into [-1, 1], dense layers, and a function of the last one.
struct TMVADeepNetwork {
  private let root: XMLElement
  private let features: Int
  private let analysis: TMVAOptions.Analysis
  private let output: ActivationFunction
  private let layers: [(layer: DenseLayer, function: ActivationFunction)]

  init(_ root: XMLElement) throws {
    self.root = root
    analysis = try TMVAOptions.analysis(root)
    features = try root.requiredChild("Variables").integer("NVar")
    guard (1...ShapeInference.elementLimit).contains(features) else {
      throw root.error("the model has \(features) variables")
    }
    let weights = try root.requiredChild("Weights")
    output = try Self.outputFunction(weights)
    var layers: [(DenseLayer, ActivationFunction)] = []
    var width = features
    for element in weights.children where !(layers.isEmpty && Self.isFlattening(element)) {
      let layer = try Self.layer(element, inputs: width)
      width = layer.outputSize
      layers.append((layer, try Self.function(element)))
    }
    guard try weights.integer("NetDepth") == weights.children.count, !layers.isEmpty else {
      throw weights.error("the file holds \(weights.children.count) layers")
    }
    self.layers = layers
  }

  /// Whether a layer only puts the variables into a row, as they are already.
  private static func isFlattening(_ element: XMLElement) -> Bool {
    element.name == "ReshapeLayer" && element["Flattening"] == "1"
  }

  private static func outputFunction(_ weights: XMLElement) throws -> ActivationFunction {
    switch weights["OutputFunction"] ?? "I" {
    case "I": return .linear
    case "S": return .sigmoid
    case "M": return .softmax(axis: 0)
    case let other: throw weights.error("the output function '\(other)' is unknown")
    }
  }

  private static func layer(_ element: XMLElement, inputs: Int) throws -> DenseLayer {
    guard element.name == "DenseLayer" else {
      throw element.error(
        "a layer of the kind '\(element.name)' is not supported",
        code: "unsupported-method",
        hint: "train a network of dense layers, or train it with Keras and give its .keras file"
      )
    }
    let outputs = try element.integer("Width")
    guard (1...ShapeInference.elementLimit).contains(outputs) else {
      throw element.error("the layer has \(outputs) neurons")
    }
    let rows = try numbers(element.requiredChild("Weights"), rows: outputs, columns: inputs)
    let bias = try numbers(element.requiredChild("Biases"), rows: outputs, columns: 1)
    // A row for each neuron there, a column here.
    let kernel = (0..<inputs).flatMap { input in (0..<outputs).map { rows[$0 * inputs + input] } }
    return DenseLayer(
      kernel: ParameterTensor(shape: [inputs, outputs], values: kernel, precision: .float64),
      bias: ParameterTensor(shape: [outputs], values: bias, precision: .float64)
    )
  }

  private static func numbers(_ matrix: XMLElement, rows: Int, columns: Int) throws -> [Double] {
    let words = matrix.text.split(whereSeparator: \.isWhitespace)
    let numbers = words.compactMap { Double($0) }
    let (count, isTooLarge) = rows.multipliedReportingOverflow(by: columns)
    guard try matrix.integer("Rows") == rows, try matrix.integer("Columns") == columns, !isTooLarge,
      words.count == count, numbers.count == count, numbers.allSatisfy(\.isFinite)
    else { throw matrix.error("the matrix holds \(numbers.count) numbers, not \(rows) rows of \(columns)") }
    return numbers
  }

  /// By TMVA's number of the function.
  private static func function(_ element: XMLElement) throws -> ActivationFunction {
    switch try element.integer("ActivationFunction") {
    case 0: return .linear
    case 1: return .relu(ReLUParameters())
    case 2: return .sigmoid
    case 3, 7: return .tanh
    case 5: return .softsign
    case let number:
      let names = [4: "SYMMRELU", 6: "GAUSS"]
      throw element.error(
        "the layer's neurons compute \(names[number].map { "'\($0)'" } ?? "the unknown function \(number)")",
        code: "unsupported-method",
        hint: "train with RELU, TANH, SIGMOID, SOFTSIGN or LINEAR"
      )
    }
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
    func activate(_ function: ActivationFunction, _ name: String, _ width: Int) {
      if case .linear = function { return }
      value = graph.append(.activation(function), named: name, inputs: [value], shape: [width], origin: origin)
    }
    for (index, (layer, function)) in layers.enumerated() {
      let width = layer.outputSize
      value = graph.append(.dense(layer), named: "layer\(index + 1)", inputs: [value], shape: [width], origin: origin)
      activate(function, "\(function.name)\(index + 1)", width)
    }
    let outputs = layers.last?.layer.outputSize ?? 0
    activate(output, "output", outputs)
    if analysis == .regression, let scaling = try ranges.targets(outputs) {
      value = graph.append(.affine(scaling), named: "targets", inputs: [value], shape: [outputs], origin: origin)
    }
    graph.outputs = [value]
    try ModelGraphVerifier.verify(graph)
    return graph
  }
}
