/// Lays out C++: two columns a level, pragmas at the left margin.
struct CppPrinter {
  private(set) var lines: [String] = []

  static func lines(of function: CppFunction) -> [String] {
    var printer = CppPrinter()
    printer.print(function)
    return printer.lines
  }

  static func lines(of definitions: [CppDefinition]) -> [String] {
    var printer = CppPrinter()
    for definition in definitions { printer.print(definition) }
    return printer.lines
  }

  private mutating func print(_ definition: CppDefinition) {
    switch definition {
    case .comment(let text): lines.append("// \(text)")
    case .constant(let text), .types(let text): lines += text
    case .function(let function): print(function)
    case .namespace(let name, let definitions):
      lines += ["namespace \(name) {", ""]
      for definition in definitions { print(definition) }
      lines += ["", "}  // namespace \(name)"]
    case .blank: lines.append("")
    }
  }

  private mutating func print(_ function: CppFunction) {
    lines.append("\(function.signature) {")
    for statement in function.body { print(statement, level: 1) }
    lines.append("}")
  }

  private mutating func print(_ statement: CppStatement, level: Int) {
    switch statement {
    case .call(let call, let comment): add("\(call.text);" + (comment.map { "  // \($0)" } ?? ""), level)
    case .array(let type, let name, let count): add("\(type) \(name)[\(count)];", level)
    case .matrix(let type, let name, let rows, let columns): add("\(type) \(name)[\(rows)][\(columns)];", level)
    case .object(let type, let name): add("\(type) \(name);", level)
    case .variable(let type, let name, let value, let isBroken):
      let text = "\(type) \(name) = \(value);"
      if isBroken {
        for line in CppText.list(text.split(separator: " ").map(String.init), separator: "", indent: 0) {
          add(line, level)
        }
      } else {
        add(text, level)
      }
    case .list(let type, let name, let elements):
      add("\(type) \(name)[\(elements.count)] = {", level)
      for (index, element) in elements.enumerated() {
        add(element + (index == elements.count - 1 ? "" : ","), level + 1)
      }
      add("};", level)
    case .assignment(let place, let value): add("\(place) = \(value);", level)
    case .conditional(let condition, let place, let value): add("if (\(condition)) \(place) = \(value);", level)
    case .when(let condition, let body):
      add("if (\(condition)) {", level)
      for statement in body { print(statement, level: level + 1) }
      add("}", level)
    case .returning(let value): add("return \(value);", level)
    case .loop(let loop): print(loop, level: level)
    case .pragma(let pragma): lines.append(pragma.text)
    case .blank: lines.append("")
    }
  }

  private mutating func print(_ loop: CppLoop, level: Int) {
    let (label, inner) =
      switch loop.layout {
      case .hanging: (level, level + 1)
      case .outdented: (level - 1, level)
      case .flush: (level, level)
      }
    add("\(loop.label):", label)
    add("for (unsigned i = 0; i < \(loop.count); i++) {", inner)
    if let pragma = loop.pragma { print(.pragma(pragma), level: inner) }
    for statement in loop.body { print(statement, level: inner + 1) }
    add("}", inner)
  }

  private mutating func add(_ text: String, _ level: Int) {
    lines.append(String(repeating: "  ", count: level) + text)
  }
}
