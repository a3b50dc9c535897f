import Diagnostics

extension AddressSpecification {
  /// Refuses what is no packing of features: every bit belongs to one field, and every code fits.
  func verify(_ origin: Origin) throws {
    guard (1...30).contains(addressBits) else { throw Self.refusal("an address of \(addressBits) bits", origin) }
    if let problem = word.problem { throw Self.refusal(problem, origin.at("word")) }
    guard fields.contains(where: { $0.coding != .constant }) else {
      throw Self.refusal("no field reads a feature", origin.at("fields"))
    }
    try verifyPlaces(origin)
    guard Set(fields.map(\.name)).count == fields.count else { throw Self.refusal("two fields have one name", origin) }
    for field in fields {
      if let problem = field.problem {
        throw Self.refusal("'\(field.name)' \(problem)", origin.at("fields/\(field.name)"))
      }
    }
    try verifyTerms(origin.at("model_inputs"))
    if let version {
      guard (0..<1 << addressBits).contains(version.address), (0..<1 << word.bits).contains(version.word) else {
        throw Self.refusal("the version does not fit address and word", origin.at("version"))
      }
    }
  }

  private func verifyPlaces(_ origin: Origin) throws {
    var taken = [String?](repeating: nil, count: addressBits)
    for field in fields {
      let place = origin.at("fields/\(field.name)")
      guard field.bits > 0 else { throw Self.refusal("'\(field.name)' has \(field.bits) bits", place) }
      guard field.lsb >= 0, field.bits <= addressBits, field.lsb <= addressBits - field.bits else {
        throw Self.refusal("'\(field.name)' lies beyond the address", place)
      }
      for bit in field.lsb..<field.lsb + field.bits {
        if let other = taken[bit] { throw Self.refusal("'\(field.name)' and '\(other)' share bit \(bit)", place) }
        taken[bit] = field.name
      }
    }
    if let bit = taken.firstIndex(of: nil) {
      throw Self.refusal("bit \(bit) of the address belongs to no field", origin)
    }
  }

  private func verifyTerms(_ origin: Origin) throws {
    for (input, terms) in modelInputs.enumerated() {
      let place = origin.at("model_inputs/\(input)")
      for term in terms {
        for name in [term.field, term.sign].compactMap({ $0 }) where !fields.contains(where: { $0.name == name }) {
          let near = nearestName(to: name, among: fields.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
          throw Self.refusal("'\(name)' is no field\(near)", place)
        }
        if let sign = term.sign, let field = fields.first(where: { $0.name == sign }), field.bits != 1 {
          throw Self.refusal("the sign '\(sign)' has \(field.bits) bits instead of one", place)
        }
        if let field = fields.first(where: { $0.name == term.field }), field.bits > AddressField.widestCode {
          throw Self.refusal("'\(field.name)' has \(field.bits) bits, too many for an input of the model", place)
        }
      }
    }
  }
}

extension WordCoding {
  /// What is wrong with the coding, as a sentence.
  fileprivate var problem: String? {
    guard (1...31).contains(bits) else { return "words of \(bits) bits" }
    guard (scale ?? 1).isFinite, scale != 0, (offset ?? 0).isFinite else {
      return "the words' scale and offset must be numbers, and the scale not zero"
    }
    guard (0..<1 << bits).contains(least), (0..<1 << bits).contains(greatest) else {
      return "the words' limits do not fit \(bits) bits"
    }
    return least < greatest ? nil : "the words' minimum is not below their maximum"
  }
}

extension AddressField {
  /// The widest code of anything but a constant.
  static let widestCode = 16

  /// What is wrong with the field, as the end of a sentence about it.
  fileprivate var problem: String? {
    let coding = coding ?? .identity
    if let key = keyWithoutEffect { return "has '\(key)', which means nothing for its coding" }
    if coding == .constant {
      guard bits <= 30, (0..<1 << bits).contains(constant ?? -1) else { return "has no constant of \(bits) bits" }
      return nil
    }
    guard (1...Self.widestCode).contains(bits) else { return "has \(bits) bits instead of 1 to \(Self.widestCode)" }
    if let problem = coding == .joint ? jointProblem : plainProblem { return problem }
    guard let values else { return nil }
    guard values.allSatisfy(\.isFinite) else { return "has values that are no numbers" }
    let largest = FieldCodes(self).largest
    guard values.count > largest, values.count <= 1 << bits else {
      return "needs a value for each of its codes, 0 to \(largest), and has \(values.count)"
    }
    return nil
  }

  private var jointProblem: String? {
    let parts = parts ?? []
    if parts.isEmpty || parts.contains(where: { $0.coding == .joint || $0.bits < 1 }) { return "has no plain parts" }
    let width = parts.reduce(0) { $0 + min($1.bits, 30) }
    guard width <= 16, codes?.count == 1 << width else {
      return "needs a code for each of its parts' values"
        + (width <= 16 ? ": \(1 << width), and has \(codes?.count ?? 0)" : "; at most 16 bits of parts")
    }
    guard codes?.allSatisfy((0..<1 << bits).contains) == true else { return "has codes of more than \(bits) bits" }
    for (index, part) in parts.enumerated() {
      if part.values != nil { return "has values in part \(index), where only the field's own count" }
      if let problem = part.problem { return "has a part \(index) that \(problem)" }
    }
    return nil
  }

  private var plainProblem: String? {
    guard let feature, (0..<4096).contains(feature) else { return "names no feature from 0 to 4095" }
    guard let featureBits, (1...16).contains(featureBits) else { return "needs feature_bits of 1 to 16" }
    if coding == .shift, !(0...featureBits).contains(shift ?? -1) { return "needs a shift of 0 to \(featureBits)" }
    if coding == .edges {
      let edges = edges ?? []
      guard !edges.isEmpty, edges.count <= 1 << bits, zip(edges, edges.dropFirst()).allSatisfy(<) else {
        return "needs at most \(1 << bits) ascending edges"
      }
      guard edges.allSatisfy((0..<1 << featureBits).contains) else {
        return "has edges that a feature of \(featureBits) bits does not reach"
      }
    }
    return nil
  }

  /// A key of another coding: it would be ignored silently.
  private var keyWithoutEffect: String? {
    let coding = coding ?? .identity
    let isPlain = coding != .joint && coding != .constant
    let given: [(key: String, isGiven: Bool, means: Bool)] = [
      ("shift", shift != nil, coding == .shift), ("edges", edges != nil, coding == .edges),
      ("constant", constant != nil, coding == .constant), ("parts", parts != nil, coding == .joint),
      ("codes", codes != nil, coding == .joint), ("feature", feature != nil, isPlain),
      ("feature_bits", featureBits != nil, isPlain),
    ]
    return given.first { $0.isGiven && !$0.means }?.key
  }
}
