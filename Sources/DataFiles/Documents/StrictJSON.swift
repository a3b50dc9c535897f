import SwiftProtobuf

extension DocumentValue.Content {
  /// A text as protobuf reads it; nil where it is no strict JSON, or deeply nested.
  ///
  /// Many times as fast as a decoder, which guesses every value's type, and makes an error of each wrong guess.
  init?(strictJSON bytes: [UInt8]) {
    var options = JSONDecodingOptions()
    options.messageDepthLimit = 500
    guard let value = try? Google_Protobuf_Value(jsonUTF8Bytes: bytes, options: options) else { return nil }
    self.init(value)
  }

  private init(_ value: Google_Protobuf_Value) {
    switch value.kind {
    case .none, .nullValue: self = .null
    case .boolValue(let flag): self = .bool(flag)
    case .numberValue(let number): self = .number(number)
    case .stringValue(let text): self = .string(text)
    case .structValue(let members): self = .object(members.fields.mapValues { Self($0) })
    case .listValue(let elements): self = Self.list(of: elements.values)
    }
  }

  /// Lists of nothing but numbers are kept as such.
  private static func list(of elements: [Google_Protobuf_Value]) -> Self {
    var numbers: [Double] = []
    numbers.reserveCapacity(elements.count)
    for element in elements {
      guard case .numberValue(let number) = element.kind else { return .list(elements.map { Self($0) }) }
      numbers.append(number)
    }
    return .numbers(numbers)
  }
}
