/// What a type that decodes itself expects: its keys, what they hold, and which of them may be absent.
///
/// It lets the type decode made-up values and notes what is asked for, so that the result cannot differ from what is encoded.
indirect enum Schema: Equatable {
  case scalar(String)
  case list(Schema)
  case dictionary(Schema)
  case object(name: String, [Field])

  struct Field: Equatable {
    var key: String
    var schema: Schema
    var isOptional: Bool
  }

  init(_ type: any Decodable.Type) throws {
    let recorder = SchemaRecorder(type)
    self = try recorder.record()
  }
}

/// Decodes one value of a type and notes what it is made of.
private final class SchemaRecorder: Decoder {
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]
  private let type: any Decodable.Type
  fileprivate var found: Schema?

  init(_ type: any Decodable.Type) { self.type = type }

  func record() throws -> Schema {
    // A list of names: any name will do, and it is a string.
    if type is any CaseIterable.Type { return .scalar("string") }
    _ = try type.init(from: self)
    return found ?? .object(name: "\(type)", [])
  }

  func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedDecodingContainer<Key> {
    if found == nil { found = .object(name: "\(type)", []) }
    return KeyedDecodingContainer(Keyed<Key>(recorder: self))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer { Unkeyed(recorder: self) }
  func singleValueContainer() -> any SingleValueDecodingContainer { Single(recorder: self) }

  fileprivate func add(_ key: String, _ schema: Schema, isOptional: Bool) {
    guard case .object(let name, let fields)? = found else { return }
    found = .object(name: name, fields + [Schema.Field(key: key, schema: schema, isOptional: isOptional)])
  }

  /// A value of a type, and its schema.
  fileprivate static func value<Value: Decodable>(_ type: Value.Type) throws -> (Value, Schema) {
    if let cases = type as? any CaseIterable.Type, let first = first(of: cases) as? Value {
      return (first, .scalar("string"))
    }
    let recorder = SchemaRecorder(type)
    let value = try Value(from: recorder)
    return (value, recorder.found ?? .object(name: "\(type)", []))
  }

  private static func first<Cases: CaseIterable>(of type: Cases.Type) -> Any? { type.allCases.first }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let recorder: SchemaRecorder
  let codingPath: [any CodingKey] = []

  /// Only dictionaries ask for all keys.
  var allKeys: [Key] {
    recorder.found = .dictionary(.scalar("nothing"))
    return [Key(stringValue: "key")].compactMap { $0 }
  }

  func contains(_ key: Key) -> Bool { true }
  func decodeNil(forKey key: Key) -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    let (value, schema) = try SchemaRecorder.value(type)
    if case .dictionary? = recorder.found {
      recorder.found = .dictionary(schema)
    } else {
      recorder.add(key.stringValue, schema, isOptional: false)
    }
    return value
  }

  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    let (value, schema) = try SchemaRecorder.value(type)
    recorder.add(key.stringValue, schema, isOptional: true)
    return value
  }

  // The standard library asks for scalars by overloads of their own.
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try optional(type, key) }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
  func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try optional(type, key) }

  private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
    let (value, schema) = try SchemaRecorder.value(type)
    recorder.add(key.stringValue, schema, isOptional: true)
    return value
  }

  func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<
    Nested
  > {
    throw NotRecorded()
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw NotRecorded() }
  func superDecoder() throws -> any Decoder { throw NotRecorded() }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw NotRecorded() }
}

/// A list of one element.
private struct Unkeyed: UnkeyedDecodingContainer {
  let recorder: SchemaRecorder
  let codingPath: [any CodingKey] = []
  var count: Int? { 1 }
  var currentIndex = 0
  var isAtEnd: Bool { currentIndex == 1 }

  init(recorder: SchemaRecorder) { self.recorder = recorder }

  func decodeNil() -> Bool { false }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    currentIndex += 1
    let (value, schema) = try SchemaRecorder.value(type)
    recorder.found = .list(schema)
    return value
  }

  func nestedContainer<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> { throw NotRecorded() }
  func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotRecorded() }
  func superDecoder() throws -> any Decoder { throw NotRecorded() }
}

private struct Single: SingleValueDecodingContainer {
  let recorder: SchemaRecorder
  let codingPath: [any CodingKey] = []

  func decodeNil() -> Bool { false }
  func decode(_: Bool.Type) -> Bool { scalar("true or false", false) }
  func decode(_: String.Type) -> String { scalar("string", "") }
  func decode(_: Double.Type) -> Double { scalar("number", 0) }
  func decode(_: Int.Type) -> Int { scalar("integer", 0) }
  func decode(_: UInt64.Type) -> UInt64 { scalar("integer", 0) }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let (value, schema) = try SchemaRecorder.value(type)
    recorder.found = schema
    return value
  }

  private func scalar<Value>(_ name: String, _ value: Value) -> Value {
    recorder.found = .scalar(name)
    return value
  }
}

/// A way of decoding that no report uses.
private struct NotRecorded: Error {}
