/// The pragmas that emitted C++ may have, and their arguments.
enum PragmaRules {
  static func findings(_ tokens: [CppToken]) -> [(line: Int, message: String)] {
    let words = Set(tokens.lazy.filter { $0.kind == .word }.map(\.text))
    return tokens.compactMap { token in
      guard token.kind == .pragma, let complaint = complaint(about: token.text, words: words) else { return nil }
      return (token.line, "'\(token.text)': \(complaint)")
    }
  }

  /// A pragma's flags, of which `oneOf` needs one, and its arguments.
  private struct Rule {
    var flags: Set<String> = []
    var oneOf: Set<String> = []
    var required: Set<String> = []
    var optional: Set<String> = []
  }

  private static let partition = Rule(
    oneOf: ["complete", "block", "cyclic"],
    required: ["variable"],
    optional: ["factor", "dim"]
  )

  private static let rules: [String: Rule] = [
    "INLINE": Rule(flags: ["off", "recursive"]),
    "UNROLL": Rule(optional: ["factor"]),
    "PIPELINE": Rule(flags: ["rewind"], required: ["II"]),
    "DATAFLOW": Rule(),
    "ARRAY_PARTITION": partition,
    "ARRAY_RESHAPE": partition,
    "INTERFACE": Rule(oneOf: ["ap_none", "ap_vld", "axis", "ap_ctrl_hs", "ap_ctrl_none"], required: ["port"]),
    "STREAM": Rule(required: ["variable", "depth"]),
    "ALLOCATION": Rule(flags: ["operation"], required: ["instances", "limit"]),
  ]

  private static func complaint(about text: String, words: Set<String>) -> String? {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count >= 3, parts[1] == "HLS" else { return "no pragma of HLS" }
    guard let rule = rules[parts[2]] else { return "not on the list of pragmas" }
    var given: Set<String> = []
    var kinds = 0
    for part in parts.dropFirst(3) {
      guard let sign = part.firstIndex(of: "=") else {
        guard rule.flags.contains(part) || rule.oneOf.contains(part) else { return "'\(part)' is no argument of it" }
        if rule.oneOf.contains(part) { kinds += 1 }
        continue
      }
      let (key, value) = (String(part[..<sign]), String(part[part.index(after: sign)...]))
      guard rule.required.contains(key) || rule.optional.contains(key) else { return "'\(key)' is no argument of it" }
      guard given.insert(key).inserted else { return "'\(key)' is given twice" }
      if let complaint = self.complaint(about: value, of: key, words: words) { return complaint }
    }
    if !rule.oneOf.isEmpty && kinds != 1 { return "one of \(rule.oneOf.sorted().joined(separator: ", ")) is needed" }
    if let missing = rule.required.subtracting(given).sorted().first { return "'\(missing)' is missing" }
    let needsFactor = parts.contains("block") || parts.contains("cyclic")
    return needsFactor && !given.contains("factor") ? "'factor' is missing" : nil
  }

  private static func complaint(about value: String, of key: String, words: Set<String>) -> String? {
    switch key {
    case "variable", "port":
      return value == "return" || words.contains(value) ? nil : "there is no '\(value)'"
    case "instances": return value == "mul" ? nil : "'\(value)' is no operation that is shared"
    case "dim": return Int(value).map { $0 >= 0 } == true ? nil : "'\(value)' is no dimension"
    default: return isPositiveConstant(value) ? nil : "'\(value)' is no positive constant"
    }
  }

  /// A positive number, or a constant of a layer's configuration.
  private static func isPositiveConstant(_ value: String) -> Bool {
    if let number = Int(value) { return number > 0 }
    return value.hasPrefix("Config::") && value.dropFirst(8).allSatisfy { $0.isLetter || $0 == "_" }
  }
}
