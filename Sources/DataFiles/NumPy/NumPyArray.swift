/// The contents of a NumPy `.npy` file: numbers under a shape.
package struct NumPyArray: Sendable, Equatable {
  /// Extents, slowest axis first; empty for a single number.
  package var shape: [Int]
  /// Row-major, whatever the order of the file.
  ///
  /// Each is exactly the file's number; NaN and infinities are kept.
  package var values: [Double]
  /// The numbers' type in the file.
  package var elementType: NumPyElementType

  /// - Precondition: the shape describes as many values as there are.
  package init(shape: [Int], values: [Double], elementType: NumPyElementType = .float64) {
    precondition(shape.reduce(1, *) == values.count, "shape and values disagree")
    self.shape = shape
    self.values = values
    self.elementType = elementType
  }

  package var count: Int { values.count }

  /// The index of the first NaN or infinity, if any.
  package var firstNonFinite: Int? { values.firstIndex { !$0.isFinite } }
}

/// A number format of NumPy.
package enum NumPyElementType: String, CaseIterable, Sendable {
  case bool
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float16, float32, float64

  /// Bytes of one number.
  package var size: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// NumPy's code without byte order, such as `f8`.
  package var code: String {
    switch self {
    case .bool: "b1"
    case .int8, .int16, .int32, .int64: "i\(size)"
    case .uint8, .uint16, .uint32, .uint64: "u\(size)"
    case .float16, .float32, .float64: "f\(size)"
    }
  }

  /// The type of a code without byte order, or nil.
  package init?(code: Substring) {
    guard let match = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = match
  }
}
