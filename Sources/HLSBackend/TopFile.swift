import FirmwareFiles

/// The function for HLS tools, which want it outside of namespaces: ports, their protocol, and a call of the network.
struct TopFile {
  let plan: NetworkPlan
  let interface: HLSInterface
  /// The pragma that says how events follow each other.
  let pipeline: String

  /// Dataflow regions stand in the network itself.
  private var pipelinePragma: [String] { pipeline.contains("DATAFLOW") ? [] : [pipeline] }

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
        ? "hls::stream<\(Self.word(of: port))> &\(Self.streamName(of: port))"
        : port.declaration(in: "\(plan.namespace)::")
    }
    return "void \(plan.top)(\(parameters.joined(separator: ", ")))"
  }

  /// The name of a port's stream.
  static func streamName(of port: NetworkPlan.Port) -> String { "\(port.name)_stream" }

  /// A port's event as one word of whole bytes, as AXI4-Stream wants it.
  static func word(of port: NetworkPlan.Port) -> String {
    let bits = port.count * port.format.elementWidth
    return "ap_uint<\((bits + 7) / 8 * 8)> "
  }

  private var header: [String] {
    ["// The top function for HLS tools."]
      + IncludeGuard.open("\(plan.top)_top", plan.namespace)
      + (isStream ? ["#include \"hls_stream.h\""] : [])
      + ["#include \"\(plan.top).h\"", "", "\(declaration);", "", "#endif"]
  }

  private var source: [String] {
    ["#include \"\(plan.top)_top.h\"", "", "\(declaration) {"] + (isStream ? streamBody : wireBody) + ["}"]
  }

  private var call: String {
    "  \(plan.namespace)::\(plan.top)(\(ports.map(\.name).joined(separator: ", ")));"
  }

  private var wireBody: [String] {
    ports.flatMap { port in
      [
        "#pragma HLS ARRAY_RESHAPE variable=\(port.name) complete dim=0",
        "#pragma HLS INTERFACE \(interface.rawValue) port=\(port.name)",
      ]
    } + ["#pragma HLS INTERFACE ap_ctrl_hs port=return"] + pipelinePragma + [call]
  }

  private var streamBody: [String] {
    let pragmas = ports.map { "#pragma HLS INTERFACE axis port=\(Self.streamName(of: $0))" }
    let arrays = ports.flatMap { port in
      [
        "  \(plan.namespace)::\(port.typeName) \(port.name)[\(port.count)];",
        "#pragma HLS ARRAY_PARTITION variable=\(port.name) complete",
      ]
    }
    let inputs = ports.filter(\.isInput).flatMap { port in
      ["  const \(Self.word(of: port))\(port.name)_word = \(Self.streamName(of: port)).read();"]
        + loop("unpack_\(port.name)", port) { low, high in
          "\(port.name)[i].range() = \(port.name)_word.range(\(high), \(low));"
        }
    }
    let outputs = ports.filter { !$0.isInput }.flatMap { port in
      ["  \(Self.word(of: port))\(port.name)_word = 0;"]
        + loop("pack_\(port.name)", port) { low, high in
          "\(port.name)_word.range(\(high), \(low)) = \(port.name)[i].range();"
        }
        + ["  \(Self.streamName(of: port)).write(\(port.name)_word);"]
    }
    return pragmas + ["#pragma HLS INTERFACE ap_ctrl_none port=return"] + pipelinePragma + arrays + inputs + [call]
      + outputs
  }

  private func loop(_ label: String, _ port: NetworkPlan.Port, _ body: (_ low: String, _ high: String) -> String)
    -> [String]
  {
    let width = port.format.elementWidth
    return [
      "\(label):", "  for (unsigned i = 0; i < \(port.count); i++) {", "#pragma HLS UNROLL",
      "    " + body("\(width) * i", "\(width) * i + \(width - 1)"), "  }",
    ]
  }
}
