import Diagnostics
import FixedPointIR
import FoundationEssentials
import Glibc
import Optimization

/// The folder of a search: the points as they are found, and where to go on from.
struct OptimizationFolder {
  static let report = "points.json"
  static let front = "front.svg"
  static let page = "front.html"
  static let state = "state.json"

  let path: String

  func file(_ name: String) -> String { path + "/" + name }

  static func pointName(_ stage: Int) -> String {
    let number = String(stage + 1)
    return "point-" + String(repeating: "0", count: max(0, 2 - number.count)) + number + ".tricot"
  }

  /// The name of a point that is built otherwise: the first letter that is free behind its own.
  static func variantName(of name: String, besides taken: [String]) -> String {
    let stem = name.dropLast(".tricot".count)
    let names = "bcdefghijklmnopqrstuvwxyz".map { "\(stem)\($0).tricot" }
    return names.first { !taken.contains($0) } ?? names[0]
  }

  /// One of the points.
  func graph(_ name: String) throws -> FixedPointGraph {
    let text = String(decoding: try FileReading.bytes(of: file(name)), as: UTF8.self)
    return try FixedPointGraph(parsing: text, file: file(name))
  }

  /// What a run leaves for the next one.
  struct Progress: Codable {
    /// Of model, data and options: who changes any of them starts anew.
    var identity: String
    var search: SearchState
    var points: [OptimizationReport.Point]
    var isComplete: Bool
  }

  /// Makes the folder, or reads what an earlier run of the same search left there.
  ///
  /// - Parameter replacing: Whether what another search left may be removed.
  func prepare(identity: String, replacing: Bool) throws -> Progress? {
    if mkdir(path, 0o777) == 0 { return nil }
    guard errno == EEXIST else {
      throw error("unwritable-output", "the folder cannot be made: \(systemMessage())", "check the folder above it")
    }
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw error(
        "output-exists",
        "the output is no folder that can be listed",
        "choose another with \(option: .output)"
      )
    }
    if entries.isEmpty { return nil }
    guard entries.contains(Self.state) || entries.contains(Self.report) else {
      throw error(
        "output-exists",
        "the output folder exists and holds other files",
        "choose another folder with \(option: .output)"
      )
    }
    if let bytes = try? FileReading.bytes(of: file(Self.state)),
      let progress = try? JSONDecoder().decode(Progress.self, from: Data(bytes)), progress.identity == identity,
      progress.points.allSatisfy({ entries.contains($0.model) })
    {
      return progress
    }
    guard replacing else {
      throw error(
        "output-exists",
        "the output folder holds the results of another search",
        "add \(option: .force) to replace them, or choose another folder with \(option: .output)"
      )
    }
    for name in entries.sorted() where Self.isOurs(name) { unlink(file(name)) }
    return nil
  }

  private static func isOurs(_ name: String) -> Bool {
    [report, front, page, state].contains(name) || (name.hasPrefix("point-") && name.hasSuffix(".tricot"))
  }

  func write(_ text: String, to name: String) throws {
    try FileWriting.replace(file(name), with: Array(text.utf8))
  }

  func write(_ progress: Progress) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try FileWriting.replace(file(Self.state), with: Array(try encoder.encode(progress)))
  }

  private func error(_ code: String, _ message: DiagnosticText, _ hint: DiagnosticText) -> Diagnostic {
    Diagnostic.error(code, message, at: Origin(file: path), hint: hint)
  }

  // MARK: - As a model

  /// What is needed of a report to find its chosen point.
  private struct Listing: Decodable {
    struct Point: Decodable {
      var model: String
      var chosen: Bool
    }
    var points: [Point]
  }

  /// The chosen point of a folder that a search wrote; nil where the path is no folder.
  static func chosenModel(in path: String) throws -> String? {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else { return nil }
    let name = path + "/" + report
    guard FileManager.default.fileExists(atPath: name) else {
      throw Diagnostic.error(
        "no-model",
        "the folder holds no \(report), so no search left a model there",
        at: Origin(file: path),
        hint: "give a model file"
      )
    }
    let listing = try? JSONDecoder().decode(Listing.self, from: Data(try FileReading.bytes(of: name)))
    guard let chosen = listing?.points.first(where: \.chosen)?.model, !chosen.contains("/") else {
      throw Diagnostic.error(
        "no-model",
        "the list of points marks none as chosen",
        at: Origin(file: name),
        hint: "give one of the .tricot files in the folder"
      )
    }
    return path + "/" + chosen
  }
}
