import FixedPoint
import FixedPointIR

extension LayerEmission {
  func softmaxCode(_ softmax: SoftmaxOperation) throws -> LayerCode {
    var code = elementwise("softmax")
    code.library = "softmax"
    code.number("size", softmax.groups.size)
    switch softmax.algorithm {
    case .normalized(let rule): try addNormalized(rule, to: &code)
    case .pairwise(let rule): try addPairwise(rule, to: &code)
    }
    return code
  }

  private func addNormalized(_ rule: NormalizedSoftmax, to code: inout LayerCode) throws {
    try requireBits(rule.sumType, "sum")
    try requireBits(rule.reciprocalInputType, "argument of the reciprocal")
    var argument = arguments(0)
    if let difference = rule.differenceType {
      try requireBits(difference, "difference")
      code.summary = "softmax of the distances to the largest element"
      code.type("difference_t", CppText.type(difference))
      argument = TableArgument(type: difference)
    } else {
      code.summary = "softmax without a search for the largest element"
    }
    code.type("sum_t", CppText.type(rule.sumType))
    code.type("reciprocal_input_t", CppText.type(rule.reciprocalInputType))
    let tables = try addTables(rule.exponential, argument, rule.reciprocal, rule.reciprocalInputType, to: &code)
    code.body = [call(rule.differenceType == nil ? .softmaxLatency : .softmaxStable, tables)]
  }

  private func addPairwise(_ rule: PairwiseSoftmax, to code: inout LayerCode) throws {
    try requireBits(rule.sumType, "sum")
    code.summary = "softmax by the differences of all pairs"
    let x = container()
    let difference = FixedPointType(
      width: x.width + (x.isSigned ? 1 : 2),
      integerBits: x.integerBits + (x.isSigned ? 1 : 2)
    )
    code.type("difference_t", CppText.type(difference))
    code.type("sum_t", CppText.type(rule.sumType))
    let argument = TableArgument(type: difference, hasCoarseElements: arguments(0).hasCoarseElements)
    let tables = try addTables(rule.exponential, argument, rule.reciprocal, rule.sumType, to: &code)
    code.body = [call(.softmaxPairwise, tables)]
  }

  private func addTables(
    _ exponential: AddressedTable,
    _ argument: TableArgument,
    _ reciprocal: AddressedTable,
    _ reciprocalArgument: FixedPointType,
    to code: inout LayerCode
  ) throws -> [String] {
    let first = try add(
      exponential,
      named: "exponentials",
      entry: "exponential_t",
      address: "exponential_address",
      of: argument,
      to: &code
    )
    let second = try add(
      reciprocal,
      named: "reciprocals",
      entry: "reciprocal_t",
      address: "reciprocal_address",
      of: TableArgument(type: reciprocalArgument),
      to: &code
    )
    return [first, second]
  }

  func argmaxCode(_ groups: SoftmaxGroups) -> LayerCode {
    var code = elementwise("1 at the first of the largest elements, else 0")
    code.library = "softmax"
    code.number("size", groups.size)
    code.body = [call(.argmax)]
    return code
  }
}
