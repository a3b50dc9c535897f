import ModelIR

/// A tensor whose elements are known when the file is read: weights, shapes, axes.
///
/// Shapes here are ONNX's own; no extent is special.
struct ConstantTensor: Sendable {
  var shape: [Int]
  /// Row-major, exactly as the file holds them; whole numbers too.
  var values: [Double]
  var type: ElementType

  /// - Precondition: the shape describes as many values as there are.
  init(shape: [Int], values: [Double], type: ElementType) {
    precondition(ShapeInference.elementCount(shape) == values.count, "shape and values disagree")
    self.shape = shape
    self.values = values
    self.type = type
  }

  /// A vector of whole numbers.
  init(integers: [Int]) {
    self.init(shape: [integers.count], values: integers.map(Double.init), type: .int64)
  }

  var count: Int { values.count }

  /// Whether products and sums of the extents stay far from overflow, even with an extent of 0 left out.
  static func isSane(_ shape: [Int]) -> Bool {
    guard let count = ShapeInference.elementCount(shape.map { $0 == 0 ? 1 : $0 }) else { return false }
    return count <= 1 << 32
  }

  /// The only element of a tensor of one element.
  var scalar: Double? { values.count == 1 ? values[0] : nil }

  /// All elements as whole numbers, the extremes of 64 bits clamped; nil if one is not whole.
  var integers: [Int]? {
    var result: [Int] = []
    for value in values {
      guard value == value.rounded() else { return nil }
      result.append(Int(exactly: value) ?? (value < 0 ? Int.min : Int.max))
    }
    return result
  }

  /// The numbers as parameters of a layer, under a shape with as many elements.
  func parameter(shape: [Int]) -> ParameterTensor {
    ParameterTensor(shape: shape, values: values, precision: type == .double ? .float64 : .float32)
  }
}
