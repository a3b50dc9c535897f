import FirmwareFiles

/// The function for HLS tools, which want it outside of namespaces: ports, their protocol, and a call of the network.
struct TopFile {
  let plan: NetworkPlan
  let interface: HLSInterface
  /// The pragma that says how events follow each other.
  let pipeline: CppPragma

  /// Dataflow regions stand in the network itself.
  private var pipelinePragma: [CppStatement] { pipeline == .dataflow ? [] : [.pragma(pipeline)] }

  var files: [ProjectFile] {
    [
      ProjectFile(path: "firmware/\(plan.top)_top.h", lines: header),
      ProjectFile(path: "firmware/\(plan.top)_top.cpp", lines: source),
    ]
  }

  private var isStream: Bool { interface == .stream }
  private var ports: [NetworkPlan.Port] { plan.ports }

  private var declaration: String {
    let parameters = ports.map { port in
      isStream
        ? "hls::stream<\(Self.word(of: port)) > &\(Self.streamName(of: port))"
        : port.declaration(in: "\(plan.namespace)::")
    }
    return "void \(plan.top)(\(parameters.joined(separator: ", ")))"
  }

  /// The name of a port's stream.
  static func streamName(of port: NetworkPlan.Port) -> String { "\(port.name)_stream" }

  /// A port's event as one word of whole bytes, as AXI4-Stream wants it.
  static func word(of port: NetworkPlan.Port) -> String {
    let bits = port.count * port.format.elementWidth
    return "ap_uint<\((bits + 7) / 8 * 8)>"
  }

  private var header: [String] {
    ["// The top function for HLS tools."]
      + IncludeGuard.open("\(plan.top)_top", plan.namespace)
      + (isStream ? ["#include \"hls_stream.h\""] : [])
      + ["#include \"\(plan.top).h\"", "", "\(declaration);", "", "#endif"]
  }

  private var source: [String] {
    ["#include \"\(plan.top)_top.h\"", ""]
      + CppPrinter.lines(of: CppFunction(signature: declaration, body: isStream ? streamBody : wireBody))
  }

  private var call: CppStatement {
    .call(CppCall(function: "\(plan.namespace)::\(plan.top)", arguments: ports.map(\.name)))
  }

  private var wireBody: [CppStatement] {
    let pragmas = ports.flatMap { port -> [CppPragma] in
      [.arrayReshape(port.name), .interface(interface.rawValue, port: port.name)]
    }
    return (pragmas + [.interface("ap_ctrl_hs", port: "return")]).map(CppStatement.pragma) + pipelinePragma + [call]
  }

  private var streamBody: [CppStatement] {
    let pragmas =
      ports.map { CppPragma.interface("axis", port: Self.streamName(of: $0)) }
      + [.interface("ap_ctrl_none", port: "return")]
    let arrays = ports.flatMap { port -> [CppStatement] in
      [
        .array(type: "\(plan.namespace)::\(port.typeName)", name: port.name, count: port.count),
        .pragma(.arrayPartition(port.name)),
      ]
    }
    let inputs = ports.filter(\.isInput).flatMap { port -> [CppStatement] in
      let (word, stream) = ("\(port.name)_word", Self.streamName(of: port))
      let bits = Self.bits(of: port)
      return [
        .variable(type: "const \(Self.word(of: port))", name: word, value: "\(stream).read()"),
        loop("unpack", port, .assignment(to: "\(port.name)[i].range()", value: "\(word).\(bits)")),
      ]
    }
    let outputs = ports.filter { !$0.isInput }.flatMap { port -> [CppStatement] in
      let word = "\(port.name)_word"
      let bits = Self.bits(of: port)
      return [
        .variable(type: Self.word(of: port), name: word, value: "0"),
        loop("pack", port, .assignment(to: "\(word).\(bits)", value: "\(port.name)[i].range()")),
        .call(CppCall(function: "\(Self.streamName(of: port)).write", arguments: [word])),
      ]
    }
    return pragmas.map(CppStatement.pragma) + pipelinePragma + arrays + inputs + [call] + outputs
  }

  /// The bits of element `i` in a port's word.
  private static func bits(of port: NetworkPlan.Port) -> String {
    let width = port.format.elementWidth
    return "range(\(width) * i + \(width - 1), \(width) * i)"
  }

  private func loop(_ verb: String, _ port: NetworkPlan.Port, _ statement: CppStatement) -> CppStatement {
    .loop(CppLoop(label: "\(verb)_\(port.name)", count: port.count, layout: .outdented, body: [statement]))
  }
}
