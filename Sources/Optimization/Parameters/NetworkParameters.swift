import ModelIR

/// Everything that is chosen, weights, biases and types: a value of this type is one network.
struct NetworkParameters: Sendable {
  var kernels: [KernelParameters]
  /// By point; nil while activations are real numbers.
  var types: [PointTypes]?
}

/// Weights and biases of one kernel.
struct KernelParameters: Sendable {
  /// Row-major, `[inputs][outputs]`.
  var weights: [Float]
  var bias: [Float]
  /// Nonzero signed digits of every weight; real weights have none.
  var digits: [UInt8]

  var digitCount: Int { digits.reduce(0) { $0 + Int($1) } }
}

/// The types of one point, by group.
struct PointTypes: Sendable {
  var groups: [GroupType]

  /// Bits of a group's values, none for those that are always zero.
  func width(_ group: Int) -> Int { groups[group].width }
}

/// A fixed-point type as it is searched for.
struct GroupType: Sendable, Hashable {
  /// Bits before the point, without the sign.
  var integerBits: Int
  var fractionBits: Int
  var isSigned: Bool
  /// Whether the values are dropped altogether.
  var isDead = false

  var width: Int { isDead ? 0 : max(integerBits + fractionBits + (isSigned ? 1 : 0), 0) }

  /// The distance of neighbouring values.
  var step: Double { Double(sign: .plus, exponent: -fractionBits, significand: 1) }
  /// The least and the largest value, in steps.
  var lower: Double {
    isSigned && !isDead ? -Double(sign: .plus, exponent: integerBits + fractionBits, significand: 1) : 0
  }
  var upper: Double { isDead ? 0 : Double(sign: .plus, exponent: integerBits + fractionBits, significand: 1) - 1 }
}

extension NetworkParameters {
  /// The model as it was trained.
  init(_ tape: Tape, of model: ModelGraph) {
    kernels = tape.kernels.map { place in
      let node = model.nodes[place.node]
      let kernel = node.operation.kernel?.values ?? []
      let bias =
        switch node.operation {
        case .dense(let layer): layer.bias?.values
        case .convolution(let layer): layer.bias?.values
        case .input, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize, .gather,
          .normalize, .treeEnsemble, .tableSum, .pool, .reduce, .pad, .recurrence, .product, .embedding:
          [Double]?.none
        }
      var weights: [Float] = []
      weights.reserveCapacity(place.inputs * place.outputs)
      for i in 0..<place.inputs { for j in place.columns { weights.append(Float(kernel[i * place.layerOutputs + j])) } }
      return KernelParameters(
        weights: weights,
        bias: place.columns.map { Float(bias?[$0] ?? 0) },
        digits: [UInt8](repeating: 0, count: weights.count)
      )
    }
  }
}
