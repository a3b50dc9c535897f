import Glibc

/// How features are packed into the address of a look-up table, and how a score becomes its word.
package struct AddressSpecification: Sendable, Codable {
  package var addressBits: Int
  package var fields: [AddressField]
  /// What the model reads, one sum of terms per input, all from the fields.
  package var modelInputs: [[AddressTerm]]
  package var word: WordCoding
  /// A word of one address that tells the table's version.
  package var version: VersionWord?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case addressBits = "address_bits"
    case fields
    case modelInputs = "model_inputs"
    case word, version
  }

  package struct VersionWord: Sendable, Codable {
    package var address: Int
    package var word: Int
  }
}

/// Bits of the address, and the feature that they come from.
package struct AddressField: Sendable, Codable {
  package enum Coding: String, Sendable, Codable {
    /// The feature itself.
    case identity
    /// The feature without its lowest bits.
    case shift
    /// The number of edges, less one, that the feature reaches.
    case edges
    /// A code for several features together.
    case joint
    /// The same bits always: the mode of a table that several models share.
    case constant
  }

  package var name: String
  package var lsb: Int
  package var bits: Int
  package var coding: Coding?
  /// The feature's number among the encoder's inputs.
  package var feature: Int?
  /// Bits of the feature, an unsigned integer.
  package var featureBits: Int?
  package var shift: Int?
  /// Ascending; the first one is the least value that has a code.
  package var edges: [Int]?
  package var constant: Int?
  /// Of a joint code: fields without places, the first one lowest in the index into ``codes``.
  package var parts: [AddressField]?
  package var codes: [Int]?
  /// By code: what the model is given for it; by default the code, or the lower edge.
  package var values: [Double]?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, lsb, bits, coding, feature
    case featureBits = "feature_bits"
    case shift, edges, constant, parts, codes, values
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name) ?? "part"
    lsb = try container.decodeIfPresent(Int.self, forKey: .lsb) ?? 0
    bits = try container.decode(Int.self, forKey: .bits)
    coding = try container.decodeIfPresent(Coding.self, forKey: .coding)
    feature = try container.decodeIfPresent(Int.self, forKey: .feature)
    featureBits = try container.decodeIfPresent(Int.self, forKey: .featureBits)
    shift = try container.decodeIfPresent(Int.self, forKey: .shift)
    edges = try container.decodeIfPresent([Int].self, forKey: .edges)
    constant = try container.decodeIfPresent(Int.self, forKey: .constant)
    parts = try container.decodeIfPresent([AddressField].self, forKey: .parts)
    codes = try container.decodeIfPresent([Int].self, forKey: .codes)
    values = try container.decodeIfPresent([Double].self, forKey: .values)
  }

  /// The code of the encoder's inputs; out of range, the nearest one.
  package func code(_ inputs: (Int) -> Int) -> Int {
    let largest = (1 << bits) - 1
    func x() -> Int { min(max(inputs(feature ?? 0), 0), (1 << (featureBits ?? 1)) - 1) }
    switch coding ?? .identity {
    case .identity: return min(x(), largest)
    case .shift: return min(x() >> (shift ?? 0), largest)
    case .edges: return min(max((edges ?? []).count { $0 <= x() } - 1, 0), largest)
    case .constant: return constant ?? 0
    case .joint:
      var index = 0
      var place = 0
      for part in parts ?? [] {
        index |= part.code(inputs) << place
        place += part.bits
      }
      return (codes ?? [])[index]
    }
  }

  /// What the model is given for a code.
  package func value(of code: Int) -> Double {
    if let values { return code < values.count ? values[code] : values.last ?? 0 }
    if let edges { return Double(code < edges.count ? edges[code] : edges.last ?? 0) }
    return Double(code)
  }
}

/// A field's value, negated where the bit of another field is set.
package struct AddressTerm: Sendable, Codable {
  package var field: String
  package var sign: String?

  package init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      field = name
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    field = try container.decode(String.self, forKey: .field)
    sign = try container.decodeIfPresent(String.self, forKey: .sign)
  }
}

/// `word = clamp(floor(f(score) · scale + offset), minimum, maximum)`.
package struct WordCoding: Sendable, Codable {
  package enum Function: String, Sendable, Codable {
    case linear
    /// Two to the power of the score.
    case exp2
  }

  package var bits: Int
  package var function: Function?
  package var scale: Double?
  package var offset: Double?
  package var minimum: Int?
  package var maximum: Int?

  package func word(_ score: Double) -> UInt32 {
    let value = function == .exp2 ? exp2(score) : score
    let coded = (value * (scale ?? 1) + (offset ?? 0)).rounded(.down)
    let (low, high) = (Double(minimum ?? 0), Double(maximum ?? ((1 << bits) - 1)))
    // NaN, which no finite model gives, counts as the minimum.
    return UInt32(coded >= low ? min(coded, high) : low)
  }
}
