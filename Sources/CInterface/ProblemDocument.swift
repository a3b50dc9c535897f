import Diagnostics
import TricotCompiler

/// A diagnostic as other languages get it: in words, with options called as they are there.
struct ProblemDocument: Encodable {
  var severity: Severity
  var code: String
  var message: String
  var file: String?
  var place: String?
  var notes: [String]
  var hint: String?

  init(_ diagnostic: Diagnostic) {
    severity = diagnostic.severity
    code = diagnostic.code
    message = diagnostic.message.phrased(by: .snakeCase)
    file = diagnostic.origin?.file
    place = diagnostic.origin?.place
    notes = diagnostic.notes
    hint = diagnostic.hint?.phrased(by: .snakeCase)
  }
}

/// The JSON of one problem.
func problemText(_ diagnostic: Diagnostic) -> String {
  (try? jsonText(ProblemDocument(diagnostic))) ?? #"{"code": "internal-error", "message": "not to be told"}"#
}

extension DiagnosticPhrasing {
  /// Options as the keys of the options' JSON, which are Python's arguments; actions as Python's methods.
  static let snakeCase = DiagnosticPhrasing(
    option: { option, value in value.map { "\(option.snakeCase)=\(quoted($0))" } ?? option.snakeCase },
    action: { $0.method }
  )

  /// A value as it is written in Python.
  private static func quoted(_ value: String) -> String {
    Double(value) == nil ? "'\(value)'" : value
  }
}

extension DiagnosticOption {
  /// What it is called in the options' JSON: `weight_bits`.
  var snakeCase: String {
    if self == .output { return "the output path" }
    if self == .force { return "replace" }
    if self == .float { return "predict_float" }
    return rawValue.reduce(into: "") { text, letter in
      text += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
    }
  }
}

extension DiagnosticAction {
  fileprivate var method: String {
    switch self {
    case .evaluate: "predict_float(x)"
    case .inspect: "inspect()"
    case .simulate: "predict(x)"
    case .verify: "verify(x)"
    case .compile: "compile(directory)"
    case .emulator: "emulator(directory)"
    case .table: "the command 'tricot table'"
    }
  }
}
