import Diagnostics
import FixedPoint
import FixedPointIR
import Lowering

/// A kernel that is fired at many positions: its layers as functions in a namespace of their own, one function that
/// copies a window, and a loop over positions.
struct MapEmission {
  let layer: LayerEmission
  let map: MapOperation

  private var name: String { layer.name }
  private var node: FixedNode { layer.node }
  private var namespace: String { "\(name)_body" }

  func code() throws -> LayerCode {
    let kernel = try KernelNamespace(name: namespace, plan: try kernel())
    var code = LayerCode()
    code.number("positions", map.firings)
    code.number("results", map.resultCount)
    code.summary = summary
    code.kernelLibraries = kernel.libraries
    code.kernelSharesMultipliers = kernel.sharesMultipliers
    let windows = try map.accesses.indices.map { operand in
      try WindowFunction(
        name: windowName(operand),
        access: map.accesses[operand],
        domain: map.domain,
        operand: layer.plan.graph[node.inputs[operand]],
        operandType: layer.plan.typeName(of: node.inputs[operand]),
        container: kernel.plan.container(of: kernel.plan.graph.inputs[operand]),
        windowType: kernel.typeName(of: kernel.plan.graph.inputs[operand]),
        origin: node.origin
      ).definitions
    }
    code.source = [kernel.definition, .blank] + windows.flatMap { $0 + [.blank] }
    code.body = [positions(kernel.plan)]
    return code
  }

  /// The kernel's layers, built as the whole is.
  private func kernel() throws -> NetworkPlan {
    guard let analysis = layer.plan.analysis.kernels[layer.index] else {
      preconditionFailure("the analysis of a map holds its kernel's")
    }
    var body = map.body
    for index in body.nodes.indices {
      guard let dense = body.nodes[index].operation.denseKernel else { continue }
      body.nodes[index].implementation = node.implementation
      body.nodes[index].implementation.reuseFactor =
        ReuseFactorRule.nearest(to: node.implementation.reuseFactor, for: dense)
    }
    let isShared = node.implementation.strategy.sharesAdders
    let plans = isShared ? layer.plan.adderGraphs.kernels[layer.index] : nil
    return try NetworkPlan(
      body,
      analysis: analysis,
      adderGraphs: plans ?? AdderGraphPlans(noneOf: body),
      top: "fire",
      namespace: namespace
    )
  }

  private func windowName(_ operand: Int) -> String {
    map.accesses.count == 1 ? "\(name)_window" : "\(name)_window\(operand)"
  }

  private func positions(_ kernel: NetworkPlan) -> CppStatement {
    var body: [CppStatement] = []
    let ports = kernel.ports
    for (operand, port) in ports.prefix(map.accesses.count).enumerated() {
      body += [
        .array(type: "\(namespace)::\(port.typeName)", name: port.name, count: port.count),
        .pragma(.arrayPartition(port.name)),
        .call(CppCall(function: windowName(operand), arguments: [layer.inputNames[operand], "i", port.name])),
      ]
    }
    for port in ports.dropFirst(map.accesses.count) {
      body += [
        .array(type: "\(namespace)::\(port.typeName)", name: port.name, count: port.count),
        .pragma(.arrayPartition(port.name)),
        .call(CppCall(function: "\(namespace)::fire", arguments: ports.map(\.name))),
        .call(
          CppCall(
            function: CppLibrary.place.name,
            templateArguments: [layer.configuration],
            arguments: [port.name, "i * \(map.resultCount)", "y"]
          )
        ),
      ]
    }
    return .loop(CppLoop(label: "positions", count: map.firings, body: body))
  }

  private var summary: String {
    let domain = map.domain.map(String.init).joined(separator: "x")
    let windows = map.accesses.map { $0.axes.map { "\($0.taps)" }.joined(separator: "x") }
    return "a kernel on \(windows.joined(separator: " and ")) elements at \(domain) positions"
  }
}
