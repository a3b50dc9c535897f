import NetlistIR

/// Which outputs of each module depend on which of its inputs within one cycle.
///
/// Made module by module, so that a module costs the same however often it is instantiated.
package struct CombinationalPaths: Sendable {
  /// By module, by element of its output ports in their order: the elements of its input ports that it depends on.
  package private(set) var inputsOfOutput: [[[Int]]] = []

  /// - Throws: ``DesignDefect`` naming the wires of a combinational loop.
  package init(_ design: Design) throws {
    for (index, module) in design.modules.enumerated() {
      switch module {
      case .pipeline(let leaf):
        // Everything passes at least one register.
        inputsOfOutput.append(Array(repeating: [], count: leaf.signature.outputs.elementCount))
      case .module(let module):
        let graph = ModuleGraph(module, design, paths: inputsOfOutput)
        let order = try graph.order()
        // Nobody asks what the top's outputs depend on.
        let isTop = index == design.modules.count - 1
        inputsOfOutput.append(isTop ? [] : graph.inputsOfOutput(order))
      }
    }
  }
}

extension [DesignPort] {
  /// Elements of all ports.
  package var elementCount: Int { reduce(0) { $0 + $1.elements.count } }
}

/// The values of one module, and through which they depend on each other in one cycle, instances included.
private struct ModuleGraph {
  let module: HardwareModule
  /// By value, the values that it depends on directly.
  private var dependencies: [[ValueID]]
  private let names: [String?]

  init(_ module: HardwareModule, _ design: Design, paths: [[[Int]]]) {
    self.module = module
    dependencies = module.logic.values.map(\.instruction.operands)
    // Of each instance, the value of each element of its input ports.
    var inputs = [[ValueID]](repeating: [], count: module.instances.count)
    for (sink, output) in zip(module.sinks, module.logic.outputs) {
      if case .instance(let id, _, _) = sink { inputs[id.index].append(output.value) }
    }
    let starts = module.instances.map { design.signature(of: $0.module).outputs.starts }
    var names = [String?](repeating: nil, count: module.logic.values.count)
    for (index, value) in module.logic.values.enumerated() {
      guard case .input(let input) = value.instruction else { continue }
      let port = module.logic.inputs[Int(input)]
      names[index] = "\(port.tensor)[\(port.element)]"
      guard case .instance(let id, let port, let element) = module.sources[Int(input)] else { continue }
      let output = starts[id.index][port] + element
      dependencies[index] = paths[module.instances[id.index].module.index][output].map { inputs[id.index][$0] }
    }
    self.names = names
  }

  /// The values, each after those that it depends on.
  func order() throws -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(dependencies.count)
    // 0: not seen, 1: on the path, 2: done.
    var state = [UInt8](repeating: 0, count: dependencies.count)
    var path: [(value: Int, next: Int)] = []
    for root in dependencies.indices where state[root] == 0 {
      path.append((root, 0))
      state[root] = 1
      while let (value, next) = path.last {
        if next == dependencies[value].count {
          state[value] = 2
          order.append(value)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let operand = dependencies[value][next].index
        if state[operand] == 1 { throw loop(path.map(\.value), from: operand) }
        if state[operand] == 0 {
          state[operand] = 1
          path.append((operand, 0))
        }
      }
    }
    return order
  }

  private func loop(_ path: [Int], from first: Int) -> DesignDefect {
    let start = path.firstIndex(of: first) ?? 0
    // The path goes from a value to what it depends on; a loop reads better along the signal.
    let wires = (path[start...].reversed() + [path[path.count - 1]]).map { names[$0] ?? "%\($0)" }
    return DesignDefect("module '\(module.name)': a combinational loop through \(wires.joined(separator: " -> "))")
  }

  func inputsOfOutput(_ order: [Int]) -> [[Int]] {
    let starts = module.inputs.starts
    let words = (module.inputs.elementCount + 63) / 64
    var sets = [UInt64](repeating: 0, count: words * dependencies.count)
    for value in order {
      if case .input(let input) = module.logic.values[value].instruction,
        case .port(let port, let element) = module.sources[Int(input)]
      {
        let bit = starts[port] + element
        sets[value * words + bit / 64] |= 1 << UInt64(bit % 64)
      }
      for operand in dependencies[value] {
        for word in 0..<words { sets[value * words + word] |= sets[operand.index * words + word] }
      }
    }
    var result = [[Int]](repeating: [], count: module.outputs.elementCount)
    let outputStarts = module.outputs.starts
    for (sink, output) in zip(module.sinks, module.logic.outputs) {
      guard case .port(let port, let element) = sink else { continue }
      let base = output.value.index * words
      result[outputStarts[port] + element] = (0..<(words * 64)).filter { bit in
        sets[base + bit / 64] >> UInt64(bit % 64) & 1 == 1
      }
    }
    return result
  }
}

extension [DesignPort] {
  /// The position of each port's first element among the elements of all.
  package var starts: [Int] {
    var start = 0
    return map { port in
      defer { start += port.elements.count }
      return start
    }
  }
}
