import Diagnostics

/// Lines `key=value` of one tree, or of the model's head.
struct LightGBMSection {
  /// `tree`, or `Tree=3`.
  let title: String
  let place: Origin
  private var values: [String: (text: Substring, line: Int)] = [:]
  private let file: String

  private init(title: String, file: String, line: Int) {
    self.title = title
    self.file = file
    place = Origin(file: file, place: "line \(line), \(title)")
  }

  /// The head and all trees.
  static func sections(of text: String, file: String) throws -> [LightGBMSection] {
    var sections: [LightGBMSection] = []
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = raw.last == "\r" ? raw.dropLast() : raw
      if line == "end of trees" { break }
      if line == "tree" || line.hasPrefix("Tree=") {
        sections.append(LightGBMSection(title: String(line), file: file, line: index + 1))
      } else if !line.isEmpty {
        guard !sections.isEmpty else { break }
        let end = line.firstIndex(of: "=")
        let key = String(line[..<(end ?? line.endIndex)])
        let value = end.map { line[line.index(after: $0)...] } ?? ""
        sections[sections.count - 1].values[key] = (value, index + 1)
      }
    }
    return sections
  }

  func has(_ key: String) -> Bool { values[key] != nil }
  func text(_ key: String) -> String? { values[key].map { String($0.text) } }

  func error(_ message: String, _ key: String? = nil, code: String = "bad-tree-file", hint: String? = nil) -> Diagnostic
  {
    let line = key.flatMap { values[$0] }.map { "line \($0.line), \(title)" }
    return Diagnostic.error(
      code,
      message,
      at: line.map { Origin(file: file, place: $0) } ?? place,
      hint: hint ?? "save the model again; this file is damaged, or was edited"
    )
  }

  func integer(_ key: String) throws -> Int {
    guard let text = text(key) else { throw error("'\(key)' is missing") }
    guard let value = Int(text) else { throw error("'\(key)' is no integer", key) }
    return value
  }

  func integers(_ key: String, count: Int) throws -> [Int] { try list(key, count: count, "integer") { Int($0) } }

  func numbers(_ key: String, count: Int) throws -> [Double] { try list(key, count: count, "number") { Double($0) } }

  private func list<T>(_ key: String, count: Int, _ kind: String, _ parse: (Substring) -> T?) throws -> [T] {
    guard let line = values[key] else { throw error("'\(key)' is missing") }
    let values = try line.text.split(separator: " ").map { word in
      guard let value = parse(word) else { throw error("'\(word.prefix(40))' in '\(key)' is no \(kind)", key) }
      return value
    }
    guard values.count == count else { throw error("'\(key)' has \(values.count) entries, not \(count)", key) }
    return values
  }
}
