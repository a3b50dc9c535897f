import AdderGraphs
import FixedPoint
import NetlistIR

extension NetlistBuilder {
  /// Builds an adder graph over some values; returns all its operands: the variables, then the nodes.
  ///
  /// Every sum gets the interval of its whole linear form. A sum that one output alone needs belongs to that element.
  ///
  /// - Parameter elements: the output element of every sum of the graph, or nil where none is named.
  mutating func emit(_ graph: AdderGraph, over variables: [ValueID], elements: Range<Int>?) -> [ValueID] {
    let owners = elements.map { graph.owners(firstElement: $0.lowerBound) }
    let ranges = graph.ranges(of: variables.map { range($0) })
    let outer = element
    defer { element = outer }
    var values = variables
    for (k, node) in graph.nodes.enumerated() {
      element = owners?[graph.inputCount + k] ?? -1
      let (a, b) = (values[Int(node.a)], values[Int(node.b)])
      let (s, t) = (Int(node.aShift), Int(node.bShift))
      let id = node.isSubtraction ? difference(a, shift: s, b, shift: t) : sum(a, shift: s, b, shift: t)
      assume(id, in: ranges[k])
      if case .shiftLeft(let inner, let places) = instruction(id) {
        assume(inner, in: ranges[k].shifted(by: -Int(places)))
      }
      values.append(id)
    }
    return values
  }
}

extension AdderGraph {
  /// For every operand, the one output element that needs it, or -1.
  fileprivate func owners(firstElement: Int) -> [Int32] {
    var owners = [Int32?](repeating: nil, count: inputCount + nodes.count)
    func claim(_ value: Int32, _ owner: Int32) {
      owners[Int(value)] = owners[Int(value)].map { $0 == owner ? owner : -1 } ?? owner
    }
    for (j, output) in outputs.enumerated() {
      if let value = output.value { claim(value, Int32(firstElement + j)) }
    }
    for k in nodes.indices.reversed() {
      guard let owner = owners[inputCount + k] else { continue }
      claim(nodes[k].a, owner)
      claim(nodes[k].b, owner)
    }
    return owners.map { $0 ?? -1 }
  }

  /// The interval of every node by its linear form.
  fileprivate func ranges(of variables: [Interval]) -> [Interval] {
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
