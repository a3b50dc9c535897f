import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization

extension Compilation {
  /// What thresholds need, and what precision costs; nil where features are not for trees alone.
  func inspectTrees(_ quantized: QuantizedModel, loss: AllowedLoss) throws -> TreeReport? {
    guard let model = quantized.model, let ensembles = model.ensemblesOfInput else {
      guard !loss.isStated else { throw noSearch("its input is not read by trees alone") }
      return nil
    }
    if loss.isStated { try checkSearch(quantized) }
    let calibration = try calibration?.data
    var report = TreeReport(features: features(quantized, ensembles, calibration))
    guard quantized.arithmetic == .native, let calibration, options.inputPrecision == nil else { return report }
    let native = try nativeOptions()
    let precision = TreePrecision(
      model,
      options: native,
      calibration: calibration,
      threads: options.threads,
      workingPoint: loss.workingPoint
    )
    report.present = try precision.measure(
      inputBits: native.featureBits ?? [native.inputBits],
      weightBits: native.weightBits
    )
    guard loss.isStated else { return report }
    report.offer = try clock.measure("search", "searching the smallest precision") {
      try TreePrecisionSearch(precision: precision, loss: loss, thresholds: report.features.map(\.thresholds)).run()
    }
    if report.offer == nil {
      log.report(
        .warning(
          "loss-not-kept",
          "no precision up to 24 input bits and 16 bits of leaves keeps the stated loss",
          at: Origin(file: options.model),
          hint: "allow more, or check that the calibration data have the model's scale"
        )
      )
    }
    return report
  }

  private func features(
    _ quantized: QuantizedModel,
    _ ensembles: [TreeEnsemble],
    _ calibration: CalibrationData?
  ) -> [TreeReport.Feature] {
    let types = quantized.graph[quantized.graph.inputs[0]].types.all
    return types.indices.map { feature in
      let values = calibration.map { data in
        stride(from: feature, to: data.inputs.count, by: types.count).prefix(20_000).map { data.inputs[$0] }
      }
      let needs = ThresholdNeeds(ensembles, feature: feature, values: values)
      return TreeReport.Feature(
        feature: feature,
        splits: needs.splitCount,
        thresholds: needs.thresholds.count,
        least: needs.thresholds.first,
        greatest: needs.thresholds.last,
        type: TreeReport.Bits(types[feature]),
        exact: needs.exact.map(TreeReport.Bits.init),
        distinct: needs.distinct.map(TreeReport.Bits.init),
        calibrated: needs.calibrated.map(TreeReport.Bits.init)
      )
    }
  }

  private func checkSearch(_ quantized: QuantizedModel) throws {
    guard quantized.arithmetic == .native else { throw noSearch("its arithmetic is not native") }
    guard options.inputPrecision == nil else { throw noSearch("\(option: .inputPrecision) fixes the features' type") }
    guard options.quantization.calibration != nil else { throw noSearch("there is no \(option: .calibration) data") }
  }

  private func noSearch(_ reason: DiagnosticText) -> Diagnostic {
    Diagnostic.error(
      "no-precision-search",
      "no precision can be offered for '\(PathNames.lastComponent(options.model))': \(reason)",
      at: Origin(file: options.model),
      hint: "a loss is for trees in native arithmetic, with typical inputs: \(option: .calibration, "x.npy")"
    )
  }
}

extension TreeReport.Bits {
  init(_ type: FixedPointType) {
    self.init(
      bits: type.width,
      integerBits: type.integerBits,
      fractionBits: type.fractionBits,
      isSigned: type.isSigned
    )
  }
}
