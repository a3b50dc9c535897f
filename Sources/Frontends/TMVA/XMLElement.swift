import Diagnostics

/// One element of a document, with what is read from it.
struct XMLElement {
  let document: XMLDocument
  let index: Int

  private var content: XMLDocument.Element { document.elements[index] }

  var name: String { content.name }
  var text: String { content.text }
  var children: [XMLElement] { content.children.map { XMLElement(document: document, index: $0) } }
  var origin: Origin { Origin(file: document.file, place: "line \(content.line), <\(content.name)>") }

  subscript(attribute: String) -> String? { content.attributes[attribute] }

  /// The first child of a name.
  func child(_ name: String) -> XMLElement? {
    content.children.first { document.elements[$0].name == name }.map { XMLElement(document: document, index: $0) }
  }

  func requiredChild(_ name: String) throws -> XMLElement {
    guard let child = child(name) else { throw error("<\(name)> is missing") }
    return child
  }

  func integer(_ attribute: String) throws -> Int {
    let text = try required(attribute)
    guard let value = Int(text) else { throw error("\(attribute) is '\(text.prefix(40))', no integer") }
    return value
  }

  /// A number that TMVA holds in single precision.
  func single(_ attribute: String) throws -> Double {
    let text = try required(attribute)
    guard let value = Float(text) else { throw error("\(attribute) is '\(text.prefix(40))', no number") }
    return Double(value)
  }

  func double(_ attribute: String) throws -> Double {
    let text = try required(attribute)
    guard let value = Double(text) else { throw error("\(attribute) is '\(text.prefix(40))', no number") }
    return value
  }

  private func required(_ attribute: String) throws -> String {
    guard let text = self[attribute] else { throw error("\(attribute) is missing") }
    return text
  }

  func error(_ message: String, code: String = "bad-tree-file", hint: String? = nil) -> Diagnostic {
    Diagnostic.error(
      code,
      message,
      at: origin,
      hint: hint ?? "save the model again; this file is damaged, or of a version that Tricot does not know"
    )
  }
}
