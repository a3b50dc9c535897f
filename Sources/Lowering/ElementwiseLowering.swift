import FixedPoint
import FixedPointIR
import NetlistIR

extension GraphLowering {
  mutating func affineOutputs(_ rule: AffineOperation, _ node: FixedNode) -> [ValueID] {
    (0..<graph[node.output].count).map { i in
      builder.element = Int32(i)
      let x = x(node, i)
      let scale = rule.scale.value(at: i)
      let product = node.implementation.strategy == .multipliers ? multiplied(x, scale) : product(x, scale)
      return builder.quantizedSum(product, plus: rule.bias.value(at: i), as: outputType(node, i))
    }
  }

  mutating func clampedLinearOutputs(_ rule: ClampedLinearOperation, _ node: FixedNode) -> [ValueID] {
    eachOutput(of: node) { this, i in
      let shift = this.builder.scaled(rule.shift.value(at: i))
      let lower = this.builder.scaled(rule.lower.value(at: i))
      let upper = this.builder.scaled(rule.upper.value(at: i))
      let product = this.product(this.x(node, i), rule.slope.value(at: i))
      let line = this.builder.sum(product, shift)
      let raised = this.builder.maximum(line, lower)
      return this.builder.minimum(raised, upper)
    }
  }

  mutating func mergeOutputs(_ kind: FixedMergeKind, _ node: FixedNode) -> [ValueID] {
    eachOutput(of: node) { this, i in
      let values = node.inputs.indices.map { this.x(node, i, input: $0) }
      let rest = values.dropFirst()
      switch kind {
      case .add: return this.builder.balancedSum(values)
      case .subtract: return this.builder.difference(values[0], values[1])
      case .multiply:
        let isLogic = node.implementation.strategy == .logic
        return rest.reduce(values[0]) {
          isLogic ? this.builder.tableProduct($0, $1) : this.builder.blockProduct($0, $1)
        }
      case .average:
        var sum = this.builder.balancedSum(values)
        sum.fractionBits += 1
        return sum
      case .maximum: return rest.reduce(values[0]) { this.builder.maximum($0, $1) }
      case .minimum: return rest.reduce(values[0]) { this.builder.minimum($0, $1) }
      }
    }
  }

  /// A tournament for the first maximum: each match is won by the left side unless the right one is larger.
  mutating func argmaxOutputs(_ groups: SoftmaxGroups, _ node: FixedNode) -> [ValueID] {
    var flags: [ValueID] = []
    for group in 0..<groups.count {
      builder.element = -1
      let members = (0..<groups.size).map { x(node, group * groups.size + $0) }
      flags += builder.winners(members[...]).flags
    }
    return flags.enumerated().map { i, flag in
      builder.element = Int32(i)
      return builder.requantize(builder.scaled(flag, fractionBits: 0), to: outputType(node, i))
    }
  }
}

extension NetlistBuilder {
  /// The maximum of some numbers, and for each whether it is the first that equals it.
  fileprivate mutating func winners(_ members: ArraySlice<ScaledValue>) -> (largest: ScaledValue, flags: [ValueID]) {
    guard members.count > 1 else { return (members[members.startIndex], [constant(1)]) }
    let middle = members.startIndex + members.count / 2
    let left = winners(members[..<middle])
    let right = winners(members[middle...])
    let rightWins = less(left.largest, right.largest)
    let leftWins = not(rightWins)
    var flags: [ValueID] = []
    for flag in left.flags { flags.append(and(flag, leftWins)) }
    for flag in right.flags { flags.append(and(flag, rightWins)) }
    return (maximum(left.largest, right.largest), flags)
  }
}
