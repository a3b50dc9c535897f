import Diagnostics
import ModelIR

/// Which numbers of a tree model are its outputs.
package enum TreeModelOutput: String, Sendable, Hashable, CaseIterable {
  /// The sums of leaves, as triggers compare them with a threshold.
  case margin
  /// What the training tool makes of them: probabilities, exponentials.
  case transformed
}

/// What a file of trees holds beyond its trees.
package struct TreeModel: Sendable {
  /// What the training tool applies to the margins.
  package enum Transform: Sendable {
    case none
    case activation(ActivationFunction)
    /// `1 / (1 + exp(-slope · x))`
    case scaledSigmoid(slope: Double)
    /// One that no graph operator computes; its name, for messages.
    case unsupported(String)
  }

  package var ensemble: TreeEnsemble
  package var transform: Transform
  package var source: ModelSource

  package init(ensemble: TreeEnsemble, transform: Transform, source: ModelSource) {
    self.ensemble = ensemble
    self.transform = transform
    self.source = source
  }

  /// The graph `x -> trees -> transform`, checked.
  ///
  /// - Parameter file: the file's name as the user gave it; the model is called after it.
  package func graph(file: String, output: TreeModelOutput) throws -> ModelGraph {
    var graph = ModelGraph(name: Self.stem(of: file), source: source)
    let origin = Origin(file: file)
    let input = graph.append(.input, named: "x", inputs: [], shape: [ensemble.featureCount], origin: origin)
    var result = graph.append(
      .treeEnsemble(ensemble),
      named: "trees",
      inputs: [input],
      shape: [ensemble.outputCount],
      origin: origin
    )
    if output == .transformed { result = try append(to: &graph, after: result, origin) }
    graph.outputs = [result]
    try ModelGraphVerifier.verify(graph)
    return graph
  }

  private func append(to graph: inout ModelGraph, after margins: TensorID, _ origin: Origin) throws -> TensorID {
    let shape = [ensemble.outputCount]
    func activation(_ function: ActivationFunction, _ input: TensorID) -> TensorID {
      graph.append(.activation(function), named: function.name, inputs: [input], shape: shape, origin: origin)
    }
    switch transform {
    case .none: return margins
    case .activation(let function): return activation(function, margins)
    case .scaledSigmoid(let slope):
      guard slope != 1 else { return activation(.sigmoid, margins) }
      let scale = AffineLayer(scale: ParameterTensor(shape: [1], values: [slope], precision: .float64), bias: nil)
      let scaled = graph.append(.affine(scale), named: "slope", inputs: [margins], shape: shape, origin: origin)
      return activation(.sigmoid, scaled)
    case .unsupported(let name):
      throw Diagnostic.error(
        "unsupported-objective",
        "the outputs of the objective '\(name)' cannot be computed in firmware",
        at: origin,
        hint: "take the margins: \(option: .treeOutput, "margin")"
      )
    }
  }

  /// The file's name without folders and extension.
  static func stem(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}
