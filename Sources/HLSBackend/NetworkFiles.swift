import FirmwareFiles
import FixedPoint
import FixedPointIR

/// `parameters.h`, and the network itself.
struct NetworkFiles {
  let plan: NetworkPlan
  let layers: [EmittedLayer]
  let wish: HLSPipeline

  var files: [ProjectFile] {
    [
      ProjectFile(path: "firmware/parameters.h", lines: parameters),
      ProjectFile(path: "firmware/\(plan.top).h", lines: header),
      ProjectFile(path: "firmware/\(plan.top).cpp", lines: network),
    ]
  }

  // MARK: - Types

  private var parameters: [String] {
    var lines = ["// Types of all tensors and configurations of all layers."]
    lines += IncludeGuard.open("parameters", plan.namespace)
    lines += ["#include \"tricot/fixed_point.h\""]
    lines += Set(layers.flatMap(\.code.libraries)).sorted().filter { $0 != "fixed_point" }.map {
      "#include \"tricot/\($0).h\""
    }
    lines += ["", "namespace \(plan.namespace) {", ""] + types
    return lines + ["}  // namespace \(plan.namespace)", "", "#endif"]
  }

  /// Types of all tensors and configurations of all layers, an empty line behind each.
  var types: [String] {
    var lines: [String] = []
    for index in plan.graph.nodes.indices {
      let node = plan.graph.nodes[index]
      let shape = plan.graph[node.output].shape.map(String.init).joined(separator: "x")
      lines.append("// \(plan.names[index]): \(node.kind.singleLine), \(shape)")
      lines += tensorType(of: node)
      if let layer = layers.first(where: { $0.emission.index == index }) { lines += configuration(of: layer) }
      lines.append("")
    }
    return lines
  }

  /// The type of the array of a node's output.
  func tensorType(of node: FixedNode) -> [String] {
    let tensor = plan.graph[node.output]
    let name = plan.names[plan.maker(of: node.output)]
    let type = CppText.type(plan.container(of: node.output))
    guard tensor.types.uniform.map({ $0.width > 0 }) != true else { return ["typedef \(type) \(name)_t;"] }
    var distinct: [FixedPointType] = []
    let kinds = tensor.types.all.map { type -> Int in
      if let known = distinct.firstIndex(of: type) { return known }
      distinct.append(type)
      return distinct.count - 1
    }
    let cases = distinct.enumerated().map { number, type in
      let value = type.width == 0 ? "0" : "tricot::convert<\(CppText.type(type))>(exact)"
      return "      \(number == distinct.count - 1 ? "default" : "case \(number)"): return \(value);"
    }
    return [
      "typedef \(type) \(name)_t;  // holds every element's type", "struct \(name)_elements {",
      "  typedef \(name)_t result_t;", "  template <class T>",
      "  static result_t quantize(unsigned element, const T &exact) {", "#pragma HLS INLINE",
      "    static const \(CppText.integer(holding: [Int64(distinct.count)])) type_of[\(tensor.count)] = {",
    ] + CppText.list(kinds.map(String.init), indent: 6) + ["    };", "    switch (type_of[element]) {"] + cases
      + ["    }", "  }", "};"]
  }

  private func configuration(of layer: EmittedLayer) -> [String] {
    let output = layer.node.output
    let isUniform = plan.graph[output].types.uniform.map { $0.width > 0 } == true
    let base = isUniform ? "tricot::uniform_result<\(plan.typeName(of: output))>" : "\(layer.name)_elements"
    return ["struct \(layer.emission.configuration) : \(base) {"]
      + layer.code.numbers.map { "  static const unsigned \($0.name) = \($0.value);" }
      + layer.code.members.map { "  " + $0 }
      + layer.code.types.map { "  typedef \($0.type) \($0.name);" } + ["};"]
  }

  // MARK: - Network

  var declaration: String {
    "void \(plan.top)(\(plan.ports.map { $0.declaration() }.joined(separator: ", ")))"
  }

  private var header: [String] {
    ["// The network as a function: for test benches, and for designs that build it in."]
      + IncludeGuard.open(plan.top, plan.namespace) + [
        "#include \"parameters.h\"", "", "namespace \(plan.namespace) {", "",
      ]
      + plan.ports.map { "// \($0.name): \($0.isInput ? "input" : "output"), \($0.types.summary)" }
      + ["\(declaration);", "", "}  // namespace \(plan.namespace)", "", "#endif"]
  }

