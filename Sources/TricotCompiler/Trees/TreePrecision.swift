import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization
import Simulation

/// Measures precisions of a model of trees on calibration events: each is quantised and simulated as `compile` would.
struct TreePrecision {
  /// More events cost time and change little.
  private static let mostEvents = 20_000

  let model: ModelGraph
  let options: NativeOptions
  let calibration: CalibrationData
  let threads: Int?
  let workingPoint: Double
  private let events: Int
  private let inputs: [Double]
  private let reference: [Double]

  init(
    _ model: ModelGraph,
    options: NativeOptions,
    calibration: CalibrationData,
    threads: Int?,
    workingPoint: Double
  ) {
    (self.model, self.options, self.calibration) = (model, options, calibration)
    (self.threads, self.workingPoint) = (threads, workingPoint)
    let evaluator = ReferenceEvaluator(model)
    events = min(calibration.samples, Self.mostEvents)
    inputs = Array(calibration.inputs.prefix(events * evaluator.inputSize))
    reference = evaluator.evaluate(inputs, samples: events, keeping: .outputs).outputs
  }

  var featureCount: Int { events > 0 ? inputs.count / events : 0 }

  /// - Parameter inputBits: one number for all, with exact integers, or one for each feature.
  func measure(inputBits: [Int], weightBits: Int) throws -> TreeReport.Precision {
    var options = options
    if inputBits.count == 1 {
      (options.inputBits, options.featureBits) = (inputBits[0], nil)
    } else {
      options.featureBits = inputBits
    }
    options.weightBits = weightBits
    let graph = try NativeQuantizer.quantize(model, options: options, calibration: calibration, log: DiagnosticLog())
    let outputs = try Simulator(graph).run(inputs, samples: events, options: SimulationOptions(threads: threads))
      .outputs
    let errors = zip(outputs, reference).map { $0 - $1 }
    let count = Double(max(errors.count, 1))
    let input = inputBits.map(String.init).joined(separator: ",")
    return TreeReport.Precision(
      inputBits: inputBits,
      weightBits: weightBits,
      widths: graph[graph.inputs[0]].types.all.map(\.width),
      events: events,
      agreement: agreement(outputs),
      rmsError: (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot(),
      meanError: errors.reduce(0, +) / count,
      largestError: errors.reduce(0) { max($0, abs($1)) },
      options: ["--input-bits", input, "--weight-bits", String(weightBits)]
    )
  }

  private func agreement(_ outputs: [Double]) -> Double {
    let width = outputs.count / max(events, 1)
    guard width > 0 else { return 1 }
    func decision(_ scores: ArraySlice<Double>) -> Int {
      if width == 1 { return scores.first.map { $0 > workingPoint ? 1 : 0 } ?? 0 }
      return (scores.firstIndex(of: scores.max() ?? 0) ?? scores.startIndex) - scores.startIndex
    }
    let same = (0..<events).count { event in
      let range = event * width..<(event + 1) * width
      return decision(outputs[range]) == decision(reference[range])
    }
    return Double(same) / Double(max(events, 1))
  }
}
