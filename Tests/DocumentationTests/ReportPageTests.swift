import FoundationEssentials
import TestSupport
import Testing

@testable import TricotCompiler

/// `docs/json.md` says what the reports hold.
@Suite(.serialized) struct ReportPageTests {
  static let reports: [(String, any (Codable & Sendable).Type)] = [
    ("inspect", InspectionReport.self), ("simulate", SimulationReport.self),
    ("simulate --float", EvaluationReport.self), ("compare", ComparisonReport.self),
    ("verify", VerificationReport.self),
    ("estimate", EstimationReport.self), ("estimate --fit", FitReport.self), ("compile", CompilationReport.self),
    ("optimize", OptimizationReport.self), ("emulator", EmulatorReport.self),
    ("report", ToolReportSummary.self), ("report MODEL", ModelReport.self), ("scan", ScanReport.self),
    ("matrix", MatrixReport.self),
    ("table", TableReport.self),
    ("table decode", TableDecodingReport.self), ("export", ExportReport.self), ("fuzz", FuzzReport.self),
    ("manifest.json", Manifest.self), ("trace.json", TraceIndex.self),
  ]

  @Test(arguments: reports.indices) func pageHoldsTheSchema(index: Int) throws {
    let (name, type) = Self.reports[index]
    var text = SchemaText()
    try text.add(Schema(type), indent: 0)
    try CheckedPage.expect("json.md", block: name, holds: (["```"] + text.lines + ["```"]).joined(separator: "\n"))
  }

  /// Every type of the reports' folder is a report of the page, or part of one.
  @Test func noReportIsForgotten() throws {
    var named = Set<String>()
    for (_, type) in Self.reports { Self.collect(try Schema(type), into: &named) }
    let folder = SharedData.packageRoot.appending(path: "Sources/TricotCompiler/Reports")
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let source = String(decoding: try Data(contentsOf: folder.appending(path: file)), as: UTF8.self)
      for line in source.split(separator: "\n") where line.contains(": Codable") || line.contains(", Codable") {
        let words = line.split { " :{".contains($0) }
        guard let position = words.firstIndex(of: "struct"), position + 1 < words.count else { continue }
        #expect(named.contains(String(words[position + 1])), "\(file): \(words[position + 1])")
      }
    }
  }

  /// The recorder against an encoder: the same keys, in the same case, for a value with everything in it.
  @Test func recordedKeysAreTheEncodedOnes() throws {
    let text = """
      {"samples": 1, "seconds": 2, "samples_per_second": 3, "threads": 4,
       "overflows": [{"layer": "fc", "wraps": 0, "saturations": 1}],
       "accuracy": {"samples": 1, "largest_difference": 0.5, "mean_difference": 0.25, "same_choice": 1}}
      """
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let report = try decoder.decode(SimulationReport.self, from: Data(text.utf8))
    var schema = SchemaText()
    try schema.add(Schema(SimulationReport.self), indent: 0)
    let encoded = try jsonText(report).split(separator: "\n").compactMap { line -> String? in
      line.contains("\" :") ? String(line.split(separator: "\"")[1]) : nil
    }
    let recorded = schema.lines.map { $0.drop { $0 == " " }.prefix { $0 != ":" && $0 != "?" } }.map(String.init)
    #expect(Set(encoded).isSubset(of: recorded) && encoded.count == 13)
    #expect(Set(recorded).subtracting(encoded).contains("weights_before"))
  }

  private static func collect(_ schema: Schema, into names: inout Set<String>) {
    switch schema {
    case .scalar: break
    case .list(let element), .dictionary(let element): collect(element, into: &names)
    case .object(let name, let fields):
      names.insert(name)
      for field in fields { collect(field.schema, into: &names) }
    }
  }
}

/// A schema as lines: `key: what it holds`, `key?:` where it may be absent, members of objects indented.
struct SchemaText {
  private(set) var lines: [String] = []

  mutating func add(_ schema: Schema, indent: Int) throws {
    guard case .object(_, let fields) = schema else { return }
    for field in fields {
      let key = try Self.snakeCase(field.key) + (field.isOptional ? "?" : "")
      let (words, members) = Self.words(field.schema)
      lines.append(String(repeating: "  ", count: indent) + "\(key): \(words)")
      if let members { try add(members, indent: indent + 1) }
    }
  }

  private static func words(_ schema: Schema) -> (text: String, members: Schema?) {
    switch schema {
    case .scalar(let name): return (name, nil)
    case .object: return ("object", schema)
    case .list(let element):
      let inner = words(element)
      return ("list of " + plural(inner.text), inner.members)
    case .dictionary(let element):
      let inner = words(element)
      return ("object with any keys, each " + inner.text, inner.members)
    }
  }

  private static func plural(_ text: String) -> String {
    text.hasPrefix("list of") ? "lists of" + text.dropFirst("list of".count) : text + "s"
  }

  /// A key as the encoder of all reports writes it.
  private static func snakeCase(_ key: String) throws -> String {
    let words = try jsonText(OneKey(key: key)).split(separator: "\"")
    return try String(#require(words.count > 1 ? words[1] : nil))
  }

  private struct OneKey: Encodable {
    let key: String

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      try container.encode(0, forKey: Name(stringValue: key))
    }
  }

  private struct Name: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
