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
    let ranges = graph.ranges(over: variables.map { range($0) })
    let outer = element
    defer { element = outer }
    var values = variables
    for (k, node) in graph.nodes.enumerated() {
      element = owners?[graph.inputCount + k] ?? -1
      let (a, b) = (values[Int(node.a)], values[Int(node.b)])
      let (s, t) = (Int(node.aShift), Int(node.bShift))
      let id = node.isSubtraction ? difference(a, shift: s, b, shift: t) : sum(a, shift: s, b, shift: t)
      assume(id, in: ranges[graph.inputCount + k])
      if case .shiftLeft(let inner, let places) = instruction(id) {
        assume(inner, in: ranges[graph.inputCount + k].shifted(by: -Int(places)))
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
}
