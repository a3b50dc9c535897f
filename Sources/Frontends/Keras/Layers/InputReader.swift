import Diagnostics

/// Reads an input layer.
struct InputReader {
  private let layer: KerasLayer
  private let log: DiagnosticLog

  init(_ layer: KerasLayer, log: DiagnosticLog) {
    self.layer = layer
    self.log = log
  }

  /// The shape without batch dimension.
  ///
  /// - Throws: a ``Diagnostic`` if an extent is left open.
  func shape() throws -> [Int] {
    guard let extents = try declared() else {
      throw Diagnostic.error(
        "open-shape",
        "the file does not say the shape of the input '\(layer.name)'",
        at: layer.origin,
        hint: "give the model an Input layer with a shape, or build it before saving"
      )
    }
    let shape = try extents.map { extent in
      guard let extent else {
        throw Diagnostic.error(
          "open-shape",
          "the input '\(layer.name)' has an extent that is left open",
          at: layer.origin,
          hint: "firmware needs fixed sizes: rebuild the model with a definite input shape"
        )
      }
      return extent
    }
    return shape.isEmpty ? [1] : shape
  }

  /// Refuses what a nested model is called on if its input declares another shape.
  func checkShape(_ actual: [Int]) throws {
    guard let extents = try declared() else { return }
    let fits = extents.count == actual.count && zip(extents, actual).allSatisfy { $0 == nil || $0 == $1 }
    guard fits else {
      throw Diagnostic.error(
        "shape-mismatch",
        "the input '\(layer.name)' of a nested model is called on a tensor of shape \(actual)",
        at: layer.origin
      )
    }
  }

  /// The extents after the batch dimension, nil for open ones; nil if the file does not say.
  private func declared() throws -> [Int?]? {
    var options = LayerOptions(layer: layer.name, origin: layer.origin, values: layer.options)
    try options.mustBeOff("sparse")
    try options.mustBeOff("ragged")
    try options.mustBeOff("optional")
    try options.checkNumberFormat(allowIntegers: true)
    options.reportUnread(to: log)
    guard let value = options.value("batch_shape") ?? options.value("batch_input_shape") else { return nil }
    guard let elements = value.array, !elements.isEmpty else { throw malformed() }
    return try elements.dropFirst().map { element in
      if element.isNull { return nil }
      guard let extent = element.int, extent > 0 else { throw malformed() }
      return extent
    }
  }

  private func malformed() -> Diagnostic {
    .error("bad-shape", "the shape of the input '\(layer.name)' is not a list of positive integers", at: layer.origin)
  }
}
