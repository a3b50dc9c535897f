import ModelIR

/// What a name of the file stands for while the graph is built.
enum ImportedValue {
  case constant(ConstantTensor)
  case activation(ActivationValue)
}

/// A tensor of the graph under a shape of ONNX's.
///
/// Squeeze, Unsqueeze and their like change only the shape, and most operators after them do not mind; so they make no layer until
/// somebody needs the tensor under the new shape.
struct ActivationValue {
  var tensor: TensorID
  /// The shape without the batch dimension, as the file has it; empty for a scalar per event.
  var shape: [Int]
  /// Names the layer that gives the tensor this shape, should one be needed.
  var viewName: String?
}
