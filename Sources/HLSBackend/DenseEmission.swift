import FixedPoint
import FixedPointIR
import Lowering

extension LayerEmission {
  func denseCode(_ dense: DenseOperation) throws -> LayerCode {
    let kernels = plan.adderGraphs.dense[index]?.kernels ?? []
    if case .exact = dense.accumulation, !kernels.isEmpty, kernels.allSatisfy({ $0?.isMatrix ?? false }) {
      if let code = AdderGraphEmission(layer: self, dense: dense, kernels: kernels).code() { return code }
    }
    return try multiplierCode(dense)
  }

  /// Products and sums in loops.
  private func multiplierCode(_ dense: DenseOperation) throws -> LayerCode {
    var code = LayerCode()
    code.library = "dense"
    code.summary = summary(of: dense)
    code.type("weight_t", CppText.type(.containing(dense.weights, fractionBits: dense.weightFractionBits)))
    code.type("bias_t", CppText.type(.containing(dense.bias.raw, fractionBits: dense.bias.fractionBits)))
    code.type("accum_t", CppText.type(try accumulator(of: dense)))
    addShape(of: dense, to: &code)
    let usesResource = node.implementation.strategy == .resource && ReuseFactorRule.allows(reuseFactor, for: dense)
    addSharing(of: dense, to: &code)
    code.constants += weightLines(dense) + biasLines(dense)
    code.body = [call(usesResource ? "dense_resource" : "dense_latency", ["\(name)_weights", "\(name)_bias"])]
    return code
  }

  /// Cycles between two events that a layer's multipliers are shared over.
  private var reuseFactor: Int { node.implementation.reuseFactor }

  private func summary(of dense: DenseOperation) -> String {
    let zeros = dense.weights.count { $0 == 0 }
    let position = dense.positions > 1 ? " at each of \(dense.positions) positions" : ""
    let weights = "\(dense.weights.count) weights" + (zeros > 0 ? " (\(zeros) are zero)" : "")
    return "\(dense.inputSize) inputs, \(dense.outputSize) outputs\(position), \(weights)"
  }

  func addShape(of dense: DenseOperation, to code: inout LayerCode) {
    code.number("inputs", dense.inputSize)
    code.number("outputs", dense.outputSize)
    code.number("positions", dense.positions)
  }

  private func addSharing(of dense: DenseOperation, to code: inout LayerCode) {
    code.number("parallel_positions", dense.positions)
    code.number("reuse_factor", reuseFactor)
    code.number("multipliers", (dense.weights.count + reuseFactor - 1) / reuseFactor)
  }

  /// The stepwise accumulator, or a type wide enough for the exact sums on the grid of all products.
  func accumulator(of dense: DenseOperation) throws -> FixedPointType {
    switch dense.accumulation {
    case .stepwise(let type, _):
      try requireBits(type, "accumulator")
      return type
    case .exact: return exactSumType(of: dense)
    }
  }

  /// Wide enough for every sum; products that leave it on the way come back, as they wrap.
  func exactSumType(of dense: DenseOperation) -> FixedPointType {
    let products = container().fractionBits + dense.weightFractionBits
    let grid = dense.bias.raw.allSatisfy { $0 == 0 } ? products : max(products, dense.bias.fractionBits)
    let sums = plan.analysis.exact[index]
    let range = sums.reduce(Interval(0)) { $0.union($1.raw(on: grid)) }
    let type = FixedPointType.containing(range, fractionBits: grid)
    return FixedPointType(width: max(type.width, 1), integerBits: max(type.width, 1) - grid, isSigned: type.isSigned)
  }

  /// Row by row as the loops read them: all inputs of an output side by side.
  private func weightLines(_ dense: DenseOperation) -> [String] {
    let rows = (0..<dense.outputSize).map { j in
      (0..<dense.inputSize).map { CppText.literal(dense.weights[$0 * dense.outputSize + j]) }
    }
    let words = rows.enumerated().flatMap { j, row in
      CppText.list(row).enumerated().map { k, line in
        k == (CppText.list(row).count - 1) && j < rows.count - 1 ? line + "," : line
      }
    }
    let type = CppText.integer(holding: dense.weights)
    return ["// Raw integers of weight_t; a row for each output."]
      + ["constexpr \(type) \(name)_weights[\(dense.outputSize) * \(dense.inputSize)] = {"] + words + ["};"]
  }

  private func biasLines(_ dense: DenseOperation) -> [String] {
    CppText.constant("\(name)_bias", dense.bias.raw, isArray: dense.bias.raw.count > 1)
  }
}

/// When the loops that share multipliers visit the weights in the order that the arithmetic asks for.
enum ReuseFactorRule {
  /// Whether a reuse factor divides a layer's work evenly, and leaves its additions in their order.
  static func allows(_ factor: Int, for dense: DenseOperation) -> Bool {
    let (inputs, products) = (dense.inputSize, dense.weights.count)
    guard factor > 0, products % factor == 0 else { return false }
    guard factor <= inputs ? inputs % factor == 0 : factor % inputs == 0 else { return false }
    switch dense.accumulation {
    case .exact: return true
    case .stepwise(let type, .ascending): return factor == 1 || type.overflow == .wrap
    case .stepwise(_, .resource(let order)): return order == factor
    }
  }

  /// The legal factor nearest to the wanted one; of two equally near, the smaller.
  static func nearest(to wanted: Int, for dense: DenseOperation) -> Int {
    let wanted = min(max(wanted, 1), dense.weights.count)
    for distance in 0...dense.weights.count {
      if allows(wanted - distance, for: dense) { return wanted - distance }
      if allows(wanted + distance, for: dense) { return wanted + distance }
    }
    return 1
  }
}

extension DensePlan.Kernel {
  var isMatrix: Bool {
    switch self {
    case .matrix: true
    case .multiples: false
    }
  }
}
