import Basics
import Diagnostics
import FoundationEssentials
import Quantization

/// What a scan runs over: models, and options for them, as a file in YAML says it.
struct ScanFile {
  /// One combination: options by name, in the order of the file.
  typealias Combination = [(name: String, value: YAMLValue)]

  var models: [String] = []
  /// Typical events on which models are compared; nil: the calibration data of each.
  var input: String?
  var labels: String?
  /// Whether yosys counts every point.
  var synthesizes = false
  var common: Combination = []
  var combinations: [Combination] = []
  let file: String

  /// More points than anybody looks at.
  private static let mostPoints = 100_000

  init(parsing text: String, file: String) throws {
    self.file = file
    if let line = TextNesting.firstTooDeepLine(of: text) {
      throw Self.refusal("the scan is nested too deeply", Origin(file: file, place: "line \(line)"))
    }
    var grid: [(name: String, values: [YAMLValue])] = []
    var listed: [Combination] = []
    func path(_ value: YAMLValue) throws -> String { PathNames.resolve(try value.text(), besides: file) }
    for entry in try YAMLValue(parsing: text, file: file).entries() {
      switch entry.key {
      case "model", "models": models += try entry.value.elements().map(path)
      case "input": input = try path(entry.value)
      case "labels": labels = try path(entry.value)
      case "synthesize": synthesizes = try entry.value.boolean()
      case "calibration", "config", "weights": common.append((entry.key, entry.value))
      case "options": common += try Self.combination(entry.value)
      case "grid":
        for axis in try entry.value.entries() {
          let values = axis.value.elements()
          guard !values.isEmpty else { throw Self.refusal("'\(axis.key)' has no values", axis.origin) }
          grid.append((axis.key, values))
        }
      case "points": listed += try entry.value.elements().map(Self.combination)
      default:
        let known = [
          "models", "calibration", "config", "weights", "input", "labels", "synthesize", "options", "grid", "points",
        ]
        throw Diagnostic.error(
          "bad-scan",
          "'\(entry.key)' is no key of a scan",
          at: entry.origin,
          hint: nearestName(to: entry.key, among: known).map { "did you mean '\($0)'?" }
            ?? "give one of \(known.joined(separator: ", "))"
        )
      }
    }
    guard !models.isEmpty else { throw Self.refusal("the scan names no model", Origin(file: file)) }
    models = try models.flatMap(Self.expanded)
    let count = grid.reduce(1) { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }
    guard (0...Self.mostPoints).contains(count), count * models.count <= Self.mostPoints else {
      throw Self.refusal("the grid has more than \(Self.mostPoints) points", Origin(file: file))
    }
    var product: [Combination] = [[]]
    for axis in grid { product = product.flatMap { row in axis.values.map { row + [(axis.name, $0)] } } }
    // Points alone are meant where there are points and no grid.
    combinations = (grid.isEmpty && !listed.isEmpty ? [] : product) + listed
  }

  private static func combination(_ value: YAMLValue) throws -> Combination {
    try value.entries().map { ($0.key, $0.value) }
  }

  /// The folder of a search stands for all its points.
  private static func expanded(_ model: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: model + "/" + OptimizationFolder.report) else { return [model] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: model)) ?? []
    return names.filter { $0.hasSuffix(".tricot") }.sorted().map { model + "/" + $0 }
  }

  static func refusal(_ message: String, _ origin: Origin?) -> Diagnostic {
    Diagnostic.error("bad-scan", "\(message)", at: origin, hint: "docs/scans.md shows a complete scan")
  }
}
