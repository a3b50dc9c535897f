import DataFiles
import Diagnostics
import ModelIR

/// The model of `vectors/hls4ml/act_zoo`: one activation of each kind behind a dense layer, all joined.
///
/// The Keras files that the case names hold another model, a dense layer of other weights and nothing behind it. So the layers
/// are written down here as the case's `resolved_types.json` has them, and the weights are those of
/// `weights_as_written.npz`: written once more as text, they stay what they are.
package enum ActivationZoo {
  package static func model() throws -> ModelGraph {
    var graph = ModelGraph(name: "act_zoo", source: .keras)
    let origin = Origin(file: "act_zoo.json")
    let archive = try NumPyArchive(
      npz: SharedData.bytes("vectors/hls4ml/act_zoo/weights_as_written.npz"),
      file: "act_zoo"
    )
    func weights(_ name: String) throws -> ParameterTensor {
      let array = try archive.array(name)
      return ParameterTensor(shape: array.shape, values: array.values)
    }
    let dense = DenseLayer(kernel: try weights("dense_1.weight"), bias: try weights("dense_1.bias"))
    let input = graph.append(.input, named: "input_1", inputs: [], shape: [12], origin: origin)
    let hidden = graph.append(.dense(dense), named: "dense_1", inputs: [input], shape: [16], origin: origin)
    let source = graph.append(
      .activation(.linear),
      named: "dense_1_linear",
      inputs: [hidden],
      shape: [16],
      origin: origin
    )
    var joined: TensorID?
    for (index, (name, function)) in activations(slopes: try weights("a_prelu.param")).enumerated() {
      let tensor = graph.append(
        .activation(function),
        named: name,
        inputs: [source],
        shape: [16],
        origin: origin,
        layerClass: name == "a_relu6" ? "ReLU" : nil
      )
      joined =
        joined.map { previous in
          graph.append(
            .concatenate(axis: 0),
            named: "cat\(index - 1)",
            inputs: [previous, tensor],
            shape: [16 * (index + 1)],
            origin: origin
          )
        } ?? tensor
    }
    graph.outputs = joined.map { [$0] } ?? []
    return graph
  }

  private static func activations(slopes: ParameterTensor) -> [(String, ActivationFunction)] {
    [
      ("a_sigmoid", .sigmoid), ("a_tanh", .tanh), ("a_softplus", .softplus), ("a_softsign", .softsign),
      ("a_elu", .elu(alpha: 1)), ("a_selu", .selu), ("a_hard_sigmoid", .hardSigmoid(slope: 0.2, shift: 0.5)),
      ("a_relu", .relu(ReLUParameters())), ("a_linear", .linear), ("a_relu6", .relu(ReLUParameters(maximum: 6))),
      ("a_elu07", .elu(alpha: 0.699999988079071)), ("a_leaky", .leakyReLU(alpha: 0.30000001192092896)),
      ("a_thr", .thresholdedReLU(theta: 0.75)), ("a_prelu", .parametricReLU(alpha: slopes)),
      ("a_softmax", .softmax(axis: 0)),
    ]
  }
}
