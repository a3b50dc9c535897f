import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  mutating func softmaxOutputs(_ softmax: SoftmaxOperation, _ node: FixedNode) -> [ValueID] {
    var results: [ValueID] = []
    for group in 0..<softmax.groups.count {
      let elements = group * softmax.groups.size..<(group + 1) * softmax.groups.size
      switch softmax.algorithm {
      case .normalized(let rule): results += normalized(rule, node, elements)
      case .pairwise(let rule): results += pairwise(rule, node, elements)
      }
    }
    return results
  }

  private mutating func normalized(_ rule: NormalizedSoftmax, _ node: FixedNode, _ elements: Range<Int>) -> [ValueID] {
    builder.element = -1
    let members = elements.map { x(node, $0) }
    let exponentials = exponentials(rule, node, elements, members)
    let sum = treeSum(exponentials[...], type: rule.sumType)
    let input = rule.reciprocalInputType
    let argument = builder.requantize(sum, to: input)
    let site = TableSite(
      table: rule.reciprocal,
      fractionBits: input.fractionBits,
      folding: EntryFolding(type: rule.reciprocal.table.type),
      name: "\(node.name)_reciprocal"
    )
    let entry = lookup(site, at: builder.scaled(argument, fractionBits: input.fractionBits))
    let reciprocal = builder.scaled(entry, fractionBits: rule.reciprocal.table.type.fractionBits)
    return zip(elements, exponentials).map { element, exponential in
      builder.element = Int32(element)
      let product =
        node.implementation.strategy == .logic
        ? builder.tableProduct(exponential, reciprocal, atAnyWidth: true)
        : builder.blockProduct(exponential, reciprocal)
      return builder.requantize(product, to: outputType(node, element))
    }
  }

  /// The exponential of every member, or of its distance to the largest one.
  private mutating func exponentials(
    _ rule: NormalizedSoftmax,
    _ node: FixedNode,
    _ elements: Range<Int>,
    _ members: [ScaledValue]
  ) -> [ScaledValue] {
    let largest: ScaledValue? = rule.differenceType == nil ? nil : self.largest(members[...])
    var results: [ScaledValue] = []
    for (element, member) in zip(elements, members) {
      builder.element = Int32(element)
      var argument = member
      var fractionBits = graph[node.inputs[0]].types[element].fractionBits
      if let type = rule.differenceType, let largest {
        var distance = builder.difference(largest, member)
        distance.range = Interval(max(distance.range.lower, 0), max(distance.range.upper, 0))
        let quantized = builder.requantize(distance, to: type)
        argument = builder.scaled(quantized, fractionBits: type.fractionBits)
        fractionBits = type.fractionBits
      }
      let site = TableSite(
        table: rule.exponential,
        fractionBits: fractionBits,
        folding: EntryFolding(type: rule.sumType),
        name: "\(node.name)_exponential"
      )
      results.append(builder.scaled(lookup(site, at: argument), fractionBits: rule.sumType.fractionBits))
    }
    return results
  }

  private mutating func largest(_ values: ArraySlice<ScaledValue>) -> ScaledValue {
    guard values.count > 1 else { return values[values.startIndex] }
    let middle = values.startIndex + values.count / 2
    let left = largest(values[..<middle])
    let right = largest(values[middle...])
    return builder.maximum(left, right)
  }

  private mutating func treeSum(_ values: ArraySlice<ScaledValue>, type: FixedPointType) -> ScaledValue {
    guard values.count > 1 else { return values[values.startIndex] }
    let middle = values.startIndex + NormalizedSoftmax.split(of: values.count)
    let left = treeSum(values[..<middle], type: type)
    let right = treeSum(values[middle...], type: type)
    let sum = builder.requantize(builder.sum(left, right), to: type)
    return builder.scaled(sum, fractionBits: type.fractionBits)
  }

  private mutating func pairwise(_ rule: PairwiseSoftmax, _ node: FixedNode, _ elements: Range<Int>) -> [ValueID] {
    let members = elements.map { x(node, $0) }
    let grids = elements.map { graph[node.inputs[0]].types[$0].fractionBits }
    let one = rule.sumType.quantize(raw: 1, fractionBits: 0).raw
    return members.indices.map { i in
      builder.element = Int32(elements.lowerBound + i)
      var sum = builder.scaled(ExactValue(raw: one, fractionBits: rule.sumType.fractionBits))
      for j in members.indices where j != i {
        let site = TableSite(
          table: rule.exponential,
          fractionBits: max(grids[i], grids[j]),
          folding: EntryFolding(type: rule.exponential.table.type),
          name: "\(node.name)_exponential"
        )
        let difference = builder.difference(members[j], members[i])
        let entry = lookup(site, at: difference)
        let term = builder.scaled(entry, fractionBits: rule.exponential.table.type.fractionBits)
        let next = builder.requantize(builder.sum(sum, term), to: rule.sumType)
        sum = builder.scaled(next, fractionBits: rule.sumType.fractionBits)
      }
      let site = TableSite(
        table: rule.reciprocal,
        fractionBits: rule.sumType.fractionBits,
        folding: EntryFolding(type: outputType(node, elements.lowerBound + i)),
        name: "\(node.name)_reciprocal"
      )
      return lookup(site, at: sum)
    }
  }
}
