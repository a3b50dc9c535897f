import Diagnostics

/// One element of a document, with what is read from it.
package struct XMLElement {
  let document: XMLDocument
  let index: Int

  private var content: XMLDocument.Element { document.elements[index] }

  package var name: String { content.name }
  package var text: String { content.text }
  package var children: [XMLElement] { content.children.map { XMLElement(document: document, index: $0) } }
  package var origin: Origin { Origin(file: document.file, place: "line \(content.line), <\(content.name)>") }

  package subscript(attribute: String) -> String? { content.attributes[attribute] }

  /// The first child of a name.
  package func child(_ name: String) -> XMLElement? {
    content.children.first { document.elements[$0].name == name }.map { XMLElement(document: document, index: $0) }
  }

  package func requiredChild(_ name: String) throws -> XMLElement {
    guard let child = child(name) else { throw error("<\(name)> is missing") }
    return child
  }

  package func integer(_ attribute: String) throws -> Int {
    let text = try required(attribute)
    guard let value = Int(text) else { throw error("\(attribute) is '\(text.prefix(40))', no integer") }
    return value
  }

  /// A number that TMVA holds in single precision.
  package func single(_ attribute: String) throws -> Double {
    let text = try required(attribute)
    guard let value = Float(text) else { throw error("\(attribute) is '\(text.prefix(40))', no number") }
    return Double(value)
  }

  package func double(_ attribute: String) throws -> Double {
    let text = try required(attribute)
    guard let value = Double(text) else { throw error("\(attribute) is '\(text.prefix(40))', no number") }
    return value
  }

  private func required(_ attribute: String) throws -> String {
    guard let text = self[attribute] else { throw error("\(attribute) is missing") }
    return text
  }

  package func error(_ message: String, code: String = "bad-tree-file", hint: String? = nil) -> Diagnostic {
    Diagnostic.error(
      code,
      message,
      at: origin,
      hint: hint ?? "save the model again; this file is damaged, or of a version that Tricot does not know"
    )
  }
}
