import Fuzzing

/// Random specifications: every coding, features that several fields share, any order of bits.
enum RandomAddress {
  /// JSON over at most five features.
  static func specification(_ random: inout SeededGenerator) -> String {
    let featureBits = (0..<5).map { _ in Int.random(in: 1...8, using: &random) }
    var fields: [String] = []
    var lsb = 0
    for index in 0..<Int.random(in: 1...5, using: &random) {
      let (bits, body) = field(featureBits, &random)
      fields.append(#"{"name": "f\#(index)", "lsb": \#(lsb), "bits": \#(bits), \#(body)}"#)
      lsb += bits
    }
    fields.append(#"{"name": "mode", "lsb": \#(lsb), "bits": 2, "coding": "constant", "constant": 2}"#)
    let inputs = fields.indices.dropLast().map { #"["f\#($0)"]"# }.joined(separator: ", ")
    return """
      {"address_bits": \(lsb + 2), "fields": [\(fields.joined(separator: ",\n  "))],
       "model_inputs": [\(inputs)], "word": {"bits": 8, "scale": 16, "offset": 100}}
      """
  }

  private static func field(_ featureBits: [Int], _ random: inout SeededGenerator) -> (bits: Int, body: String) {
    guard Int.random(in: 0..<4, using: &random) == 0 else { return plain(featureBits, &random) }
    let parts = (0..<2).map { _ in plain(featureBits.map { min($0, 3) }, &random, most: 2) }
    let width = parts.reduce(0) { $0 + $1.bits }
    let codes = (0..<1 << width).map { _ in String(Int.random(in: 0..<4, using: &random)) }
    let texts = parts.map { #"{"bits": \#($0.bits), \#($0.body)}"# }.joined(separator: ", ")
    return (2, #""coding": "joint", "parts": [\#(texts)], "codes": [\#(codes.joined(separator: ", "))]"#)
  }

  private static func plain(
    _ featureBits: [Int],
    _ random: inout SeededGenerator,
    most: Int = 4
  ) -> (bits: Int, body: String) {
    let feature = Int.random(in: featureBits.indices, using: &random)
    let wide = featureBits[feature]
    let bits = Int.random(in: 1...most, using: &random)
    let source = #""feature": \#(feature), "feature_bits": \#(wide)"#
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return (bits, source)
    case 1: return (bits, source + #", "coding": "shift", "shift": \#(Int.random(in: 0...wide, using: &random))"#)
    default:
      let edges = Set(
        (0..<Int.random(in: 1...1 << bits, using: &random)).map { _ in
          Int.random(in: 0..<1 << wide, using: &random)
        }
      )
      let list = edges.sorted().map(String.init).joined(separator: ", ")
      return (bits, source + #", "coding": "edges", "edges": [\#(list)]"#)
    }
  }
}
