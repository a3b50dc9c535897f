import Diagnostics
import ModelIR
import Quantization

extension Compilation {
  /// The model without its smallest weights and what is dead then, if that was asked for.
  func prune(
    _ model: ModelGraph,
    calibration: CalibrationData?
  ) throws -> (model: ModelGraph, summary: PruningSummary?) {
    guard let choices = options.pruning else { return (model, nil) }
    let passes: [any ModelPass] = [
      MagnitudePruning(sparsity: choices.sparsity, scope: choices.scope.pass), DeadNeuronElimination(),
    ]
    try calibration?.verify(for: model)
    let pruned = try passes.reduce(model) { try $1.run($0, log: log) }
    try ModelGraphVerifier.verify(pruned)
    let summary = PruningSummary(PruningReport(before: model, after: pruned, calibration: calibration))
    if calibration == nil {
      log.report(
        Diagnostic(
          .note,
          "pruned-blindly",
          "without calibration data nobody knows what pruning did to the outputs",
          hint: "give typical inputs with \(option: .calibration)"
        )
      )
    }
    return (pruned, summary)
  }
}

extension PruningChoices.Scope {
  fileprivate var pass: MagnitudePruning.Scope {
    switch self {
    case .layer: .layer
    case .global: .global
    }
  }
}

extension PruningSummary {
  init(_ report: PruningReport) {
    self.init(
      weightsBefore: report.weightsBefore,
      weightsAfter: report.weightsAfter,
      layers: report.layers.map {
        Layer(
          name: $0.name,
          neuronsBefore: $0.neuronsBefore,
          neuronsAfter: $0.neuronsAfter,
          weightsBefore: $0.weightsBefore,
          weightsAfter: $0.weightsAfter
        )
      },
      deadInputs: report.deadInputs.count,
      effect: report.effect.map(AccuracySummary.init)
    )
  }
}

extension AccuracySummary {
  init(_ report: AccuracyReport) {
    self.init(
      samples: report.samples,
      largestDifference: report.maximumError,
      meanDifference: report.meanError,
      sameChoice: report.argmaxAgreement
    )
  }
}
