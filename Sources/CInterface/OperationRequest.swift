import Diagnostics
import TricotCompiler

/// Work that may take its time, as JSON asks for it: what to do, and its arguments.
struct OperationRequest: Decodable, Sendable {
  enum Action: String, Decodable, CaseIterable {
    /// Reads the model: layers and shapes.
    case describe
    /// Quantises it: layers, types, ranges.
    case inspect
    case estimate, compile, verify, emulator
    /// Writes the page of the model.
    case report
    /// The model in one of its text forms.
    case text
    /// An adder graph of a constant matrix; needs no compilation.
    case matrix
  }

  var action: Action
  var backend: String?
  /// Where to write: a folder, or for `matrix` a file.
  var output: String?
  var replace: Bool?
  var synthesize: Bool?
  /// How many events to verify: as many as are given, or random ones.
  var samples: Int?
  var form: String?
  /// Of the page: files with events and their labels.
  var input: String?
  var labels: String?
  /// Of the matrix.
  var rows: Int?
  var columns: Int?
  var inputBits: Int?
  var isSigned: Bool?
  var maximumDepth: Int?
  var extraDepth: Int?
  var effort: HardwareChoices.Effort?
  var seed: UInt64?
  var threads: Int?
  var part: String?
  var clockPeriod: Double?

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case action, backend, output, replace, synthesize, samples, form, input, labels, rows, columns, effort, seed,
      threads, part
    case inputBits = "input_bits"
    case isSigned = "signed"
    case maximumDepth = "maximum_depth"
    case extraDepth = "extra_depth"
    case clockPeriod = "clock_period"
  }

  /// Reads a request; refuses keys that it would not look at.
  static func reading(_ text: String) throws -> OperationRequest {
    let keys = try value([String: IgnoredValue].self, fromJSON: text, of: "request").keys.sorted()
    let known = CodingKeys.allCases.map(\.rawValue)
    if let key = keys.first(where: { !known.contains($0) }) {
      throw Diagnostic.error(
        "unknown-option",
        "'\(key)' is no argument of an operation",
        hint: nearestName(to: key, among: known).map { "did you mean '\($0)'?" }
      )
    }
    return try value(fromJSON: text, of: "request")
  }

  func required<Value>(_ value: Value?, _ name: String) throws -> Value {
    guard let value else { throw Diagnostic.error("bad-argument", "'\(action.rawValue)' needs '\(name)'") }
    return value
  }
}

/// Anything.
private struct IgnoredValue: Decodable {
  init(from decoder: any Decoder) {}
}
