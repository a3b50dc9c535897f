import Diagnostics
import Yams

extension AddressSpecification {
  /// Reads a specification in YAML, or JSON, and checks it.
  ///
  /// - Throws: a ``Diagnostic`` that names the field or the line.
  package init(parsing text: String, file: String) throws {
    do {
      self = try YAMLDecoder().decode(Self.self, from: text)
      try Self.refuseUnknownKeys(text, file)
    } catch let error as DecodingError {
      throw Self.diagnostic(error, file)
    } catch let error as YamlError {
      throw Self.refusal("the specification is not readable: \(error)", Origin(file: file))
    }
    try check(Origin(file: file))
  }

  static func refusal(_ message: String, _ origin: Origin) -> Diagnostic {
    Diagnostic.error("bad-address", message, at: origin, hint: "docs/trees.md shows a complete specification")
  }

  private static func diagnostic(_ error: DecodingError, _ file: String) -> Diagnostic {
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let c), .valueNotFound(_, let c), .keyNotFound(_, let c), .dataCorrupted(let c): context = c
    @unknown default: return refusal("the specification is not readable", Origin(file: file))
    }
    var path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    if case .keyNotFound(let key, _) = error { path.append(key.stringValue) }
    let place = path.joined(separator: "/")
    return refusal(context.debugDescription, place.isEmpty ? Origin(file: file) : Origin(file: file, place: place))
  }

  /// A misspelt key would be a silent default.
  private static func refuseUnknownKeys(_ text: String, _ file: String) throws {
    func check(_ node: Node?, _ known: [String], _ place: String) throws {
      for key in node?.mapping?.keys.compactMap(\.string) ?? [] where !known.contains(key) {
        throw refusal("'\(key)' is no key of \(place)", Origin(file: file, place: place))
      }
    }
    let root = try Yams.compose(yaml: text)
    try check(root, CodingKeys.allCases.map(\.rawValue), "the specification")
    for field in root?["fields"]?.sequence ?? [] {
      try check(field, AddressField.CodingKeys.allCases.map(\.rawValue), "fields")
    }
    try check(root?["word"], ["bits", "function", "scale", "offset", "minimum", "maximum"], "word")
    try check(root?["version"], ["address", "word"], "version")
  }

  private func check(_ origin: Origin) throws {
    guard (1...30).contains(addressBits) else { throw Self.refusal("an address of \(addressBits) bits", origin) }
    guard (1...31).contains(word.bits) else { throw Self.refusal("words of \(word.bits) bits", origin.at("word")) }
    let largest = (1 << word.bits) - 1
    guard (0...largest).contains(word.minimum ?? 0), (0...largest).contains(word.maximum ?? largest) else {
      throw Self.refusal("the words' limits do not fit \(word.bits) bits", origin.at("word"))
    }
    var taken = [String?](repeating: nil, count: addressBits)
    for field in fields {
      let place = origin.at("fields/\(field.name)")
      guard field.lsb >= 0, field.bits > 0, field.lsb <= addressBits - field.bits else {
        throw Self.refusal("'\(field.name)' lies beyond the address", place)
      }
      for bit in field.lsb..<field.lsb + field.bits {
        if let other = taken[bit] { throw Self.refusal("'\(field.name)' and '\(other)' share bit \(bit)", place) }
        taken[bit] = field.name
      }
      if let problem = field.problem { throw Self.refusal("'\(field.name)' \(problem)", place) }
    }
    if let bit = taken.firstIndex(of: nil) {
      throw Self.refusal("bit \(bit) of the address belongs to no field", origin)
    }
    guard Set(fields.map(\.name)).count == fields.count else { throw Self.refusal("two fields have one name", origin) }
    for term in modelInputs.flatMap({ $0 }) {
      for name in [term.field, term.sign].compactMap({ $0 }) where !fields.contains(where: { $0.name == name }) {
        throw Self.refusal("'\(name)' is no field", origin.at("model_inputs"))
      }
    }
    if let version, !(0..<1 << addressBits).contains(version.address) || !(0...largest).contains(version.word) {
      throw Self.refusal("the version does not fit address and word", origin.at("version"))
    }
  }
}

extension AddressField {
  /// What is wrong with the field, as a sentence about it.
  fileprivate var problem: String? {
    let coding = coding ?? .identity
    if coding == .constant { return (0..<1 << bits).contains(constant ?? -1) ? nil : "has no constant of \(bits) bits" }
    if coding == .joint {
      let parts = parts ?? []
      if parts.isEmpty || parts.contains(where: { $0.coding == .joint || $0.bits < 1 }) { return "has no plain parts" }
      let width = parts.reduce(0) { $0 + min($1.bits, 30) }
      guard width <= 16, codes?.count == 1 << width else { return "needs a code for each of its parts' values" }
      guard codes?.allSatisfy((0..<1 << bits).contains) == true else { return "has codes of more than \(bits) bits" }
      return parts.lazy.compactMap(\.problem).first
    }
    guard let feature, (0..<65536).contains(feature) else { return "names no feature" }
    guard let featureBits, (1...16).contains(featureBits) else { return "needs feature_bits of 1 to 16" }
    if coding == .shift, !(0...featureBits).contains(shift ?? -1) { return "needs a shift of 0 to \(featureBits)" }
    if coding == .edges {
      let edges = edges ?? []
      guard !edges.isEmpty, edges.count <= 1 << bits, edges == Set(edges).sorted() else {
        return "needs at most \(1 << bits) ascending edges"
      }
    }
    return nil
  }
}
