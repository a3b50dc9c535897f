/// Writes lines, indented by two spaces a level.
package struct TextWriter: Sendable {
  package private(set) var text = ""
  private var indentation = ""

  package init() {}

  package mutating func line(_ line: String) {
    text += indentation
    text += line
    text += "\n"
  }

  /// Lines that belong to the last one.
  package mutating func indented(_ body: (inout TextWriter) -> Void) {
    indentation += "  "
    body(&self)
    indentation.removeLast(2)
  }
}
