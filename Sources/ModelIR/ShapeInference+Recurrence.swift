extension ShapeInference {
  /// The shape of a recurrent layer's result.
  func recurrence(_ layer: RecurrentLayer, inputs: [[Int]]) throws -> [Int] {
    let (units, inputSize) = (layer.units, layer.inputSize)
    let sums = layer.gateCount.multipliedReportingOverflow(by: units)
    guard layer.kernel.shape == [inputSize, sums.partialValue],
      layer.recurrentKernel.shape == [units, sums.partialValue],
      !sums.overflow, units > 0, inputSize > 0
    else {
      throw error(
        "bad-parameters",
        "the kernels of '\(self.layer)' have the shapes \(layer.kernel.shape) and \(layer.recurrentKernel.shape), not "
          + "[inputs, \(layer.gateCount) · units] and [units, \(layer.gateCount) · units]"
      )
    }
    for case (let name, let bias?) in [("bias", layer.bias), ("recurrent bias", layer.recurrentBias)]
    where bias.count != sums.partialValue {
      throw error("bad-parameters", "the \(name) of '\(self.layer)' has \(bias.count) values for \(sums.partialValue)")
    }
    guard !layer.returnsCell || layer.cell == .lstm else {
      throw error("bad-parameters", "'\(self.layer)' returns the cell of a \(layer.cell.name), which has none")
    }
    for function in [layer.activation, layer.recurrentActivation] {
      if case .scalar = function.form { continue }
      throw error(
        "bad-parameters",
        "'\(self.layer)' has the activation \(function.name), which is none of single numbers"
      )
    }
    guard inputs[0].count == 2, inputs[0][1] == inputSize else {
      throw error(
        "shape-mismatch",
        "'\(self.layer)' reads sequences of \(inputSize) numbers a step and has an input of shape \(inputs[0])"
      )
    }
    let steps = inputs[0][0]
    guard steps > 0, steps < 1 << 16 else {
      throw error("absurd-size", "'\(self.layer)' runs over \(steps) steps")
    }
    var expected = [inputs[0]]
    if layer.isMasked { expected.append([steps, 1]) }
    if layer.startsFromOperands { expected += [[Int]](repeating: [units], count: layer.stateCount) }
    guard inputs == expected else {
      throw error("shape-mismatch", "'\(self.layer)' reads tensors of shapes \(inputs), not \(expected)")
    }
    let result = (layer.returnsAll ? [steps] : []) + [layer.resultSize]
    try checkExtents(result)
    return result
  }
}
