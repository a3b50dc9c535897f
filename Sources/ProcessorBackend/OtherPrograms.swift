import FixedPoint

/// Networks of the same shape, to try out a machine with.
extension MachinePlan {
  /// The plan with other factors in every word, of those that the processors can hold.
  package func withOtherPrograms(_ generator: inout some RandomNumberGenerator) -> MachinePlan {
    var plan = self
    for (index, stage) in stages.enumerated() {
      guard case .processors(var layer) = stage else { continue }
      let factors = Int64(clamping: layer.weights.lower)...Int64(clamping: layer.weights.upper)
      for processor in layer.processors.indices {
        for (step, word) in layer.processors[processor].program.words.enumerated() {
          for lane in word.indices where word[lane].operand != nil {
            layer.processors[processor].program.words[step][lane].factor = Int64.random(in: factors, using: &generator)
          }
        }
      }
      plan.stages[index] = .processors(layer)
    }
    return plan
  }
}
