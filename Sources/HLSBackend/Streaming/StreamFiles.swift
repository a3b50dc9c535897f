import DesignBuilding
import Diagnostics
import FirmwareFiles
import FixedPointIR

/// The C++ of a streamed network: a function for each stage, and one that joins them by streams.
struct StreamFiles {
  let network: NetworkPlan
  let plan: StreamPlan
  let names: StreamNames
  private let stages: [(emission: StageEmission, code: StageCode)]
  /// By queue of the plan, the tokens that it has room for.
  private let depths: [Int]

  /// Cycles that a pipeline of an HLS tool may take, for the depths of queues beside it.
  private static let pipelineCycles = 16

  init(_ network: NetworkPlan, options: HLSOptions) throws {
    self.network = network
    let origin = network.graph.nodes.first?.origin ?? Origin(file: network.graph.name)
    guard options.pipeline.style != .pipeline, options.pipeline.interval == nil else {
      throw Diagnostic.error(
        "no-pipeline",
        "streams join stages that run side by side, each at its own pace: there is no pipeline around them",
        at: origin,
        hint: "use the PipelineStyle auto or dataflow, or give \(option: .io, "parallel")"
      )
    }
    let plan = try StreamPlan(network.graph)
    let names = try StreamNames(plan, network: network, origin: origin)
    (self.plan, self.names) = (plan, names)
    stages = try plan.stages.indices.map { index in
      let emission = StageEmission(
        plan: plan,
        names: names,
        index: index,
        lowering: options.lowering,
        origin: network.graph.nodes.first { $0.name == plan.stages[index].name }?.origin ?? origin
      )
      return (emission, try emission.code())
    }
    depths = plan.depths(latency: Self.pipelineCycles, intervals: stages.map(\.code.interval))
  }

  var files: [ProjectFile] {
    [
      ProjectFile(path: "firmware/parameters.h", lines: parameters),
      ProjectFile(path: "firmware/\(network.top).h", lines: header),
      ProjectFile(path: "firmware/\(network.top).cpp", lines: source),
      ProjectFile(path: "firmware/\(network.top)_top.h", lines: topHeader),
      ProjectFile(path: "firmware/\(network.top)_top.cpp", lines: topSource),
    ] + stages.flatMap(stageFiles)
  }

  // MARK: - Types

  private var parameters: [String] {
    let libraries = Set(stages.flatMap(\.code.libraries) + ["stream"]).subtracting(["fixed_point"]).sorted()
    var lines = ["// Types of all ports, and of the tokens on all streams."]
    lines += IncludeGuard.open("parameters", network.namespace)
    lines += ["#include \"tricot/fixed_point.h\""] + libraries.map { "#include \"tricot/\($0).h\"" }
    lines += ["", "namespace \(network.namespace) {", ""]
    let types = NetworkFiles(plan: network, layers: [], wish: HLSPipeline())
    var made: Set<Int> = []
    for port in network.ports where made.insert(network.maker(of: port.tensor)).inserted {
      let node = network.graph.nodes[network.maker(of: port.tensor)]
      let shape = network.graph[node.output].shape.map(String.init).joined(separator: "x")
      lines += ["// \(port.name): \(node.kind.singleLine), \(shape)"] + types.tensorType(of: node) + [""]
    }
    for id in plan.streamsInUse {
      let (stream, name) = (names.streams[id.index], plan[id].name.singleLine)
      lines += [
        "// \(name): \(stream.positions == 1 ? "one token" : "\(stream.positions) tokens") of \(stream.elements)",
        "typedef \(CppText.type(stream.container)) \(stream.element);", "typedef \(stream.wordType) \(stream.word);",
        "",
      ]
    }
    return lines + ["}  // namespace \(network.namespace)", "", "#endif"]
  }

  // MARK: - Stages

  private func stageFiles(_ stage: (emission: StageEmission, code: StageCode)) -> [ProjectFile] {
    let name = stage.emission.name
    let header =
      ["// \(name): \(stage.code.summary)."] + IncludeGuard.open("layers_\(name)", network.namespace)
      + ["#include \"../parameters.h\"", "", "namespace \(network.namespace) {", ""]
      + ["\(stage.emission.signature);", "", "}  // namespace \(network.namespace)", "", "#endif"]
    let source =
      ["#include \"\(name).h\"", "", "namespace \(network.namespace) {", ""]
      + CppPrinter.lines(of: stage.code.definitions) + CppPrinter.lines(of: stage.code.function)
      + ["", "}  // namespace \(network.namespace)"]
    return [
      ProjectFile(path: "firmware/layers/\(name).h", lines: header),
      ProjectFile(path: "firmware/layers/\(name).cpp", lines: source),
    ]
  }

  // MARK: - Network

  private var inputPorts: [(port: NetworkPlan.Port, stream: StreamNames.Stream)] {
    zip(network.ports, plan.inputs).map { ($0, names.streams[$1.index]) }
  }

  private var outputPorts: [(port: NetworkPlan.Port, stream: StreamNames.Stream)] {
    zip(network.ports.dropFirst(plan.inputs.count), plan.outputs).map { ($0, names.streams[$1.index]) }
  }

  private func declaration(in namespace: String = "") -> String {
    let ports = (inputPorts + outputPorts).map { port, stream in
      "hls::stream<\(namespace)\(stream.word) > &\(port.name)"
    }
    return "void \(network.top)(\(ports.joined(separator: ", ")))"
  }

