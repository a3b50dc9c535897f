/// How test bench and emulator send an event in arrays through the network.
struct EventCalls {
  /// The function in the network's namespace that takes arrays.
  let network: String
  /// The test bench's call of the top function.
  let top: [String]

  init(plan: NetworkPlan, isStream: Bool) {
    network = plan.top
    top = Self.lines(plan, isStream: isStream)
  }

  init(_ files: StreamFiles) {
    network = files.names.event
    top = files.eventLines(files.network.top, namespace: "\(files.network.namespace)::", indent: "    ")
  }

  private static func lines(_ plan: NetworkPlan, isStream: Bool) -> [String] {
    guard isStream else {
      return ["    \(plan.top)(\(plan.ports.map(\.name).joined(separator: ", ")));"]
    }
    func packing(_ port: NetworkPlan.Port, _ statement: (_ range: String) -> String) -> String {
      let width = port.format.elementWidth
      return "    for (int i = 0; i < \(port.count); i++) "
        + statement("range(\(width) * i + \(width - 1), \(width) * i)")
    }
    let declarations = plan.ports.flatMap { port in
      [
        "    hls::stream<\(TopFile.word(of: port)) > \(TopFile.streamName(of: port));",
        "    \(TopFile.word(of: port)) \(port.name)_word = 0;",
      ]
    }
    let inputs = plan.ports.filter(\.isInput).flatMap { port in
      [
        packing(port) { "\(port.name)_word.\($0) = \(port.name)[i].range();" },
        "    \(TopFile.streamName(of: port)).write(\(port.name)_word);",
      ]
    }
    let outputs = plan.ports.filter { !$0.isInput }.flatMap { port in
      [
        "    \(port.name)_word = \(TopFile.streamName(of: port)).read();",
        packing(port) { "\(port.name)[i].range() = \(port.name)_word.\($0);" },
      ]
    }
    return declarations + inputs + ["    \(plan.top)(\(plan.ports.map(TopFile.streamName).joined(separator: ", ")));"]
      + outputs
  }
}
