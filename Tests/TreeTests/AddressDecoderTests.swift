import AddressTables
import Diagnostics
import Fuzzing
import Glibc
import ModelIR
import Testing

/// The way back from addresses and words.
@Suite struct AddressDecoderTests {
  @Test(arguments: UInt64(1)...24)
  func `every address gives back the features that led to it`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let text = RandomAddress.specification(&random)
    let specification = try AddressSpecification(parsing: text, file: "random.yml")
    let decoder = AddressDecoder(specification)
    let widths = specification.featureWidths
    for _ in 0..<100 {
      let features = (0..<5).map { Int.random(in: 0..<1 << (widths[$0] ?? 1), using: &random) }
      let address = specification.address { features[$0] }
      let decoded = decoder.decode(address)
      #expect(decoded.belongsToModel)
      for (field, source) in zip(decoded.fields, specification.fields) {
        #expect(!field.isUnreachable, "\(field.name)")
        guard source.coding != .constant else { continue }
        let fitting = field.features.filter { $0.allSatisfy { $0.contains(features[$0.feature]) } }
        #expect(fitting.count == 1, "\(field.name): \(field.features), \(features)")
      }
    }
  }

  /// Every combination of ends of the intervals leads back to the code, and no neighbour does.
  @Test(arguments: UInt64(1)...24)
  func `every interval of features leads to its code and ends there`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let text = RandomAddress.specification(&random)
    let specification = try AddressSpecification(parsing: text, file: "random.yml")
    let widths = specification.featureWidths
    for field in specification.fields where field.coding != .constant {
      let codes = FieldCodes(field, widths: widths)
      for (code, alternatives) in codes.alternatives.enumerated() {
        for ranges in alternatives {
          func result(_ changed: Int, _ value: Int) -> Int {
            field.code { feature in
              feature == changed ? value : ranges.first { $0.feature == feature }?.lower ?? 0
            }
          }
          for range in ranges {
            #expect(result(range.feature, range.lower) == code && result(range.feature, range.upper) == code)
            guard ranges.count == 1, alternatives.count == 1 else { continue }
            if range.lower > 0 { #expect(result(range.feature, range.lower - 1) != code) }
            if range.upper < 1 << (widths[range.feature] ?? 0) - 1 {
              #expect(result(range.feature, range.upper + 1) != code)
            }
          }
        }
      }
    }
  }

  @Test(arguments: [
    "{bits: 9, function: exp2, scale: 2, offset: 1, minimum: 1, maximum: 511}", "{bits: 5}",
    "{bits: 8, scale: -3.5, offset: 100}", "{bits: 12, scale: 100, offset: 2000.25, minimum: 3, maximum: 4000}",
  ])
  func `a score lies in the interval of its word`(_ coding: String) throws {
    let text = """
      address_bits: 2
      fields: [{name: a, lsb: 0, bits: 2, feature: 0, feature_bits: 2}]
      model_inputs: [[a]]
      word: \(coding)
      """
    let word = try AddressSpecification(parsing: text, file: "word.yml").word
    var random = SeededGenerator(seed: 5)
    for _ in 0..<2000 {
      let score = Double.random(in: -45...45, using: &random)
      let coded = Int(word.word(score))
      let value = word.value(of: coded)
      let physical = word.value(ofScore: score)
      let tolerance = 1e-12 * max(1, abs(physical))
      #expect(value.lower.map { physical >= $0 - tolerance } ?? true, "\(score) \(value)")
      #expect(value.upper.map { physical < $0 + tolerance } ?? true, "\(score) \(value)")
      if let lower = value.lower, let upper = value.upper { #expect(lower <= value.value && value.value <= upper) }
      // The middle of the cell has the same word.
      if let middle = word.score(value.value), coded > word.least, coded < word.greatest {
        #expect(Int(word.word(middle)) == coded)
      }
    }
  }

  @Test func `a long specification may stand in one line`() throws {
    let fields = (0..<30).map { #"{"name": "f\#($0)", "lsb": \#($0), "bits": 1, "feature": 0, "feature_bits": 1}"# }
    let text = """
      {"address_bits": 30, "fields": [\(fields.joined(separator: ", "))], "model_inputs": [["f0"]], "word": {"bits": 4}}
      """
    #expect(try AddressSpecification(parsing: text, file: "line.json").fields.count == 30)
  }

  @Test func `packed words come back one by one`() {
    for bits in [1, 7, 9, 16, 17, 31] {
      let words = (0..<64).map { UInt32(truncatingIfNeeded: $0 * 2_654_435_761) & ((1 << UInt32(bits)) - 1) }
      let packed = TableText.packed(words, bits: bits)
      #expect(words.indices.map { TableText.word(at: $0, of: packed, bits: bits) } == words.map(Int.init))
    }
  }
}
