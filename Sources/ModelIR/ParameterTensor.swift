/// Trained numbers of a layer.
package struct ParameterTensor: Hashable, Sendable {
  package enum Precision: String, Sendable, CaseIterable { case float32, float64 }

  package var shape: [Int]
  /// Row-major; each value is exactly what the file holds.
  package var values: [Double]
  /// The precision of the file, in which other tools fold batch normalisation.
  package var precision: Precision

  /// - Precondition: the shape describes as many values as there are.
  package init(shape: [Int], values: [Double], precision: Precision = .float32) {
    precondition(shape.reduce(1, *) == values.count, "shape and values disagree")
    self.shape = shape
    self.values = values
    self.precision = precision
  }

  package init(_ values: [Float]) {
    self.init(shape: [values.count], values: values.map(Double.init))
  }

  package var count: Int { values.count }

  /// The index of the first NaN or infinity, if any.
  package var firstNonFinite: Int? { values.firstIndex { !$0.isFinite } }
}
