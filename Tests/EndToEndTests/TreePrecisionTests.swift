import DataFiles
import FoundationEssentials
import Fuzzing
import TestSupport
import Testing
import TricotCompiler

/// `tricot inspect` on trees: the bits of thresholds, and the smallest precision at a stated loss.
@Suite struct TreePrecisionTests {
  private let scratch: Scratch
  private let model: String
  private let events: String

  init() throws {
    scratch = try Scratch()
    model = try scratch.write(
      "m.json",
      TinyTrees.json(features: 4, trees: 6, range: -160...200, denominator: 61, seed: 3)
    )
    var random = SeededGenerator(seed: 7)
    let values = (0..<1600).map { _ in Double.random(in: -4...4, using: &random) }
    events = try scratch.write("x.npy", try NumPyArray(shape: [400, 4], values: values).npyBytes())
  }

  private func scores(_ model: String, _ events: String, _ options: [String]) async throws -> [Double] {
    let run = try await Invocation.tricot(
      ["simulate", model, "--input", events, "-o", scratch.file("y.npy"), "--force", "--quiet"] + options
    )
    #expect(run.status == 0, "\(run.errors)")
    return try NumPyArray(npy: [UInt8](Data(contentsOf: URL(filePath: scratch.file("y.npy")))), file: "y.npy").values
  }

  /// The share of events on the same side of zero, and the rms error.
  private func difference(_ scores: [Double], _ reference: [Double]) -> (agreement: Double, rms: Double) {
    let same = zip(scores, reference).count { ($0 > 0) == ($1 > 0) }
    let squares = zip(scores, reference).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (Double(same) / Double(scores.count), (squares / Double(scores.count)).squareRoot())
  }

  private func inspect(_ arguments: [String]) async throws -> TreeReport {
    let run = try await Invocation.tricot(["inspect", "--json", "--quiet"] + arguments)
    #expect(run.status == 0, "\(run.errors)")
    return try #require(try run.json(InspectionReport.self).trees)
  }

  @Test(arguments: [["--loss", "0.02"], ["--loss", "0", "--score-error", "0.1"]])
  func `the offer keeps the loss when it is compiled`(_ loss: [String]) async throws {
    let report = try await inspect([model, "--calibration", events] + loss)
    let offer = try #require(report.offer)
    // Leaves are multiples of 1/512, and no event is as near to a threshold as 2^-32: this is the model itself.
    let reference = try await scores(
      model,
      events,
      ["--input-precision", "fixed<40,8,RND,SAT>", "--weight-bits", "16"]
    )
    let found = difference(try await scores(model, events, ["--calibration", events] + offer.options), reference)
    #expect(found.agreement == offer.agreement)
    #expect(abs(found.rms - offer.rmsError) < 1e-12)
    #expect(1 - offer.agreement <= Double(loss[1]) ?? 0)
    if let last = loss.last, loss.count == 4 { #expect(offer.rmsError <= Double(last) ?? 0) }
    let present = try #require(report.present)
    #expect(offer.widths.reduce(0, +) < present.widths.reduce(0, +))
    let compiled = try await Invocation.tricot(
      ["compile", model, "--calibration", events, "-o", scratch.file("out"), "--quiet"] + offer.options
    )
    #expect(compiled.status == 0, "\(compiled.errors)")
  }

  @Test func `thresholds are counted`() async throws {
    let grid = TinyTrees.json(features: 4, range: -160...200, denominator: 64, seed: 3)
    let report = try await inspect([try scratch.write("grid.json", grid)])
    #expect(report.features.count == 4 && report.present == nil && report.offer == nil)
    #expect(report.features.map(\.splits).reduce(0, +) == 12 * 7)
    for feature in report.features {
      #expect(feature.exact?.fractionBits ?? 99 <= 6 && feature.thresholds <= feature.splits)
      #expect(feature.distinct?.fractionBits ?? 99 <= feature.exact?.fractionBits ?? 0)
    }
    let text = try await Invocation.tricot("inspect", model, "--calibration", events, "--loss", "0.05", "--quiet")
    #expect(text.output.contains("same branches") && text.output.contains("to use the offer: --input-bits"))
  }

  /// One bit cannot tell thresholds on both sides of zero apart, and must not hang.
  @Test func `the fewest bits end`() async throws {
    #expect(try await inspect([model, "--input-bits", "1"]).features.allSatisfy { $0.type.bits <= 2 })
    #expect(try await inspect([model, "--input-bits", "1,2,3,32"]).features.map(\.type.bits).max() ?? 99 <= 32)
  }

  @Test(arguments: [
    (["--input-bits", "8,7"], "2 numbers for 4 features"), (["--input-bits", "8,x"], "--input-bits"),
    (["--input-bits", "8,0,1,2"], "1…32"), (["--loss", "0.1"], "--calibration"), (["--loss", "2"], "--loss"),
    (["--input-precision", "fixed<8,4>", "--loss", "0.1"], "--input-precision"),
    (["--arithmetic", "conifer", "--loss", "0.1"], "native"),
  ])
  func `wishes that cannot be served are refused`(_ options: [String], _ says: String) async throws {
    let run = try await Invocation.tricot(["inspect", model] + options)
    #expect(run.status == 2 && run.errors.contains(says), "\(run.errors)")
  }

  @Test func `networks have no bits by feature`() async throws {
    let network = try scratch.write("n.onnx", TinyONNX.dense.bytes)
    for options in [["--input-bits", "8,7"], ["--loss", "0.1"]] {
      let run = try await Invocation.tricot(["inspect", network] + options)
      #expect(run.status == 2 && run.errors.contains("hint:"), "\(run.errors)")
    }
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `a hundred trees keep their decisions with fewer bits`() async throws {
    let folder = "vectors/trees/xgb_binary"
    let (model, events) = (SharedData.url(folder + "/model.json").path, SharedData.url(folder + "/X.npy").path)
    let offer = try #require(try await inspect([model, "--calibration", events, "--loss", "0.01"]).offer)
    let margins = try SharedData.array(folder + "/y_margin.npy").values
    let found = difference(try await scores(model, events, ["--calibration", events] + offer.options), margins)
    #expect(found.agreement == offer.agreement && offer.agreement >= 0.99)
    #expect(abs(found.rms - offer.rmsError) < 1e-5)
    #expect(offer.widths.reduce(0, +) < 100 && offer.weightBits <= 6, "\(offer)")
  }
}