  private var network: [String] {
    let body = plan.ports.map { CppStatement.pragma(.arrayPartition($0.name)) } + [.pragma(pipeline), .blank] + steps
    return ["#include \"\(plan.top).h\"", ""] + layers.map { "#include \"layers/\($0.name).h\"" }
      + ["", "namespace \(plan.namespace) {", ""]
      + CppPrinter.lines(of: CppFunction(signature: declaration, body: body))
      + ["", "}  // namespace \(plan.namespace)"]
  }

  /// The layers one after another, and what is both a port and something else.
  var steps: [CppStatement] {
    var body = layers.flatMap { step($0) + [.blank] } + copies
    while body.last == .blank { body.removeLast() }
    return body
  }

  /// One event every `II` cycles; layers that share multipliers run side by side on different events.
  var pipeline: CppPragma {
    let shared = layers.contains(where: \.code.sharesMultipliers)
    switch wish.style {
    case .dataflow: return .dataflow
    case .automatic where shared && isChain && wish.interval == nil: return .dataflow
    case .automatic, .pipeline:
      let interval = layers.map(\.node.implementation.reuseFactor).max() ?? 1
      return .pipeline(interval: wish.interval ?? (shared ? interval : latencyInterval))
    }
  }

  /// Cycles over which schedulers share multipliers.
  var latencyInterval: Int {
    layers.filter { $0.code.libraries.contains("dense") }.map(\.node.implementation.reuseFactor).max() ?? 1
  }

  /// Whether every tensor is read once, as HLS's dataflow wants it.
  var isChain: Bool {
    let readers = plan.graph.nodes.flatMap(\.inputs) + plan.graph.outputs
    return Set(readers).count == readers.count
  }

  private func step(_ layer: EmittedLayer) -> [CppStatement] {
    let output = layer.node.output
    let array = plan.arrayName(of: output)
    let arguments = layer.node.inputs.map { plan.arrayName(of: $0) } + [array]
    let call = CppStatement.call(CppCall(function: layer.name, arguments: arguments), comment: layer.code.summary)
    guard !plan.isWrittenToPort(output) else { return [call] }
    return [
      .array(type: plan.typeName(of: output), name: array, count: plan.graph[output].count),
      .pragma(.arrayPartition(array)), call,
    ]
  }

  /// Tensors that are ports and something else, too.
  private var copies: [CppStatement] {
    plan.ports.filter { !$0.isInput && !plan.isWrittenToPort($0.tensor) }.map { port in
      let copy = CppStatement.assignment(to: "\(port.name)[i]", value: "\(plan.arrayName(of: port.tensor))[i]")
      let label = port.name.replacing("_port", with: "_copy")
      return .loop(CppLoop(label: label, count: port.count, layout: .flush, body: [copy]))
    }
  }
}

/// The header and, for long straight-line code, the source of a layer.
struct LayerFiles {
  let layer: EmittedLayer

  var files: [ProjectFile] {
    let header = ProjectFile(path: "firmware/layers/\(layer.name).h", lines: header)
    guard let source = layer.code.source else { return [header] }
    let lines =
      ["#include \"\(layer.name).h\"", "", "namespace \(layer.namespace) {", ""] + CppPrinter.lines(of: source)
      + (layer.code.body.isEmpty ? [] : function(layer.emission.signature) + [""])
      + ["}  // namespace \(layer.namespace)"]
    return [header, ProjectFile(path: "firmware/layers/\(layer.name).cpp", lines: lines)]
  }

  private func function(_ signature: String) -> [String] {
    CppPrinter.lines(of: CppFunction(signature: signature, body: layer.code.body))
  }

  private var header: [String] {
    var lines = ["// \(layer.name): \(layer.node.kind.singleLine), \(layer.code.summary)."]
    lines += IncludeGuard.open("layers_\(layer.name)", layer.namespace)
    lines += ["#include \"../parameters.h\"", "", "namespace \(layer.namespace) {", ""]
    if !layer.code.constants.isEmpty { lines += layer.code.constants + [""] }
    if layer.code.source == nil {
      lines += function("inline \(layer.emission.signature)")
    } else {
      lines += ["\(layer.emission.signature);"]
    }
    return lines + ["", "}  // namespace \(layer.namespace)", "", "#endif"]
  }
}

enum IncludeGuard {
  static func open(_ file: String, _ namespace: String) -> [String] {
    let name = "\(namespace)_\(file)_H_".uppercased()
    return ["#ifndef \(name)", "#define \(name)", ""]
  }
}

extension ProjectFile {
  init(path: String, lines: [String]) { self.init(path: path, text: lines.joined(separator: "\n") + "\n") }
}

extension String {
  /// Without line feeds, so that it stays inside a comment.
  var singleLine: String {
    String(map { $0.isNewline || $0 == "\\" ? " " : $0 })
  }
}
