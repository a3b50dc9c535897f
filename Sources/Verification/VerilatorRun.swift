import DesignIR
import Diagnostics
import FirmwareFiles
import FirmwareTemplates
import NetlistIR
import VerilogBackend

/// What firmware answered, and when.
package struct VerificationResult: Sendable {
  /// Raw outputs of every event, in the order of the flat output vector.
  package var outputs: [[Int128]]
  /// Cycles from `in_valid` to `out_valid`, the same for every event.
  package var latency: Int
  /// Cycles between events that are driven back to back.
  package var initiationInterval: Int
  package var secondsBuild: Double
  package var secondsRun: Double

  package init(
    outputs: [[Int128]],
    latency: Int,
    initiationInterval: Int,
    secondsBuild: Double,
    secondsRun: Double
  ) {
    self.outputs = outputs
    self.latency = latency
    self.initiationInterval = initiationInterval
    self.secondsBuild = secondsBuild
    self.secondsRun = secondsRun
  }
}

/// Builds a project with Verilator and drives events through it, back to back.
package struct VerilatorRun: Sendable {
  /// Cycles that were promised.
  private let latency: Int
  private let design: Design
  private let designLayout: DesignLayout
  private let files: [ProjectFile]
  private let folder: String?
  /// Longest time for the build and for the run, each.
  package var limit: Duration = .seconds(1800)
  /// From how many events on optimised C++ is worth its compilation.
  private static let manyEvents = 500_000
  /// Compilers at a time.
  package var jobs = 2

  /// - Parameters:
  ///   - files: the project that ``VerilogBackend`` made of the circuit with this top name.
  ///   - folder: a folder that keeps the build; a temporary one is removed after success.
  package init(_ circuit: Circuit, files: [ProjectFile], top: String, folder: String? = nil) {
    self.init(Design(circuit), files: files, top: top, folder: folder)
  }

  /// The same for a design of fixed latency.
  package init(_ design: Design, files: [ProjectFile], top: String, folder: String? = nil) {
    self.files = files
    self.folder = folder
    self.design = design
    latency = design.interface.latency
    designLayout = DesignLayout(design, top: top)
  }

  /// The answers to the events.
  ///
  /// - Parameter inputs: raw values of the flat input vector of each event, at least one event.
  /// - Throws: ``Diagnostic`` when Verilator is missing, the build fails, or answers are missing or irregular.
  package func outputs(for inputs: [[Int128]]) async throws -> VerificationResult {
    guard let last = inputs.last else { throw Diagnostic.error("no-samples", "there are no events to verify with") }
    let build = try folder.map(BuildFolder.kept) ?? BuildFolder.temporary()
    let clock = ContinuousClock()
    let start = clock.now
    try await compile(for: inputs.count, in: build)
    let built = clock.now
    // The interval shows only between two events.
    let events = inputs.count == 1 ? [last, last] : inputs
    var result = try await drive(events, in: build)
    result.outputs.removeLast(events.count - inputs.count)
    result.secondsBuild = (built - start) / .seconds(1)
    result.secondsRun = (clock.now - built) / .seconds(1)
    build.discard()
    return result
  }

  private var layout: BusLayout { designLayout.data }

  // MARK: - Build

  private func compile(for events: Int, in build: BuildFolder) async throws {
    let sources = files.filter(\.isSimulated)
    try build.write(sources + [ProjectFile(path: "harness.cpp", text: harness())])
    var verilator = VerilatorBuild(top: layout.top, sources: sources.map(\.path))
    // The events come twice: back to back, and with pauses.
    verilator.builtOnce = BuiltOnce(design, layout: designLayout, sources: verilator.sources, cycles: 3 * events)
    verilator.isOptimised = events > Self.manyEvents
    verilator.limit = limit
    verilator.jobs = jobs
    try await verilator.run(in: build)
  }

  private func harness() throws -> String {
    func lines(_ buses: [Bus], _ function: String) -> String {
      var offset = 0
      return buses.filter { $0.width > 0 }.map { bus in
        defer { offset += bus.words }
        return "    \(function)(dut.\(bus.name), words + \(offset));"
      }.joined(separator: "\n")
    }
    return try FirmwareTemplate.verilatorHarness.render([
      "top": layout.top, "inputWords": String(layout.inputs.reduce(0) { $0 + $1.words }),
      "inputMasks": layout.inputs.flatMap(\.wordMasks).map { "0x" + String($0, radix: 16) + "u, " }.joined(),
      "outputWords": String(layout.outputs.reduce(0) { $0 + $1.words }),
      "latencyLimit": String(latency + 100), "driveLines": lines(layout.inputs, "load"),
      "sampleLines": lines(layout.outputs, "store"),
    ])
  }

  // MARK: - Run

  private func drive(_ inputs: [[Int128]], in build: BuildFolder) async throws -> VerificationResult {
    try build.write([ProjectFile(path: "inputs.bin", bytes: EventWords.pack(inputs, buses: layout.inputs))])
    let output = try await ExternalTool.runBuilt(
      build.path + "/build/harness",
      ["inputs.bin", "outputs.bin", String(inputs.count)],
      in: build.path,
      limit: limit
    )
    let words = output.text.split(whereSeparator: \.isWhitespace)
    guard output.succeeded, let timing = Timing(words) else {
      throw Diagnostic.error(
        "verilator-run-failed",
        "the simulation ended with an error",
        at: Origin(file: build.path),
        notes: output.firstErrors()
      )
    }
    try timing.check(events: inputs.count, folder: build.path)
    let bytes = try build.read("outputs.bin")
    return VerificationResult(
      outputs: EventWords.unpack(bytes, events: inputs.count, buses: layout.outputs),
      latency: timing.latency,
      initiationInterval: timing.interval,
      secondsBuild: 0,
      secondsRun: 0
    )
  }
}

/// The harness's line about when answers came.
private struct Timing {
  let received: Int
  let unexpected: Int
  let latency: Int
  let longestLatency: Int
  let interval: Int
  let pausesAgree: Bool

  /// Reads `received N unexpected N latency MIN MAX interval N pauses 0|1`.
  init?(_ words: [Substring]) {
    let numbers = words.compactMap { UInt64($0) }.map { Int(clamping: $0) }
    guard words.count == 11, numbers.count == 6 else { return nil }
    (received, unexpected, latency) = (numbers[0], numbers[1], numbers[2])
    (longestLatency, interval, pausesAgree) = (numbers[3], numbers[4], numbers[5] == 1)
  }

  func check(events: Int, folder: String) throws {
    let complaint: String? =
      if received != events {
        "\(received) of \(events) events were answered"
      } else if unexpected > 0 {
        "\(unexpected) answers came without an event"
      } else if latency != longestLatency {
        "the latency varies from \(latency) to \(longestLatency) cycles"
      } else if !pausesAgree {
        "the answers change when events come with pauses"
      } else {
        nil
      }
    if let complaint {
      throw Diagnostic.error("irregular-firmware", complaint, at: Origin(file: folder))
    }
  }
}
