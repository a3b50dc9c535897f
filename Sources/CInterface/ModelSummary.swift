import ModelIR
import TricotCompiler

/// A trained model, before anything is quantised.
struct ModelSummary: Encodable {
  var name: String
  /// The family of files that it came from.
  var source: String
  var parameters: Int
  var inputs: [Port]
  var outputs: [Port]
  var layers: [Layer]

  struct Port: Encodable {
    var name: String
    /// Extents of one event.
    var shape: [Int]
  }

  struct Layer: Encodable {
    var name: String
    var kind: String
    var shape: [Int]
    var parameters: Int
  }

  init(_ graph: ModelGraph) {
    func port(_ id: TensorID) -> Port { Port(name: graph[id].name, shape: graph[id].shape) }
    name = graph.name
    source = graph.source.rawValue
    parameters = graph.parameterCount
    inputs = graph.inputs.map(port)
    outputs = graph.outputs.map(port)
    layers = graph.nodes.map { node in
      Layer(
        name: node.name,
        kind: node.layerClass ?? node.operation.kindName,
        shape: graph[node.output].shape,
        parameters: node.operation.parameterCount
      )
    }
  }
}
