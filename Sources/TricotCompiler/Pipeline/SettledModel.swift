import Diagnostics
import FixedPointIR

extension Compilation {
  /// A model that was quantised before, and verified when it was read.
  func settled(_ graph: FixedPointGraph, files: [InputFile]) throws -> QuantizedModel {
    try refuseQuantization()
    return try clock.measure("quantize", "proving ranges") {
      var graph = graph
      let implementation = try implementation()
      graph.setImplementation(
        strategy: options.hardware.strategy.map { _ in implementation.strategy },
        reuseFactor: options.hardware.reuseFactor.map { _ in implementation.reuseFactor },
        extraDepth: options.hardware.extraDepth
      )
      let analysis = RangeAnalysis(graph)
      let simplified = AccumulatorSimplification.run(&graph, analysis: analysis)
      reportStepwiseAccumulators(of: graph)
      return QuantizedModel(
        model: nil,
        graph: graph,
        analysis: analysis,
        arithmetic: .trained,
        simplified: simplified,
        files: files
      )
    }
  }

  private func refuseQuantization() throws {
    let choices = options.quantization
    let given: [(option: DiagnosticText, isGiven: Bool)] = [
      ("\(option: .weights)", options.weights != nil), ("\(option: .config)", options.configuration != nil),
      ("\(option: .arithmetic)", options.arithmetic != nil), ("\(option: .precision)", options.precision != nil),
      ("\(option: .inputPrecision)", options.inputPrecision != nil),
      ("\(option: .treeOutput)", options.treeOutput != .margin),
      ("\(option: .calibration)", choices.calibration != nil), ("\(option: .coverage)", choices.coverage != nil),
      ("\(option: .inputBits)", choices.hasInputBits), ("\(option: .weightBits)", choices.weightBits != nil),
      ("\(option: .activationBits)", choices.activationBits != nil), ("\(option: .sparsity)", options.pruning != nil),
    ]
    for choice in given where choice.isGiven {
      throw Diagnostic.error(
        "option-without-effect",
        "\(choice.option) has no effect on a model that is quantised already",
        at: Origin(file: options.model),
        hint: "leave it out, or give the trained model"
      )
    }
  }
}
