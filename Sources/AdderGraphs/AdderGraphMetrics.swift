import FixedPoint

/// What a graph costs, in the units in which adder graphs are compared.
package struct AdderGraphMetrics: Hashable, Sendable, Codable {
  /// Two-operand adders and subtractors.
  package var adders: Int
  /// For each adder, bits from the result's most significant one down to the higher of its operands' least significant
  /// ones: lower bits are wires.
  package var bits: Int
  /// Adder levels of the deepest output.
  package var depth: Int
}

extension AdderGraph {
  /// The coefficient of one variable in every value, variables first; recomputed from the nodes alone.
  package func coefficients(of input: Int) -> [Int128] {
    var coefficients = [Int128](repeating: 0, count: inputCount)
    coefficients[input] = 1
    coefficients.reserveCapacity(inputCount + nodes.count)
    for node in nodes {
      let left = coefficients[Int(node.a)] << Int(node.aShift)
      let right = coefficients[Int(node.b)] << Int(node.bShift)
      coefficients.append(node.isSubtraction ? left - right : left + right)
    }
    return coefficients
  }

  /// Whether the outputs are exactly the problem's sums, by their linear forms.
  package func computes(_ problem: ConstantMatrixProblem) -> Bool {
    guard inputCount == problem.inputCount, outputs.count == problem.outputCount else { return false }
    return (0..<inputCount).allSatisfy { i in
      if problem.inputRanges[i].isConstant && problem.inputRanges[i].lower == 0 { return true }
      let coefficients = coefficients(of: i)
      return outputs.enumerated().allSatisfy { j, output in
        let coefficient = output.value.map { coefficients[Int($0)] << output.shift } ?? 0
        return (output.isNegated ? -coefficient : coefficient)
          == Int128(problem.coefficients[i * problem.outputCount + j])
      }
    }
  }

  /// The interval of every value, by its linear form.
  package func ranges(over inputRanges: [Interval]) -> [Interval] { bounds(over: inputRanges).ranges }

  /// Adders, adder bits and depth for the problem's intervals and arrival levels.
  package func metrics(for problem: ConstantMatrixProblem) -> AdderGraphMetrics {
    let (ranges, zeros) = bounds(over: problem.inputRanges)
    var levels = problem.inputLevels
    var bits = 0
    for (k, node) in nodes.enumerated() {
      let (a, b) = (Int(node.a), Int(node.b))
      let lsb = max(Int(node.aShift) + zeros[a], Int(node.bShift) + zeros[b])
      bits += max(0, ranges[inputCount + k].bitWidth - lsb)
      levels.append(max(levels[a], levels[b]) + 1)
    }
    let depth = outputs.compactMap { $0.value.map { levels[Int($0)] } }.max() ?? 0
    return AdderGraphMetrics(adders: nodes.count, bits: bits, depth: depth)
  }

  /// Interval and trailing zeros of every value: variable by variable, so that large graphs need little memory.
  private func bounds(over inputRanges: [Interval]) -> (ranges: [Interval], zeros: [Int]) {
    var ranges = [Interval](repeating: Interval(0), count: inputCount + nodes.count)
    var digits = [Int128](repeating: 0, count: ranges.count)
    for i in 0..<inputCount {
      for (value, coefficient) in coefficients(of: i).enumerated() where coefficient != 0 {
        ranges[value] = ranges[value] + inputRanges[i].scaled(by: coefficient)
        digits[value] |= coefficient
      }
    }
    return (ranges, digits.map(\.trailingZeroBitCount))
  }

  /// The same graph without nodes that no output needs.
  func withoutDeadNodes() -> AdderGraph {
    var isLive = [Bool](repeating: false, count: inputCount + nodes.count)
    for output in outputs { if let value = output.value { isLive[Int(value)] = true } }
    for k in nodes.indices.reversed() where isLive[inputCount + k] {
      isLive[Int(nodes[k].a)] = true
      isLive[Int(nodes[k].b)] = true
    }
    var names = [Int32](repeating: 0, count: isLive.count)
    for i in 0..<inputCount { names[i] = Int32(i) }
    var kept: [AdderNode] = []
    for k in nodes.indices where isLive[inputCount + k] {
      names[inputCount + k] = Int32(inputCount + kept.count)
      var node = nodes[k]
      node.a = names[Int(node.a)]
      node.b = names[Int(node.b)]
      kept.append(node)
    }
    let renamed = outputs.map { output in
      AdderGraphOutput(
        value: output.value.map { names[Int($0)] },
        shift: output.shift,
        isNegated: output.isNegated
      )
    }
    return AdderGraph(inputCount: inputCount, nodes: kept, outputs: renamed)
  }
}
