import AdderGraphs
import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  /// A dense layer at each of its positions, of what stands there.
  mutating func denseOutputs(_ rows: DenseRows, _ node: FixedNode, plan: DensePlan?) -> [ValueID] {
    var results: [ValueID] = []
    let dense = rows.dense
    let inputTypes = graph[node.inputs[0]].types
    for position in 0..<rows.positions {
      let firing = DenseFiring(
        dense: dense,
        inputs: (0..<dense.inputSize).map { x(node, position * dense.inputSize + $0) },
        fractionBits: (0..<dense.inputSize).map { inputTypes[position * dense.inputSize + $0].fractionBits },
        types: (0..<dense.outputSize).map { outputType(node, position * dense.outputSize + $0) },
        firstElement: position * dense.outputSize,
        usesMultipliers: node.implementation.strategy == .multipliers
      )
      let kernel = plan?.kernels[position]
      switch dense.accumulation {
      case .exact: results += exactSums(firing, kernel)
      case .stepwise(let type, let order): results += stepwiseSums(firing, kernel, type, order)
      }
    }
    return results
  }

  /// Exact accumulators: everything is shared between all outputs.
  private mutating func exactSums(_ firing: DenseFiring, _ kernel: DensePlan.Kernel?) -> [ValueID] {
    guard case .matrix(let graph, let fractionBits) = kernel else { return directSums(firing) }
    // Inputs that are constants are no variables of the graph: they join the bias.
    let variables = firing.inputs.enumerated().map { i, x in
      x.range.isConstant ? builder.constant(0) : builder.raw(of: x, on: firing.fractionBits[i])
    }
    let values = builder.emit(graph, over: variables, elements: firing.elements)
    return firing.types.indices.map { j in
      builder.element = Int32(firing.firstElement + j)
      let output = graph.outputs[j]
      let value = output.value.map { values[Int($0)] } ?? builder.constant(0)
      let sum = builder.scaled(value, fractionBits: fractionBits - output.shift)
      return builder.quantizedSum(
        sum,
        isNegated: output.isNegated,
        plus: firing.constantPart(ofOutput: j),
        as: firing.types[j]
      )
    }
  }

  /// Sums without a graph: a multiplier per weight, or digit by digit.
  private mutating func directSums(_ firing: DenseFiring) -> [ValueID] {
    firing.types.indices.map { j in
      builder.element = Int32(firing.firstElement + j)
      let variable = firing.inputs.indices.filter { !firing.inputs[$0].range.isConstant }
      let total: ScaledValue
      if firing.usesMultipliers {
        total = multiplied(firing, variable, output: j)
      } else {
        total = builder.sum(digitsOf: variable.map { (firing.inputs[$0], firing.weight($0, j)) })
      }
      return builder.quantizedSum(total, plus: firing.constantPart(ofOutput: j), as: firing.types[j])
    }
  }

  private mutating func multiplied(_ firing: DenseFiring, _ inputs: [Int], output j: Int) -> ScaledValue {
    var added: [ScaledValue] = []
    var subtracted: [ScaledValue] = []
    for i in inputs {
      let weight = firing.weight(i, j)
      let isTrivial = weight.raw.magnitude.nonzeroBitCount <= 1
      if weight.raw < 0 && isTrivial {
        subtracted.append(multiplied(firing.inputs[i], ExactValue(raw: -weight.raw, fractionBits: weight.fractionBits)))
      } else if weight.raw != 0 {
        added.append(multiplied(firing.inputs[i], weight))
      }
    }
    return builder.signedSum(added, subtracted)
  }

  /// One product with a multiplier, for DSP blocks.
  mutating func multiplied(_ x: ScaledValue, _ weight: ExactValue) -> ScaledValue {
    let factor = builder.scaled(weight)
    return builder.product(x, factor)
  }
}

/// One firing of a dense kernel: its inputs as numbers.
struct DenseFiring {
  let dense: DenseOperation
  let inputs: [ScaledValue]
  /// The grids of the inputs' types.
  let fractionBits: [Int]
  /// The type of each output.
  let types: [FixedPointType]
  /// The element of the first output.
  let firstElement: Int
  let usesMultipliers: Bool

  var elements: Range<Int> { firstElement..<firstElement + types.count }

  func weight(_ i: Int, _ j: Int) -> ExactValue {
    ExactValue(raw: Int128(dense.weights[i * dense.outputSize + j]), fractionBits: dense.weightFractionBits)
  }

  /// The bias, and the products of the inputs that are constants.
  func constantPart(ofOutput j: Int) -> ExactValue {
    inputs.indices.reduce(dense.bias.value(at: j)) { sum, i in
      guard inputs[i].range.isConstant else { return sum }
      return sum + ExactValue(raw: inputs[i].range.lower, fractionBits: inputs[i].fractionBits) * weight(i, j)
    }
  }
}
