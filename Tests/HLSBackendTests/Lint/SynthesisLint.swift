import FirmwareFiles

/// Finds what an HLS tool would refuse or build badly: a check of our own C++ that needs no tool.
///
/// No heap, exceptions, virtual functions, floating point or loops without a counter; loops with constant trip counts;
/// no recursion; only pragmas from a list, with arguments that they take. It reads tokens, not types, and knows the shape
/// of the C++ that Tricot writes.
enum SynthesisLint {
  struct Finding: Sendable, Hashable, CustomStringConvertible {
    var file: String
    var line: Int
    var message: String

    var description: String { "\(file):\(line): \(message)" }
  }

  /// What is found in the sources for synthesis of a project.
  static func findings(in files: [ProjectFile]) -> [Finding] {
    let sources = files.filter {
      $0.path.hasPrefix("firmware/") && ($0.path.hasSuffix(".h") || $0.path.hasSuffix(".cpp"))
    }
    var calls = CallGraph()
    var findings: [Finding] = []
    for source in sources {
      let tokens = CppTokenizer.tokens(of: String(decoding: source.bytes, as: UTF8.self))
      var messages = forbiddenWords(tokens)
      messages += PragmaRules.findings(tokens)
      messages += LoopRules.findings(tokens)
      calls.add(tokens, file: source.path)
      findings += messages.map { Finding(file: source.path, line: $0.line, message: $0.message) }
    }
    return findings + calls.recursions()
  }

  private static let forbidden: [String: String] = [
    "new": "the heap", "delete": "the heap", "malloc": "the heap", "calloc": "the heap", "realloc": "the heap",
    "free": "the heap", "virtual": "virtual functions", "throw": "exceptions", "try": "exceptions",
    "catch": "exceptions", "double": "floating point", "float": "floating point", "half_t": "floating point",
    "while": "a loop without a counter", "do": "a loop without a counter", "goto": "jumps",
    "dynamic_cast": "run-time types", "typeid": "run-time types", "std": "the standard library", "asm": "assembly",
  ]

  private static func forbiddenWords(_ tokens: [CppToken]) -> [(line: Int, message: String)] {
    tokens.compactMap { token in
      if token.kind == .word, let reason = forbidden[token.text] {
        return (token.line, "'\(token.text)': \(reason) cannot be synthesised")
      }
      // Hexadecimal numbers have no exponent.
      let isHexadecimal = token.text.hasPrefix("0x")
      if token.kind == .number, !isHexadecimal, token.text.contains(where: { ".eE".contains($0) }) {
        return (token.line, "'\(token.text)' is a floating-point number")
      }
      return nil
    }
  }
}
