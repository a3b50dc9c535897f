import ModelIR

/// What pruning did to a model, and what that does to its outputs.
package struct PruningReport: Hashable, Sendable, Codable {
  package struct Layer: Hashable, Sendable, Codable {
    package var name: String
    package var neuronsBefore: Int
    package var neuronsAfter: Int
    package var weightsBefore: Int
    package var weightsAfter: Int
  }

  /// The dense layers and convolutions in the model's order; weights are those that are not zero.
  package var layers: [Layer]
  package var deadInputs: [DeadNeuronElimination.Report.DeadInput]
  /// The pruned model's outputs against the original's on calibration data; nil without data.
  package var effect: AccuracyReport?

  package var weightsBefore: Int { layers.reduce(0) { $0 + $1.weightsBefore } }
  package var weightsAfter: Int { layers.reduce(0) { $0 + $1.weightsAfter } }

  /// Compares a model with what passes that keep its layers' names made of it.
  ///
  /// - Parameter calibration: data that passed ``CalibrationData/verify(for:)``.
  package init(before: ModelGraph, after: ModelGraph, calibration: CalibrationData?) {
    layers = []
    for old in before.nodes {
      guard let a = old.operation.kernel, let neurons = old.operation.neuronCount,
        let new = after.nodes.first(where: { $0.name == old.name }), let b = new.operation.kernel,
        let remaining = new.operation.neuronCount
      else { continue }
      layers.append(
        Layer(
          name: old.name,
          neuronsBefore: neurons,
          neuronsAfter: remaining,
          weightsBefore: a.values.count { $0 != 0 },
          weightsAfter: b.values.count { $0 != 0 }
        )
      )
    }
    deadInputs = DeadNeuronElimination.deadInputs(of: after)
    effect = calibration.map { data in
      let reference = ReferenceEvaluator(before)
      return AccuracyReport(
        reference: reference.evaluate(data.inputs, samples: data.samples, keeping: .outputs).outputs,
        quantized: ReferenceEvaluator(after).evaluate(data.inputs, samples: data.samples, keeping: .outputs).outputs,
        outputs: reference.outputSize
      )
    }
  }
}
