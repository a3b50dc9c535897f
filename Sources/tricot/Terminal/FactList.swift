import Rainbow

/// Lines of a name and a fact, aligned.
struct FactList {
  private var facts: [(name: String, fact: String)] = []

  mutating func add(_ name: String, _ fact: String) { facts.append((name, fact)) }

  func text(colour: Bool = Console.outputIsTerminal) -> String {
    let width = facts.map(\.name.count).max() ?? 0
    return facts.map { name, fact in
      let padded = name + String(repeating: " ", count: width - name.count)
      return (colour ? padded.bold : padded) + "  " + fact
    }.joined(separator: "\n")
  }
}
