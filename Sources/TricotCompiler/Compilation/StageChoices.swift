/// The options that a stage depends on: two compilations that agree on them have the same.
extension CompilationOptions {
  /// Which model is read, and how.
  var modelChoice: CompilationOptions {
    var choice = CompilationOptions(model: model)
    choice.weights = weights
    choice.configuration = configuration
    choice.treeOutput = treeOutput
    return choice
  }

  /// Which model, and which events.
  var calibrationChoice: CompilationOptions {
    var choice = modelChoice
    choice.quantization.calibration = quantization.calibration
    return choice
  }

  /// Everything but what only decides how hardware is cut and written.
  var quantizedChoice: CompilationOptions {
    var choice = self
    choice.hardware = HardwareChoices()
    // How a layer is built stands in the quantised model.
    choice.hardware.strategy = hardware.strategy
    choice.hardware.reuseFactor = hardware.reuseFactor
    choice.hardware.extraDepth = hardware.extraDepth
    choice.hls = HLSChoices()
    choice.processors = ProcessorChoices()
    choice.threads = nil
    choice.seed = 1
    return choice
  }

  /// The same, and how adder graphs are sought.
  var netlistChoice: CompilationOptions {
    var choice = quantizedChoice
    choice.hardware.effort = hardware.effort
    choice.seed = seed
    return choice
  }
}
