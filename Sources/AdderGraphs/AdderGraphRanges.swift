import FixedPoint

extension AdderGraph {
  /// The interval of every node by its linear form.
  package func ranges(of variables: [Interval]) -> [Interval] {
    var forms = [Int128](repeating: 0, count: (inputCount + nodes.count) * inputCount)
    for i in 0..<inputCount { forms[i * inputCount + i] = 1 }
    var ranges: [Interval] = []
    ranges.reserveCapacity(nodes.count)
    for (k, node) in nodes.enumerated() {
      let (a, b) = (Int(node.a) * inputCount, Int(node.b) * inputCount)
      let result = (inputCount + k) * inputCount
      var range = Interval(0)
      for i in 0..<inputCount {
        let left = forms[a + i] << Int(node.aShift)
        let right = forms[b + i] << Int(node.bShift)
        let coefficient = node.isSubtraction ? left &- right : left &+ right
        forms[result + i] = coefficient
        if coefficient != 0 { range = range + variables[i].scaled(by: coefficient) }
      }
      ranges.append(range)
    }
    return ranges
  }
}
