import Diagnostics

extension DiagnosticPhrasing {
  /// Flags and commands, as they are typed.
  static let commandLine = DiagnosticPhrasing(
    option: { option, value in value.map { "\(option.flag) \($0)" } ?? option.flag },
    action: { $0.command }
  )
}

extension DiagnosticOption {
  /// The flag: `--input-bits`, or the short one that everybody uses.
  fileprivate var flag: String {
    if self == .output { return "-o" }
    return rawValue.reduce(into: "--") { text, letter in
      if letter.isUppercase { text += "-" }
      text += letter.lowercased()
    }
  }
}

extension DiagnosticAction {
  fileprivate var command: String {
    switch self {
    case .evaluate: "tricot simulate --float"
    case .inspect, .simulate, .verify, .compile, .emulator, .table: "tricot \(rawValue)"
    }
  }
}
