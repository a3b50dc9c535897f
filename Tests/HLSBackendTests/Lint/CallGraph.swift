/// Which functions call which, by their names.
struct CallGraph {
  private struct Function {
    var file: String
    var line: Int
    /// The called names, with the scopes that were written before them.
    var calls: Set<String> = []
  }

  /// By qualified name; overloads share an entry.
  private var functions: [String: Function] = [:]

  mutating func add(_ tokens: [CppToken], file: String) {
    var scopes: [String] = []
    /// What each open brace is: a scope's name, a function's body, or a block.
    var braces: [Brace] = []
    var pending: Brace = .block
    var index = 0
    while index < tokens.count {
      let token = tokens[index]
      let isInside = braces.contains { $0.isFunction }
      switch token.text {
      case "namespace" where !isInside, "struct" where !isInside && index + 1 < tokens.count:
        pending = .scope(tokens[min(index + 1, tokens.count - 1)].text)
      case ";" where !isInside: pending = .block
      case "{":
        braces.append(pending)
        if case .scope(let name) = pending { scopes.append(name) }
        pending = .block
      case "}": if case .scope? = braces.popLast() { scopes.removeLast() }
      default:
        guard token.kind == .word, let name = calledName(tokens, index) else { break }
        if isInside {
          if let body = braces.lazy.compactMap(\.function).first { functions[body]?.calls.insert(name) }
        } else if isDefinition(tokens, index) {
          let key = (scopes + [token.text]).joined(separator: "::")
          functions[key] = functions[key] ?? Function(file: file, line: token.line)
          pending = .function(key)
        }
      }
      index += 1
    }
  }

  private enum Brace {
    case scope(String), function(String), block
    var function: String? { if case .function(let name) = self { name } else { nil } }
    var isFunction: Bool { function != nil }
  }

  /// The name at a position with the scope before it, if arguments follow.
  private func calledName(_ tokens: [CppToken], _ index: Int) -> String? {
    var next = index + 1
    if next < tokens.count, tokens[next].text == "<" {
      var depth = 0
      repeat {
        if tokens[next].text == "<" { depth += 1 } else if tokens[next].text == ">" { depth -= 1 }
        next += 1
      } while next < tokens.count && depth > 0 && !";{}".contains(tokens[next].text)
    }
    guard next < tokens.count, tokens[next].text == "(" else { return nil }
    if index >= 2, tokens[index - 1].text == "::" { return "\(tokens[index - 2].text)::\(tokens[index].text)" }
    return index >= 1 && tokens[index - 1].text == "." ? nil : tokens[index].text
  }

  /// Whether a body follows the closing parenthesis.
  private func isDefinition(_ tokens: [CppToken], _ index: Int) -> Bool {
    guard var next = tokens[index...].firstIndex(where: { $0.text == "(" }) else { return false }
    var depth = 0
    repeat {
      if tokens[next].text == "(" { depth += 1 } else if tokens[next].text == ")" { depth -= 1 }
      next += 1
    } while next < tokens.count && depth > 0
    return next < tokens.count && ["{", "const", ":"].contains(tokens[next].text)
  }

  // MARK: - Recursion

  /// Functions that reach themselves, in the order of their names.
  func recursions() -> [SynthesisLint.Finding] {
    functions.keys.sorted().compactMap { start in
      guard let function = functions[start] else { return nil }
      var open = targets(of: start)
      var seen: Set<String> = []
      while let next = open.popLast() {
        if next == start {
          return SynthesisLint.Finding(
            file: function.file,
            line: function.line,
            message: "'\(start)' calls itself, maybe through others"
          )
        }
        if seen.insert(next).inserted { open += targets(of: next) }
      }
      return nil
    }
  }

  private func targets(of name: String) -> [String] {
    guard let function = functions[name] else { return [] }
    return function.calls.sorted().compactMap { resolve($0, from: name) }
  }

  /// The function that a called name means: the one in the innermost scope around the caller.
  private func resolve(_ call: String, from caller: String) -> String? {
    var scope = caller.split(separator: ":", omittingEmptySubsequences: true).map(String.init).dropLast()
    while true {
      let candidate = (scope + [call]).joined(separator: "::")
      if functions[candidate] != nil { return candidate }
      if scope.isEmpty { return nil }
      scope.removeLast()
    }
  }
}
