import CExpat
import Diagnostics

/// The elements of an XML document, parents before their children; there is at least one.
package struct XMLDocument {
  struct Element {
    var name: String
    var attributes: [String: String]
    /// All characters directly inside.
    var text = ""
    var line: Int
    /// Indices into ``XMLDocument/elements``.
    var children: [Int] = []
  }

  package let file: String
  fileprivate(set) var elements: [Element] = []

  /// Reads a document with expat.
  ///
  /// - Throws: a ``Diagnostic`` that names the line where it is malformed.
  package init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    guard let parser = XML_ParserCreate(nil) else { throw Self.error("there is no memory to read it", file, line: 1) }
    defer { XML_ParserFree(parser) }
    let builder = ElementBuilder(parser)
    try withExtendedLifetime(builder) {
      XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
      XML_SetElementHandler(
        parser,
        { data, name, attributes in ElementBuilder.of(data)?.start(name, attributes) },
        { data, _ in ElementBuilder.of(data)?.end() }
      )
      XML_SetCharacterDataHandler(parser) { data, text, count in ElementBuilder.of(data)?.characters(text, count) }
      try Self.feed(bytes, to: parser, file)
    }
    elements = builder.elements
  }

  /// The outermost element.
  package var root: XMLElement { XMLElement(document: self, index: 0) }

  private static func feed(_ bytes: [UInt8], to parser: XML_Parser, _ file: String) throws {
    // expat counts in 32 bits.
    let piece = 1 << 24
    var start = 0
    repeat {
      let end = min(start + piece, bytes.count)
      let status = bytes[start..<end].withUnsafeBytes { raw in
        XML_Parse(
          parser,
          raw.bindMemory(to: CChar.self).baseAddress,
          Int32(raw.count),
          end == bytes.count ? 1 : 0
        )
      }
      guard status == XML_STATUS_OK else {
        let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "malformed"
        throw error("not readable as XML: \(reason)", file, line: Int(XML_GetCurrentLineNumber(parser)))
      }
      start = end
    } while start < bytes.count
  }

  private static func error(_ message: String, _ file: String, line: Int) -> Diagnostic {
    Diagnostic.error(
      "xml-malformed",
      message,
      at: Origin(file: file, place: "line \(line)"),
      hint: "copy the file again, or save the model anew"
    )
  }
}

/// Collects what expat reports.
private final class ElementBuilder {
  var elements: [XMLDocument.Element] = []
  private var open: [Int] = []
  private let parser: XML_Parser

  package init(_ parser: XML_Parser) { self.parser = parser }

  static func of(_ data: UnsafeMutableRawPointer?) -> ElementBuilder? {
    data.map { Unmanaged<ElementBuilder>.fromOpaque($0).takeUnretainedValue() }
  }

  package func start(_ name: UnsafePointer<CChar>?, _ list: UnsafeMutablePointer<UnsafePointer<CChar>?>?) {
    var attributes: [String: String] = [:]
    var position = 0
    while let list, let key = list[position], let value = list[position + 1] {
      attributes[String(cString: key)] = String(cString: value)
      position += 2
    }
    if let parent = open.last { elements[parent].children.append(elements.count) }
    open.append(elements.count)
    elements.append(
      XMLDocument.Element(
        name: name.map { String(cString: $0) } ?? "",
        attributes: attributes,
        line: Int(XML_GetCurrentLineNumber(parser))
      )
    )
  }

  package func end() { _ = open.popLast() }

  package func characters(_ text: UnsafePointer<CChar>?, _ count: Int32) {
    guard let text, let element = open.last else { return }
    let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
    elements[element].text += String(decoding: bytes, as: UTF8.self)
  }
}
