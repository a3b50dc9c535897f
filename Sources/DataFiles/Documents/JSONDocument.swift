import Diagnostics
import FoundationEssentials

extension DocumentValue {
  /// Reads a JSON text, Python's `NaN` and `Infinity` included.
  ///
  /// - Throws: a ``Diagnostic`` if it is malformed, or nested too deeply.
  package init(json bytes: [UInt8], file: String) throws {
    self.init(try Content(json: bytes, origin: Origin(file: file)), file: file)
  }
}

extension DocumentValue.Content {
  /// Reads a JSON text, Python's `NaN` and `Infinity` included.
  ///
  /// - Throws: a ``Diagnostic`` if it is malformed, or nested too deeply.
  package init(json bytes: [UInt8], origin: Origin) throws {
    if let content = Self(strictJSON: bytes) {
      self = content
      return
    }
    // The decoder traps on names without quotes that are no UTF-8.
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Self.malformed("the JSON is no text in UTF-8", origin)
    }
    // … and on a number that ends with the sign of its exponent.
    guard !Self.hasOpenExponent(bytes) else {
      throw Self.malformed("not readable as JSON: a number has no digits behind the sign of its exponent", origin)
    }
    do {
      let decoder = JSONDecoder()
      // Python writes Infinity and NaN, which only the larger dialect knows.
      decoder.allowsJSON5 = true
      self = try decoder.decode(Self.self, from: Data(bytes))
    } catch {
      throw Self.malformed("not readable as JSON" + Self.reason(error), origin)
    }
  }

  /// Whether `1e+` or its like stands outside of strings, without digits behind it.
  private static func hasOpenExponent(_ bytes: [UInt8]) -> Bool {
    var quote: UInt8?
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      defer { index += 1 }
      if let open = quote {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
      case UInt8(ascii: "+"), UInt8(ascii: "-"):
        guard index > 1, bytes[index - 1] | 0x20 == UInt8(ascii: "e"), "0123456789.".utf8.contains(bytes[index - 2])
        else { continue }
        guard index + 1 < bytes.count, "0123456789".utf8.contains(bytes[index + 1]) else { return true }
      default: continue
      }
    }
    return false
  }

  private static func malformed(_ message: String, _ origin: Origin) -> Diagnostic {
    Diagnostic.error(
      "json-malformed",
      message,
      at: origin,
      hint: "check that the file is complete and really JSON"
    )
  }

  private static func reason(_ error: any Error) -> String {
    guard case DecodingError.dataCorrupted(let context) = error else { return "" }
    return ": " + context.debugDescription
  }
}

extension DocumentValue.Content: Decodable {
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    // What there is most of comes first: each wrong guess is an error that is made and thrown away. Long lists are few.
    if let text = try? value.decode(String.self) {
      self = .string(text)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let numbers = try? value.decode([Double].self) {
      self = .numbers(numbers)
    } else if let members = try? value.decode([String: DocumentValue.Content].self) {
      self = .object(members)
    } else if let elements = try? value.decode([DocumentValue.Content].self) {
      self = .list(elements)
    } else if value.decodeNil() {
      self = .null
    } else {
      self = .bool(try value.decode(Bool.self))
    }
  }
}
