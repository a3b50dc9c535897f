import Diagnostics

/// Brings the nodes that the outputs depend on into an order in which each stands after its operands.
///
/// A file that is in order already, as the standard asks, keeps its order.
struct NodeOrder {
  private let nodes: [NodeProto]
  private let file: String
  /// Which node makes a value.
  private var makers: [String: Int] = [:]

  init(_ nodes: [NodeProto], file: String) throws {
    self.nodes = nodes
    self.file = file
    for (index, node) in nodes.enumerated() {
      for output in node.output where !output.isEmpty {
        guard makers.updateValue(index, forKey: output) == nil else {
          throw Diagnostic.error(
            "duplicate-name",
            "two nodes make the value '\(output)'",
            at: Origin(file: file, place: OperatorNode.place(of: node))
          )
        }
      }
    }
  }

  /// Indices of the nodes that `outputs` need, operands first.
  func sorted(for outputs: [String]) throws -> [Int] {
    let needed = needed(for: outputs)
    var state = [State](repeating: .new, count: nodes.count)
    var order: [Int] = []
    for root in nodes.indices where needed[root] { try visit(root, &state, &order) }
    return order
  }

  private enum State { case new, open, done }

  private func needed(for outputs: [String]) -> [Bool] {
    var needed = [Bool](repeating: false, count: nodes.count)
    var open = outputs.compactMap { makers[$0] }
    while let index = open.popLast() {
      guard !needed[index] else { continue }
      needed[index] = true
      open += nodes[index].input.compactMap { makers[$0] }
    }
    return needed
  }

  /// Depth first with a stack of its own, for a file may nest deeper than the thread's stack.
  private func visit(_ root: Int, _ state: inout [State], _ order: inout [Int]) throws {
    guard state[root] == .new else { return }
    state[root] = .open
    var stack = [(node: root, operand: 0)]
    while let (node, operand) = stack.last {
      guard operand < nodes[node].input.count else {
        state[node] = .done
        order.append(node)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].operand += 1
      guard let maker = makers[nodes[node].input[operand]] else { continue }
      switch state[maker] {
      case .done: break
      case .open: throw cycle(stack.map(\.node), back: maker)
      case .new:
        state[maker] = .open
        stack.append((maker, 0))
      }
    }
  }

  private func cycle(_ path: [Int], back: Int) -> Diagnostic {
    let members = path[(path.firstIndex(of: back) ?? 0)...].reversed()
    let names = members.prefix(8).map { OperatorNode.place(of: nodes[$0]) }
    return Diagnostic.error(
      "cycle",
      "the nodes of the model form a cycle",
      at: Origin(file: file),
      notes: names.map { "in the cycle: \($0)" } + (members.count > 8 ? ["and \(members.count - 8) more"] : []),
      hint: "export the model again; a feed-forward network has no cycles"
    )
  }
}
