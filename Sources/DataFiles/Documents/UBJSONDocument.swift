import Diagnostics

extension DocumentValue {
  /// Reads a Universal Binary JSON document, as XGBoost writes it: big-endian, lists with type and count.
  ///
  /// - Throws: a ``Diagnostic`` that names the byte where the document breaks off or cannot be understood.
  package init(ubjson bytes: [UInt8], file: String) throws {
    var reader = UBJSONReader(bytes: bytes, file: file)
    let content = try reader.value(depth: 0)
    guard reader.isAtEnd else { throw reader.error("something follows the document") }
    self.init(content, file: file)
  }
}

private struct UBJSONReader {
  let bytes: [UInt8]
  let file: String
  private var position = 0
  private static let depthLimit = 64

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  var isAtEnd: Bool { position == bytes.count }

  func error(_ message: String) -> Diagnostic {
    Diagnostic.error(
      "ubjson-malformed",
      message,
      at: Origin(file: file, place: "byte \(position)"),
      hint: "copy the file again, or save the model anew"
    )
  }

  private mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw error("the document breaks off") }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next byte, the no-op markers before it left out.
  private mutating func marker() throws -> UInt8 {
    while true {
      let marker = try byte()
      if marker != UInt8(ascii: "N") { return marker }
    }
  }

  private mutating func integer(bytes count: Int) throws -> UInt64 {
    guard bytes.count - position >= count else { throw error("the document breaks off") }
    var result: UInt64 = 0
    for _ in 0..<count { result = result << 8 | UInt64(try byte()) }
    return result
  }

  /// The number behind a marker, or nil where the marker is none of a number.
  private mutating func number(_ marker: UInt8) throws -> Double? {
    switch marker {
    case UInt8(ascii: "i"): return Double(Int8(bitPattern: UInt8(try integer(bytes: 1))))
    case UInt8(ascii: "U"): return Double(try integer(bytes: 1))
    case UInt8(ascii: "I"): return Double(Int16(bitPattern: UInt16(try integer(bytes: 2))))
    case UInt8(ascii: "l"): return Double(Int32(bitPattern: UInt32(try integer(bytes: 4))))
    case UInt8(ascii: "L"): return Double(Int64(bitPattern: try integer(bytes: 8)))
    case UInt8(ascii: "d"): return Double(Float(bitPattern: UInt32(try integer(bytes: 4))))
    case UInt8(ascii: "D"): return Double(bitPattern: try integer(bytes: 8))
    default: return nil
    }
  }

  /// A length: never more than bytes are left, so that no absurd memory is asked for.
  private mutating func count() throws -> Int {
    let kind = try marker()
    guard let value = try number(kind), let count = Int(exactly: value), count >= 0 else {
      throw error("a length is expected")
    }
    guard count <= bytes.count - position else { throw error("a length of \(count) leads beyond the end of the file") }
    return count
  }

  private mutating func string() throws -> String {
    let length = try count()
    defer { position += length }
    guard let text = String(validating: bytes[position..<position + length], as: UTF8.self) else {
      throw error("a string is no UTF-8")
    }
    return text
  }

  mutating func value(depth: Int) throws -> DocumentValue.Content { try value(try marker(), depth: depth) }

  private mutating func value(_ marker: UInt8, depth: Int) throws -> DocumentValue.Content {
    guard depth < Self.depthLimit else { throw error("the document is nested too deeply") }
    if let number = try number(marker) { return .number(number) }
    switch marker {
    case UInt8(ascii: "Z"): return .null
    case UInt8(ascii: "T"): return .bool(true)
    case UInt8(ascii: "F"): return .bool(false)
    case UInt8(ascii: "S"): return .string(try string())
    case UInt8(ascii: "C"): return .string(String(UnicodeScalar(try byte())))
    case UInt8(ascii: "H"):
      let text = try string()
      guard let number = Double(text) else { throw error("'\(text.prefix(40))' is no number") }
      return .number(number)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "{"): return try object(depth: depth)
    default: throw error("the marker \(marker) is none of UBJSON's")
    }
  }

  /// What stands between an opening bracket and the first element.
  private mutating func header() throws -> (type: UInt8?, count: Int?) {
    var type: UInt8?
    if position < bytes.count, bytes[position] == UInt8(ascii: "$") {
      position += 1
      type = try byte()
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "#") {
      position += 1
      return (type, try count())
    }
    guard type == nil else { throw error("a typed list without a count") }
    return (nil, nil)
  }

  private mutating func list(depth: Int) throws -> DocumentValue.Content {
    let (type, count) = try header()
    var elements: [DocumentValue.Content] = []
    var numbers: [Double] = []
    var left = count ?? Int.max
    while left > 0 {
      let kind = try type ?? marker()
      if count == nil && kind == UInt8(ascii: "]") { break }
      left -= 1
      if elements.isEmpty, let number = try number(kind) {
        numbers.append(number)
        continue
      }
      if !numbers.isEmpty {
        elements = numbers.map { .number($0) }
        numbers = []
      }
      elements.append(try value(kind, depth: depth + 1))
    }
    return elements.isEmpty ? .numbers(numbers) : .list(elements)
  }

  private mutating func object(depth: Int) throws -> DocumentValue.Content {
    let (type, count) = try header()
    var members: [String: DocumentValue.Content] = [:]
    var left = count ?? Int.max
    while left > 0 {
      if count == nil {
        guard position < bytes.count else { throw error("the document breaks off") }
        if bytes[position] == UInt8(ascii: "}") {
          position += 1
          break
        }
      }
      left -= 1
      let key = try string()
      let kind = try type ?? marker()
      members[key] = try value(kind, depth: depth + 1)
    }
    return .object(members)
  }
}