  private var header: [String] {
    ["// The network as a function on streams: for designs that build it in."]
      + IncludeGuard.open(network.top, network.namespace)
      + ["#include \"parameters.h\"", "", "namespace \(network.namespace) {", ""]
      + ["// An event comes position by position, all channels of a position in a token.", "\(declaration());", ""]
      + ["#ifndef __SYNTHESIS__", "", "// One event in arrays, for test benches and emulators."]
      + ["inline \(eventDeclaration) {"] + eventLines(network.top, namespace: "", indent: "  ") + ["}"]
      + ["", "#endif", "", "}  // namespace \(network.namespace)", "", "#endif"]
  }

  private var source: [String] {
    let own = Set(network.ports.map(\.name))
    var body: [CppStatement] = [.pragma(.dataflow)]
    for (edge, depth) in zip(plan.edges.indices, depths) where !own.contains(names.edges[edge]) {
      let stream = names.streams[plan.edges[edge].stream.index]
      body += [
        .object(type: "hls::stream<\(stream.word) >", name: names.edges[edge]),
        .pragma(.stream(names.edges[edge], depth: max(depth, 2))),
      ]
    }
    let splits = plan.inputs.indices.filter(isSplit)
    for input in splits {
      let readers = plan.edges.indices.filter { plan.edges[$0].stream == plan.inputs[input] }.map { names.edges[$0] }
      body.append(
        .call(CppCall(function: names.splits[input], arguments: [inputPorts[input].port.name] + readers))
      )
    }
    body += stages.map { .call($0.emission.call, comment: $0.code.summary) }
    return ["#include \"\(network.top).h\"", ""] + stages.map { "#include \"layers/\($0.emission.name).h\"" }
      + ["", "namespace \(network.namespace) {", ""]
      + splits.flatMap { CppPrinter.lines(of: split($0)) + [""] }
      + CppPrinter.lines(of: CppFunction(signature: declaration(), body: body))
      + ["", "}  // namespace \(network.namespace)"]
  }

  /// Whether an input has several readers, or none.
  private func isSplit(_ input: Int) -> Bool { plan.edges.count { $0.stream == plan.inputs[input] } != 1 }

  /// Hands each token of an input to all who read it.
  private func split(_ input: Int) -> CppFunction {
    let stream = names.streams[plan.inputs[input].index]
    let readers = plan.edges.filter { $0.stream == plan.inputs[input] }.indices.map { "y\($0)" }
    let parameters = (["x"] + readers).map { "hls::stream<\(stream.word) > &\($0)" }
    let loop = CppLoop(
      label: "tokens",
      count: stream.positions,
      layout: .flush,
      pragma: .pipeline(interval: 1),
      body: [.variable(type: "const \(stream.word)", name: "token", value: "x.read()")]
        + readers.map { .call(CppCall(function: "\($0).write", arguments: ["token"])) }
    )
    return CppFunction(
      signature: "void \(names.splits[input])(\(parameters.joined(separator: ", ")))",
      body: [.loop(loop)]
    )
  }

  // MARK: - Top

  private var topHeader: [String] {
    ["// The top function for HLS tools."]
      + IncludeGuard.open("\(network.top)_top", network.namespace)
      + ["#include \"\(network.top).h\"", "", "\(declaration(in: "\(network.namespace)::"));", "", "#endif"]
  }

  private var topSource: [String] {
    let pragmas =
      network.ports.map { CppPragma.interface("axis", port: $0.name) }
      + [.interface("ap_ctrl_none", port: "return")]
    let call = CppCall(function: "\(network.namespace)::\(network.top)", arguments: network.ports.map(\.name))
    let function = CppFunction(
      signature: declaration(in: "\(network.namespace)::"),
      body: pragmas.map(CppStatement.pragma) + [.call(call)]
    )
    return ["#include \"\(network.top)_top.h\"", ""] + CppPrinter.lines(of: function)
  }

  // MARK: - Events

  private var eventDeclaration: String {
    "void \(names.event)(\(network.ports.map { $0.declaration() }.joined(separator: ", ")))"
  }

  /// An event in arrays through a function on streams.
  func eventLines(_ function: String, namespace: String, indent: String) -> [String] {
    func name(_ port: NetworkPlan.Port) -> String { TopFile.streamName(of: port) }
    let declarations = (inputPorts + outputPorts).map { port, stream in
      "hls::stream<\(namespace)\(stream.word) > \(name(port));"
    }
    // Where a token's elements stand in the array: side by side, or a plane of each channel after the other.
    func place(_ port: NetworkPlan.Port, _ stream: StreamNames.Stream, isPlanar: Bool) -> String {
      isPlanar ? "\(port.name) + i, \(stream.positions)" : "\(port.name) + \(stream.elements) * i"
    }
    let inputs = inputPorts.enumerated().map { index, input in
      let (port, stream) = input
      return "for (int i = 0; i < \(stream.positions); i++) \(name(port)).write(tricot::pack<\(stream.elements), "
        + "\(namespace)\(stream.word), \(namespace)\(stream.element)>("
        + "\(place(port, stream, isPlanar: plan.planarInputs.contains(index)))));"
    }
    let call = "\(function)(\(network.ports.map(name).joined(separator: ", ")));"
    let outputs = outputPorts.enumerated().map { index, output in
      let (port, stream) = output
      return "for (int i = 0; i < \(stream.positions); i++) tricot::unpack<\(stream.elements), "
        + "\(namespace)\(stream.element)>(\(name(port)).read(), "
        + "\(place(port, stream, isPlanar: plan.planarOutputs.contains(index))));"
    }
    return (declarations + inputs + [call] + outputs).map { indent + $0 }
  }
}

extension StreamPlan {
  /// Streams that somebody makes or reads.
  fileprivate var streamsInUse: [StreamID] {
    let used = Set(inputs + outputs + stages.flatMap { $0.operands + $0.outputs })
    return used.sorted()
  }
}
