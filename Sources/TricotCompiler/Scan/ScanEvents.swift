import Diagnostics
import FixedPointIR
import ModelIR
import Quantization
import Simulation

/// The events on which the points of a scan are judged.
struct ScanEvents: Sendable {
  /// Events that are compared with the float model.
  private static let mostEvents = 10_000

  private let input: (path: String, bytes: [UInt8])?
  private let labels: (path: String, bytes: [UInt8])?

  init(_ file: ScanFile) throws {
    input = try file.input.map { ($0, try FileReading.bytes(of: $0)) }
    labels = try file.labels.map { ($0, try FileReading.bytes(of: $0)) }
    if let labels, input == nil {
      throw ScanFile.refusal("labels without an input say nothing", Origin(file: labels.path))
    }
  }

  /// Simulates a point, and compares it with the float model and the labels.
  ///
  /// - Parameter base: the model as it was read.
  func judge(_ compilation: Compilation, base: Compilation, into point: inout ScanReport.Point) throws {
    guard let batch = try batch(for: compilation) else { return }
    let quantized = try compilation.quantized
    let outputs = try compilation.simulator.run(
      batch.values,
      samples: batch.count,
      options: SimulationOptions(threads: compilation.options.threads)
    ).outputs
    point.events = batch.count
    let width = quantized.graph.outputCount
    // The float model as it was before anything was pruned.
    if quantized.arithmetic != .trained, let float = try Self.float(base, batch), float.count == outputs.count,
      width > 0
    {
      let accuracy = AccuracyReport(reference: float, quantized: outputs, outputs: width)
      point.agreement = accuracy.argmaxAgreement
      point.meanDifference = accuracy.meanError
      point.largestDifference = accuracy.maximumError
    }
    guard let labels else { return }
    let classes = try ClassLabels.read(
      labels.bytes,
      file: labels.path,
      events: try count(for: compilation),
      classes: width
    )
    if let report = EfficiencyReport(fixed: outputs, float: nil, labels: Array(classes[..<batch.count])) {
      point.accuracy = report.accuracy
      point.area = report.classes.reduce(0) { $0 + $1.area } / Double(report.classes.count)
    }
  }

  private func batch(for compilation: Compilation) throws -> EventBatch? {
    try whole(for: compilation)?.prefix(Self.mostEvents)
  }

  private func count(for compilation: Compilation) throws -> Int { try whole(for: compilation)?.count ?? 0 }

  private func whole(for compilation: Compilation) throws -> EventBatch? {
    guard let input else { return try compilation.calibration?.batch }
    return try EventBatch(input.bytes, file: input.path, for: compilation.quantized)
  }

  /// The float model's outputs, once for all points of a model.
  private static func float(_ base: Compilation, _ batch: EventBatch) throws -> [Double]? {
    guard case .trained(let model) = try base.loaded.content else { return nil }
    let evaluator = ReferenceEvaluator(model)
    guard evaluator.inputSize == batch.width else { return nil }
    return try base.stage("float outputs") {
      evaluator.evaluate(batch.values, samples: batch.count, keeping: .outputs).outputs
    }
  }
}
