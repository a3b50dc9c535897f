/// What the tensors of a model hold for a batch of samples.
package struct ModelActivations: Sendable {
  package let samples: Int
  /// The tensors, by index; empty where a tensor was not kept.
  ///
  /// Sample-major: element `e` of sample `s` at `s · count + e`.
  package var values: [[Double]]
  /// The outputs of the model; per sample, all of them one after the other in the model's order.
  package var outputs: [Double] = []

  package subscript(_ tensor: TensorID) -> [Double] { values[tensor.index] }
}
