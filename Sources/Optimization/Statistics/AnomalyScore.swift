/// One number for an event: how unlike typical events it is, as triggers cut on it.
package enum AnomalyScore: Sendable, Hashable {
  /// Of an autoencoder: the mean squared difference of outputs and inputs.
  case reconstructionError
  /// Of an encoder: the sum of the squared outputs, as of a variational autoencoder's means.
  case squaredLength

  /// That of a model by its numbers of outputs and inputs.
  init(outputs: Int, inputs: Int) { self = outputs == inputs ? .reconstructionError : .squaredLength }

  /// - Parameters:
  ///   - outputs: Event-major.
  ///   - inputs: The same.
  func scores(_ outputs: [Double], _ inputs: [Double], events: Int) -> [Double] {
    let width = outputs.count / max(events, 1)
    return (0..<events).map { event in
      let range = event * width..<(event + 1) * width
      switch self {
      case .reconstructionError:
        let sum = range.reduce(0.0) { $0 + (outputs[$1] - inputs[$1]) * (outputs[$1] - inputs[$1]) }
        return sum / Double(max(width, 1))
      case .squaredLength: return range.reduce(0.0) { $0 + outputs[$1] * outputs[$1] }
      }
    }
  }
}
