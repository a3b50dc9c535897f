import DataFiles
import FoundationEssentials
import TestSupport
import Testing
import TricotCompiler
import Verification

/// The road of the README on the shipped jet tagger.
@Suite struct ExampleTests {
  private let native = [Example.model, "--calibration", Example.calibration]

  @Test func simulationReproducesTheShippedOutputs() async throws {
    let scratch = try Scratch()
    let run = try await Invocation.tricot(
      ["simulate"] + native + ["--input", Example.inputs, "--output", scratch.file("y.npy"), "--json"]
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(SimulationReport.self)
    #expect(report.samples == 2000)
    #expect(report.samplesPerSecond > 0)
    let outputs = try array(scratch.file("y.npy"))
    #expect(outputs.shape == [2000, 5])
    #expect(outputs == (try array(Example.expected)))
  }

  @Test func quantizationKeepsTheAccuracy() async throws {
    let scratch = try Scratch()
    for arguments in [native, [Example.configuration]] {
      let run = try await Invocation.tricot(
        ["simulate"] + arguments + ["--input", Example.inputs, "-o", scratch.file("y.npy"), "--quiet", "--force"]
      )
      #expect(run.status == 0, "\(run.errors)")
      let outputs = try array(scratch.file("y.npy")).values
      let labels = try array(Example.labels).values
      let right = labels.indices.count { event in
        let scores = outputs[(event * 5)..<(event * 5 + 5)]
        return scores.firstIndex(of: scores.max() ?? 0).map { $0 - event * 5 } == Int(labels[event])
      }
      #expect(right > 1540, "\(right) of 2000 jets with \(arguments)")
    }
  }

  @Test(.enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"))
  func firmwareEqualsSimulator() async throws {
    let run = try await Invocation.tricot(
      ["verify"] + native + ["--input", Example.inputs, "--expected", Example.expected, "--samples", "500", "--json"]
    )
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(VerificationReport.self)
    #expect(report.isEqual)
    #expect(report.comparisons.map(\.against) == ["netlist", "verilator", "expected"])
    #expect(report.comparisons[1].initiationInterval == 1)
  }

  @Test func twoProcessesWriteTheSameBytes() async throws {
    let scratch = try Scratch()
    for name in ["a", "b"] {
      let run = try await Invocation.tricot(
        ["compile"] + native + ["-o", scratch.file(name), "--threads", name == "a" ? "1" : "2", "--quiet"]
      )
      #expect(run.status == 0, "\(run.errors)")
    }
    let first = try files(below: scratch.file("a"))
    #expect(first.contains { $0.name == "manifest.json" })
    #expect(first.contains { $0.name.hasSuffix(".v") })
    #expect(first == (try files(below: scratch.file("b"))))
  }

  @Test func estimateAddsUp() async throws {
    let run = try await Invocation.tricot(["estimate"] + native + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(EstimationReport.self)
    #expect(report.layers.reduce(0) { $0 + $1.resources.lut } == report.resources.lut)
    #expect(report.resources.lut > 0)
    #expect(report.latencyNs == Double(report.latencyCycles) * report.clockPeriodNs)
    #expect(report.initiationInterval == 1)
  }

  @Test func inspectNamesEveryLayer() async throws {
    let run = try await Invocation.tricot(["inspect"] + native + ["--json"])
    #expect(run.status == 0, "\(run.errors)")
    let report = try run.json(InspectionReport.self)
    #expect(report.arithmetic == "native")
    #expect(report.parameters == 16 * 64 + 64 + 64 * 32 + 32 + 32 * 32 + 32 + 32 * 5 + 5)
    #expect(report.layers.allSatisfy { $0.wraps == 0 })
  }

  @Test func traceWritesEveryLayer() async throws {
    let scratch = try Scratch()
    let run = try await Invocation.tricot(
      ["simulate"] + native + ["--input", Example.inputs, "--trace", scratch.file("trace"), "--quiet"]
    )
    #expect(run.status == 0, "\(run.errors)")
    let names = try files(below: scratch.file("trace")).map(\.name)
    #expect(names.contains("trace.json"))
    #expect(names.contains { $0.hasSuffix("fc1.npy") })
  }

  private func array(_ path: String) throws -> NumPyArray {
    try NumPyArray(npy: [UInt8](try Data(contentsOf: URL(filePath: path))), file: path)
  }

  private struct NamedFile: Equatable {
    var name: String
    var bytes: [UInt8]
  }

  private func files(below folder: String) throws -> [NamedFile] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().compactMap { name in
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
      return isFolder
        ? nil : NamedFile(name: name, bytes: [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
    }
  }
}
