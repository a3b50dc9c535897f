/// Whether all loops run a number of times that is known when the C++ is compiled.
enum LoopRules {
  static func findings(_ tokens: [CppToken]) -> [(line: Int, message: String)] {
    var findings: [(line: Int, message: String)] = []
    var constants = constantNames(in: tokens)
    for index in tokens.indices where tokens[index].kind == .word && tokens[index].text == "for" {
      guard let head = head(of: tokens, at: index) else {
        findings.append((tokens[index].line, "a loop without a head"))
        continue
      }
      // A counter is a constant for the loops inside, which are unrolled with it.
      if let counter = head.counter { constants.insert(counter) }
      if let complaint = complaint(head, constants) { findings.append((tokens[index].line, complaint)) }
    }
    return findings
  }

  private struct Head {
    var counter: String?
    var parts: [[CppToken]]
  }

  private static func head(of tokens: [CppToken], at index: Int) -> Head? {
    var depth = 0
    var parts: [[CppToken]] = [[]]
    for token in tokens[(index + 1)...] {
      if token.text == "(" { depth += 1 } else if token.text == ")" { depth -= 1 }
      if depth == 0 { break }
      if token.text == ";" && depth == 1 { parts.append([]) } else { parts[parts.count - 1].append(token) }
    }
    guard parts.count == 3, depth == 0 else { return nil }
    let names = parts[0].filter { $0.kind == .word && !["const", "unsigned", "int"].contains($0.text) }
    return Head(counter: names.first?.text, parts: parts)
  }

  private static func complaint(_ head: Head, _ constants: Set<String>) -> String? {
    guard let counter = head.counter else { return "a loop without a counter" }
    guard head.parts[1].contains(where: { $0.text == "<" }) else { return "a loop whose counter has no limit" }
    guard head.parts[2].contains(where: { $0.text == counter }),
      head.parts[2].contains(where: { "+*".contains($0.text) })
    else { return "a loop whose counter does not grow" }
    for part in head.parts {
      for (index, token) in part.enumerated() where token.kind == .word {
        let isScope = index + 1 < part.count && part[index + 1].text == "::"
        let isMember = index > 0 && part[index - 1].text == "::"
        if isScope || isMember || ["const", "unsigned", "int"].contains(token.text) { continue }
        if !constants.contains(token.text) { return "a loop that depends on '\(token.text)', which is no constant" }
      }
    }
    return nil
  }

  /// Template parameters and names that are defined as constant integers.
  private static func constantNames(in tokens: [CppToken]) -> Set<String> {
    var names: Set<String> = []
    for index in tokens.indices.dropLast(2) where ["unsigned", "int"].contains(tokens[index].text) {
      let name = tokens[index + 1]
      guard name.kind == .word else { continue }
      let isConstant = index > 0 && tokens[index - 1].text == "const" && tokens[index + 2].text == "="
      let isParameter =
        index > 0 && ["<", ","].contains(tokens[index - 1].text) && name.text.first?.isUppercase == true
      if isConstant || isParameter { names.insert(name.text) }
    }
    return names
  }
}
