import FixedPoint
import FixedPointIR
import ModelIR

extension ModelReport.ValueProfile {
  /// Quartiles of at most so many numbers, evenly spread.
  private static let mostSorted = 200_000

  init(layer: String, role: String, source: String, values: [Double], types: ElementTypes) {
    let widths = types.all.filter { $0.width > 0 }
    self.init(
      layer: layer,
      role: role,
      source: source,
      values: values,
      highestBit: widths.map { $0.integerBits - ($0.isSigned ? 2 : 1) }.max(),
      lowestBit: widths.map { -$0.fractionBits }.min(),
      type: types.shortSummary
    )
  }

  init(
    layer: String,
    role: String,
    source: String,
    values: [Double],
    highestBit: Int?,
    lowestBit: Int?,
    type: String
  ) {
    let finite = values.filter(\.isFinite)
    let spread = max(1, finite.count / Self.mostSorted)
    let sizes = stride(from: 0, to: finite.count, by: spread).lazy.map { finite[$0].magnitude }.filter { $0 > 0 }
      .sorted()
    let isSomething = !sizes.isEmpty
    func quantile(_ share: Double) -> Double { sizes[Int((share * Double(sizes.count - 1)).rounded())] }
    self.init(
      layer: layer,
      role: role,
      source: source,
      count: finite.count,
      zeros: finite.count { $0 == 0 },
      magnitudes: isSomething ? [0, 0.25, 0.5, 0.75, 1].map(quantile) : nil,
      highestBit: highestBit,
      lowestBit: lowestBit,
      type: type
    )
  }
}

/// Sizes of what was trained, against the grids that hold it.
enum WeightProfiles {
  /// Integers of a layer on a grid.
  private struct Constants {
    var role: String
    var raw: [Int64]
    var fractionBits: Int
  }

  static func profiles(of quantized: QuantizedModel) -> [ModelReport.ValueProfile] {
    numbers(of: quantized).map(\.profile)
  }

  /// By layer and role, the numbers and what they look like.
  static func numbers(of quantized: QuantizedModel) -> [(profile: ModelReport.ValueProfile, values: [Double])] {
    quantized.graph.nodes.flatMap { node -> [(profile: ModelReport.ValueProfile, values: [Double])] in
      let trained = quantized.model?.nodes.first { $0.name == node.name }?.operation.trainedNumbers ?? [:]
      return merged(constants(of: node.operation)).map { numbers($0, of: node, trained: trained[$0.role]) }
    }
  }

  private static func numbers(
    _ constants: Constants,
    of node: FixedNode,
    trained: [Double]?
  ) -> (profile: ModelReport.ValueProfile, values: [Double]) {
    let step = Double(sign: .plus, exponent: -constants.fractionBits, significand: 1)
    let isSigned = constants.raw.contains { $0 < 0 }
    // What was folded or shifted on the way is another number than the trained one.
    let isSame =
      trained.map { trained in
        trained.count == constants.raw.count
          && 2 * zip(trained, constants.raw).count { abs($0 - Double($1) * step) <= step } >= trained.count
      } ?? false
    let trained = isSame ? trained : nil
    let values = trained ?? constants.raw.map { Double($0) * step }
    // Bits that the largest needs, the sign aside.
    let bits = constants.raw.reduce(0) { max($0, Int64.bitWidth - ($1 < 0 ? ~$1 : $1).leadingZeroBitCount) }
    let width = bits + (isSigned ? 1 : 0)
    let profile = ModelReport.ValueProfile(
      layer: node.name,
      role: constants.role,
      source: trained == nil ? "quantised" : "trained",
      values: values,
      highestBit: bits > 0 ? bits - 1 - constants.fractionBits : nil,
      lowestBit: bits > 0 ? -constants.fractionBits : nil,
      type: "\(isSigned ? "fixed" : "ufixed")<\(width),\(width - constants.fractionBits)>"
    )
    return (profile, values)
  }

  /// Kernels of one layer and role as one, on the finest grid.
  private static func merged(_ constants: [Constants]) -> [Constants] {
    var result: [Constants] = []
    for entry in constants where entry.raw.contains(where: { $0 != 0 }) {
      if let index = result.firstIndex(where: { $0.role == entry.role && $0.fractionBits == entry.fractionBits }) {
        result[index].raw += entry.raw
      } else {
        result.append(entry)
      }
    }
    return result
  }

  private static func constants(of operation: FixedOperation) -> [Constants] {
    switch operation {
    case .dense(let dense):
      [
        Constants(role: "kernel", raw: dense.weights, fractionBits: dense.weightFractionBits),
        Constants(role: "bias", raw: dense.bias.raw, fractionBits: dense.bias.fractionBits),
      ]
    case .affine(let rule):
      [
        Constants(role: "scale", raw: rule.scale.raw, fractionBits: rule.scale.fractionBits),
        Constants(role: "bias", raw: rule.bias.raw, fractionBits: rule.bias.fractionBits),
      ]
    case .treeEnsemble(let ensemble):
      [Constants(role: "leaves", raw: ensemble.trees.flatMap(\.leaves), fractionBits: ensemble.leafFractionBits)]
    case .tableSum(let sums):
      sums.edges.map { edge in
        let table = sums.tables[edge.table]
        return Constants(role: "tables", raw: table.entries, fractionBits: table.fractionBits)
      }
    case .map(let map): map.body.nodes.flatMap { constants(of: $0.operation) }
    case .scan(let scan): scan.body.nodes.flatMap { constants(of: $0.operation) }
    case .input, .rectifier, .clampedLinear, .table, .exponentialUnit, .softmax, .argmax, .merge, .gather, .requantize:
      []
    }
  }
}

extension ModelOperator {
  /// Weights as trained, by what they are.
  fileprivate var trainedNumbers: [String: [Double]] {
    switch self {
    case .dense(let layer): Self.numbers(layer.kernel, layer.bias)
    case .convolution(let layer): Self.numbers(layer.kernel, layer.bias)
    case .input, .batchNormalization, .affine, .activation, .reshape, .concatenate, .merge, .quantize, .gather,
      .normalize, .treeEnsemble, .tableSum, .pool, .reduce, .pad, .recurrence, .product, .embedding:
      [:]
    }
  }

  private static func numbers(_ kernel: ParameterTensor, _ bias: ParameterTensor?) -> [String: [Double]] {
    var numbers = ["kernel": kernel.values]
    numbers["bias"] = bias?.values
    return numbers
  }
}
