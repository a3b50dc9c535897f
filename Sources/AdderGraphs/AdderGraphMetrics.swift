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
  /// The linear form of every value over the variables: `inputCount` coefficients each, recomputed from the nodes alone.
  package func linearForms() -> [[Int128]] {
    var forms: [[Int128]] = (0..<inputCount).map { i in
      var form = [Int128](repeating: 0, count: inputCount)
      form[i] = 1
      return form
    }
    for node in nodes {
      let a = forms[Int(node.a)]
      let b = forms[Int(node.b)]
      forms.append(
        a.indices.map { i in
          let left = a[i] << Int(node.aShift)
          let right = b[i] << Int(node.bShift)
          return node.isSubtraction ? left - right : left + right
        }
      )
    }
    return forms
  }

  /// Whether the outputs are exactly the problem's sums, by their linear forms.
  package func computes(_ problem: ConstantMatrixProblem) -> Bool {
    guard inputCount == problem.inputCount, outputs.count == problem.outputCount else { return false }
    let forms = linearForms()
    for (j, output) in outputs.enumerated() {
      for i in 0..<inputCount {
        var coefficient = output.value.map { forms[Int($0)][i] << output.shift } ?? 0
        if output.isNegated { coefficient = -coefficient }
        let isDead = problem.inputRanges[i].isConstant && problem.inputRanges[i].lower == 0
        if !isDead && coefficient != Int128(problem.coefficients[i * problem.outputCount + j]) { return false }
      }
    }
    return true
  }

  /// Adders, adder bits and depth for the problem's intervals and arrival levels.
  package func metrics(for problem: ConstantMatrixProblem) -> AdderGraphMetrics {
    let forms = linearForms()
    let ranges = forms.map { form in
      form.indices.reduce(Interval(0)) { $0 + problem.inputRanges[$1].scaled(by: form[$1]) }
    }
    let zeros = forms.map { form in form.reduce(Int128(0)) { $0 | $1 }.trailingZeroBitCount }
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
