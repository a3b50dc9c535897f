import FoundationEssentials

/// The JSON of every report: snake-case keys in alphabetical order, two spaces, a line feed at the end.
///
/// Numbers that JSON does not have are the texts `inf`, `-inf` and `nan`.
public func jsonText(_ value: some Encodable) throws -> String {
  let encoder = ReportCoding.encoder
  encoder.outputFormatting.insert(.prettyPrinted)
  return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
}

/// How reports are written as JSON, and read again.
enum ReportCoding {
  /// On one line.
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf",
      negativeInfinity: "-inf",
      nan: "nan"
    )
    return encoder
  }

  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf",
      negativeInfinity: "-inf",
      nan: "nan"
    )
    return decoder
  }
}
