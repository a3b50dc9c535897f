import ModelIR

/// What a name of the file stands for while the graph is built.
enum ImportedValue {
  case constant(ConstantTensor)
  case activation(ActivationValue)
}

/// A tensor of the graph under a shape of ONNX's.
///
/// Squeeze, Unsqueeze and their like change only the shape, and most operators after them do not mind; so they make no layer until
/// somebody needs the tensor under the new shape. Likewise convolutions have their channels last inside, whatever the file
/// says, and Transpose moves nothing until somebody needs the elements in the file's order.
struct ActivationValue {
  /// How the tensor's elements lie.
  enum Layout: Hashable {
    /// Row-major in the file's shape.
    case asInFile
    /// Axis `i` of the tensor is axis `order[i]` of the file's shape; the tensor has just these extents.
    case axes([Int])
    /// Element `i` of the tensor, a vector, is element `order[i]` of the file's shape.
    case elements([Int])
  }

  var tensor: TensorID
  /// The shape without the batch dimension, as the file has it; empty for a scalar per event.
  ///
  /// Where the value is whole, with that dimension.
  var shape: [Int]
  /// Names the layer that gives the tensor this shape, should one be needed.
  var viewName: String?
  var layout = Layout.asInFile
  /// Whether the batch, one event, is not the first axis of the shape, or no axis of its own.
  var isWhole = false

  /// A tensor whose axes stand in another order than the file's; plain where only axes of extent 1 have moved.
  static func ordered(_ tensor: TensorID, shape: [Int], order: [Int], viewName: String?) -> ActivationValue {
    let moved = order.filter { shape[$0] != 1 }
    return ActivationValue(
      tensor: tensor,
      shape: shape,
      viewName: viewName,
      layout: moved == moved.sorted() ? .asInFile : .axes(order)
    )
  }

  /// By axis of the tensor, the file's axis; nil where the tensor is a vector of elements in another order.
  var order: [Int]? {
    switch layout {
    case .asInFile: Array(shape.indices)
    case .axes(let order): order
    case .elements: nil
    }
  }
}
