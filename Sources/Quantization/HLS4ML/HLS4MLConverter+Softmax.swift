import Diagnostics
import FixedPoint
import FixedPointIR
import Glibc
import ModelIR

extension HLS4MLConverter {
  /// hls4ml's softmax in the variant that the configuration chooses.
  func softmax(_ layer: HLS4MLLayer, index: Int, axis: Int) throws -> FixedOperation {
    let groups = try softmaxGroups(layer, axis: axis)
    let input = layers.resultType(layer.inputs[0])
    let plan = SoftmaxPlan(layer, input: input, tableSize: layers.tableSize(of: index))
    try plan.check(layer)
    reportAddressing(plan, layer)
    let algorithm: SoftmaxAlgorithm
    switch plan.implementation {
    case .argmax: return .argmax(groups: groups)
    case .legacy: algorithm = .pairwise(try pairwise(plan, layer))
    case .stable: algorithm = .normalized(try normalized(plan, layer, differenceType: plan.argument) { expf(-$0) })
    case .latency: algorithm = .normalized(try normalized(plan, layer, differenceType: nil) { expf($0) })
    }
    return .softmax(SoftmaxOperation(groups: groups, algorithm: algorithm))
  }

  private func softmaxGroups(_ layer: HLS4MLLayer, axis: Int) throws -> SoftmaxGroups {
    let rank = layer.shape.count
    let place = axis < 0 ? axis + rank : axis
    guard place >= 0, place < rank, layer.shape[(place + 1)...].allSatisfy({ $0 == 1 }) else {
      throw Diagnostic.error(
        "unsupported-softmax-axis",
        "the softmax '\(layer.name)' normalises along axis \(axis) of \(layer.shape)",
        at: layer.origin,
        hint: "transpose the model so that the last axis is normalised"
      )
    }
    let groups = SoftmaxGroups(count: layer.count / layer.shape[place], size: layer.shape[place])
    if groups.count > 1 {
      log.report(
        .warning(
          "better-than-hls4ml",
          "hls4ml 1.3 normalises the softmax '\(layer.name)' over the whole tensor; here each of the \(groups.count) groups "
            + "is normalised for itself, as in the model",
          at: layer.origin
        )
      )
    }
    return groups
  }

  private func normalized(
    _ plan: SoftmaxPlan,
    _ layer: HLS4MLLayer,
    differenceType: FixedPointType?,
    exponential: (Float) -> Float
  ) throws -> NormalizedSoftmax {
    NormalizedSoftmax(
      differenceType: differenceType,
      exponential: try table(layer) {
        try ActivationTables.leadingBits(
          of: plan.argument,
          size: plan.exponentialSize,
          type: layer.type("exp_table"),
          exponential
        )
      },
      sumType: layer.type("accum"),
      reciprocalInputType: layer.type("inv_inp"),
      reciprocal: try table(layer) {
        try ActivationTables.leadingBits(
          of: layer.type("inv_inp"),
          size: plan.reciprocalSize,
          type: layer.type("inv_table")
        ) { 1 / $0 }
      }
    )
  }

  private func pairwise(_ plan: SoftmaxPlan, _ layer: HLS4MLLayer) throws -> PairwiseSoftmax {
    let type = layer.type("table")
    return PairwiseSoftmax(
      exponential: try table(layer) {
        try ActivationTables.scaled(.legacyExponential, size: plan.exponentialSize, type: type)
      },
      sumType: type,
      reciprocal: try table(layer) { try ActivationTables.legacyReciprocal(size: plan.reciprocalSize, type: type) }
    )
  }

  /// Says where hls4ml's way of addressing by the type of the argument, not by its range, ruins the exponentials.
  private func reportAddressing(_ plan: SoftmaxPlan, _ layer: HLS4MLLayer) {
    if plan.ignoresExponentialSize {
      log.report(
        .warning(
          "ignored-table-size",
          "hls4ml takes the size of both tables of the stable softmax '\(layer.name)' from InvTableSize, and so does its "
            + "compatible mode; ExpTableSize has no effect",
          at: layer.origin
        )
      )
    }
    let step = plan.exponentialStep
    guard plan.implementation == .stable || plan.implementation == .latency, step >= 1 else { return }
    log.report(
      .warning(
        "coarse-softmax",
        "the \(plan.exponentialSize) exponentials of softmax '\(layer.name)' are \(step.formatted) apart, because hls4ml "
          + "addresses them by the leading bits of \(plan.argument.shortDescription); the probabilities will be poor",
        at: layer.origin,
        hint: "give the layer before the softmax a narrow result, such as fixed<16,6>, or use the native mode "
          + "(no configuration), whose tables cover the real range"
      )
    )
  }
}

extension Double {
  /// Whole numbers without a fraction.
  fileprivate var formatted: String { self == rounded() && abs(self) < 1e15 ? "\(Int(self))" : "\(self)" }
}
