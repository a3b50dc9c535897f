import DesignIR
import Diagnostics
import FirmwareFiles
import FirmwareTemplates
import VerilogBackend

/// Drives events through a design with valid and ready under Verilator: once back to back, then with random stalls at
/// both ends and with resets while events are on their way.
package struct StreamRun: Sendable {
  let design: Design
  let layout: DesignLayout
  private let files: [ProjectFile]
  private let folder: String?
  /// Longest time for the build and for the run, each.
  package var limit: Duration = .seconds(1800)
  /// Compilers at a time.
  package var jobs = 2

  package struct Result: Sendable {
    /// Raw outputs of every event: the elements of the data ports, in their order.
    package var outputs: [[Int128]]
    /// Cycles from the first event to its answer, without stalls.
    package var latency: Int
    /// The longest latency of an event without stalls: back to back, later ones may have to wait.
    package var longestLatency: Int
    /// Cycles between answers without stalls, at most and at least; of a design that takes beats the last ones', and the longest.
    package var interval: Int
    package var shortestInterval: Int
    package var secondsBuild: Double
    package var secondsRun: Double
  }

  /// - Parameters:
  ///   - files: the project that ``VerilogBackend`` made of the design with this top name.
  ///   - folder: a folder that keeps the build; a temporary one is removed after success.
  package init(_ design: Design, files: [ProjectFile], top: String, folder: String? = nil) {
    self.design = design
    layout = DesignLayout(design, top: top)
    self.files = files
    self.folder = folder
  }

  /// The answers to the events.
  ///
  /// - Parameters:
  ///   - inputs: raw values of the elements of the data ports of each event.
  ///   - seed: of the stalls.
  ///   - runs: how many times the events are driven with stalls.
  /// - Throws: ``Diagnostic`` when Verilator is missing, the build fails, answers are lost, come twice, change before they
  ///   are taken, wait for being taken, or differ from those without stalls.
  package func outputs(for inputs: [[Int128]], seed: UInt64, runs: Int = 4) async throws -> Result {
    guard !inputs.isEmpty else { throw Diagnostic.error("no-samples", "there are no events to verify with") }
    guard design.interface.handshake == .readyValid || design.interface.handshake == .stream else {
      throw Diagnostic.error("no-handshake", "the design has no valid and ready to drive")
    }
    let build = try folder.map(BuildFolder.kept) ?? BuildFolder.temporary()
    let clock = ContinuousClock()
    let start = clock.now
    try await compile(in: build, cycles: inputs.count * design.interface.interval * (1 + 4 * runs))
    let built = clock.now
    let (inputBuses, outputBuses) = (beats(layout.data.inputs), beats(layout.data.outputs))
    try build.write([ProjectFile(path: "inputs.bin", bytes: EventWords.pack(inputs, buses: inputBuses))])
    let output = try await ExternalTool.runBuilt(
      build.path + "/build/harness",
      ["inputs.bin", "outputs.bin", String(inputs.count), String(seed), String(runs)],
      in: build.path,
      limit: limit
    )
    guard output.succeeded, let record = StreamRecord(output.text) else {
      throw Diagnostic.error(
        "verilator-run-failed",
        "the simulation ended with an error",
        at: Origin(file: build.path),
        notes: output.firstErrors()
      )
    }
    if let complaint = record.complaint(events: inputs.count) {
      throw Diagnostic.error("irregular-firmware", complaint, at: Origin(file: build.path))
    }
    let bytes = try build.read("outputs.bin")
    build.discard()
    return Result(
      outputs: EventWords.unpack(bytes, events: inputs.count, buses: outputBuses),
      latency: record["latency", 0],
      longestLatency: record["latency", 1],
      interval: record["interval", isBeats ? 0 : 1],
      shortestInterval: record["interval", isBeats ? 1 : 0],
      secondsBuild: (built - start) / .seconds(1),
      secondsRun: (clock.now - built) / .seconds(1)
    )
  }

  private func compile(in build: BuildFolder, cycles: Int) async throws {
    let sources = files.filter(\.isSimulated)
    let (latency, interval) = (design.interface.latency, design.interface.interval)
    var holes = [
      "top": layout.top,
      "inputMasks": layout.data.inputs.flatMap(\.wordMasks).map { "0x" + String($0, radix: 16) + "u, " }.joined(),
      // Stalls of up to nine in ten cycles at both ends take their time.
      "patience": String(64 * (latency + interval) + 1000),
    ]
    if isBeats { holes.merge(channelHoles) { $1 } }
    let harness = try (isBeats ? FirmwareTemplate.verilatorBeats : .verilatorEvents).render(holes)
    try build.write(
      sources + [
        try layout.portHeader(inputs: layout.data.inputs, outputs: layout.data.outputs),
        ProjectFile(path: "harness.cpp", text: harness),
      ]
    )
    var verilator = VerilatorBuild(top: layout.top, sources: sources.map(\.path))
    verilator.builtOnce = BuiltOnce(design, layout: layout, sources: verilator.sources, cycles: cycles)
    verilator.limit = limit
    verilator.jobs = jobs
    try await verilator.run(in: build)
  }
}

/// The harness's line: names, each before its numbers.
private struct StreamRecord {
  private var numbers: [String: [Int]] = [:]

  init?(_ text: String) {
    var name = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let number = UInt64(word) {
        numbers[name, default: []].append(Int(clamping: number))
      } else {
        name = String(word)
      }
    }
    let counts = ["received", "unexpected", "unheld", "waiting", "missing", "differing"]
    guard counts.allSatisfy({ numbers[$0]?.count == 1 }), numbers["latency"]?.count == 2,
      numbers["interval"]?.count == 2
    else { return nil }
  }

  subscript(name: String, index: Int = 0) -> Int { numbers[name]?[index] ?? 0 }

  func complaint(events: Int) -> String? {
    if self["received"] != events { return "\(self["received"]) of \(events) events were answered" }
    if self["unexpected"] > 0 { return "\(self["unexpected"]) answers came without an event" }
    if self["unheld"] > 0 { return "\(self["unheld"]) answers changed or went before they were taken" }
    if self["waiting"] > 0 { return "\(self["waiting"]) answers depended on whether they would be taken" }
    if self["misplaced"] > 0 { return "the firmware took beats for others than they were" }
    if self["missing"] > 0 { return "\(self["missing"]) events were lost under stalls" }
    return self["differing"] > 0 ? "the answers change under stalls" : nil
  }
}
