import Diagnostics
import ModelIR

/// Typical inputs of a model.
package struct CalibrationData: Sendable {
  /// Sample-major; per sample, all inputs one after the other in the model's order.
  package let inputs: [Double]
  package let samples: Int

  /// The inputs of some of the samples, one after the other.
  package func inputs(of events: some Sequence<Int>) -> [Double] {
    let width = samples > 0 ? inputs.count / samples : 0
    return events.flatMap { inputs[$0 * width..<($0 + 1) * width] }
  }

  package init(inputs: [Double], samples: Int) {
    self.inputs = inputs
    self.samples = samples
  }

  /// Refuses data that do not fit the model, or are no numbers.
  package func verify(for graph: ModelGraph) throws {
    let size = graph.inputs.reduce(0) { $0 + graph[$1].count }
    let (count, overflow) = samples.multipliedReportingOverflow(by: size)
    guard samples > 0, !overflow, inputs.count == count else {
      throw Diagnostic.error(
        "calibration-shape",
        "the calibration data hold \(inputs.count) values for \(samples) samples; the model '\(graph.name)' has "
          + "\(size) input values per sample",
        hint: "give an array of shape [samples, \(size)]"
      )
    }
    if let index = inputs.firstIndex(where: { !$0.isFinite }) {
      throw Diagnostic.error(
        "calibration-values",
        "the calibration data hold \(inputs[index]) at sample \(index / size), input \(index % size)",
        hint: "remove samples with NaN or infinite values"
      )
    }
  }
}

/// What calibration data show of one tensor.
struct ObservedRange: Sendable {
  /// The bounds that hold the stated share of all values, half of the rest on each side.
  var lower: Double
  var upper: Double
  /// Per element: all bounds, and the mean.
  var elementLower: [Double]
  var elementUpper: [Double]
  var mean: [Double]

  /// - Parameter values: sample-major, `count` per sample, all finite.
  init(_ values: [Double], count: Int, coverage: Double) {
    let sorted = values.sorted()
    let rest = (1 - coverage) / 2 * Double(sorted.count)
    let skip = min(Int(rest), (sorted.count - 1) / 2)
    lower = sorted[skip]
    upper = sorted[sorted.count - 1 - skip]
    elementLower = Array(values[..<count])
    elementUpper = elementLower
    mean = [Double](repeating: 0, count: count)
    for start in stride(from: 0, to: values.count, by: count) {
      for e in 0..<count {
        let value = values[start + e]
        elementLower[e] = min(elementLower[e], value)
        elementUpper[e] = max(elementUpper[e], value)
        mean[e] += value
      }
    }
    let samples = Double(values.count / count)
    for e in 0..<count { mean[e] /= samples }
  }

  /// The same of channels: whatever an element of one shows, at any position.
  func ofChannels(_ channels: Int) -> ObservedRange {
    var result = self
    func joined(_ values: [Double], _ choose: (Double, Double) -> Double) -> [Double] {
      values.indices.dropFirst(channels).reduce(into: Array(values.prefix(channels))) { result, element in
        result[element % channels] = choose(result[element % channels], values[element])
      }
    }
    result.elementLower = joined(elementLower, min)
    result.elementUpper = joined(elementUpper, max)
    result.mean = joined(mean, +).map { $0 * Double(channels) / Double(max(mean.count, 1)) }
    return result
  }

  func magnitude(of element: Int) -> Double { max(abs(elementLower[element]), abs(elementUpper[element])) }

  /// What the data show of every tensor of a model; nil where a value is not finite or no layer makes the tensor.
  static func observe(_ graph: ModelGraph, _ data: CalibrationData, coverage: Double) -> [ObservedRange?] {
    let activations = ReferenceEvaluator(graph).evaluate(data.inputs, samples: data.samples)
    return graph.tensors.indices.map { index in
      let values = activations.values[index]
      guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
      return ObservedRange(values, count: graph.tensors[index].count, coverage: coverage)
    }
  }
}
