import AddressTables
import DataFiles
import Diagnostics
import FixedPointIR
import Lowering
import NetlistIR
import Simulation
import TestSupport
import Testing
import TreeFrontends

/// A whole model in a look-up table: addresses and words of the toy of the endcap muon track finder.
@Suite struct AddressTableTests {
  /// The fields of `emtf_lut16/spec.json`, with the decoding that its makers used.
  private func specification() throws -> AddressSpecification {
    let spec = try SharedTrees.document("emtf_lut16/spec.json")
    func edges(_ field: Int) throws -> String {
      let list = try spec.member("fields").list()[field].member("edges").integers()
      return "[" + list.map(String.init).joined(separator: ", ") + "]"
    }
    let text = """
      address_bits: 16
      fields:
        - {name: dPhi12, lsb: 0, bits: 6, feature: 0, feature_bits: 9, coding: edges, edges: \(try edges(0))}
        - {name: dPhi23, lsb: 6, bits: 4, feature: 1, feature_bits: 8, coding: edges, edges: \(try edges(1))}
        - {name: sgn23, lsb: 10, bits: 1, feature: 3, feature_bits: 1}
        - {name: FR1, lsb: 11, bits: 1, feature: 7, feature_bits: 1}
        - {name: theta, lsb: 12, bits: 2, feature: 6, feature_bits: 5, coding: shift, shift: 3}
        - {name: bend1, lsb: 14, bits: 2, feature: 8, feature_bits: 3, coding: shift, shift: 1}
      model_inputs:
        - [theta]
        - [dPhi12]
        - [{field: dPhi23, sign: sgn23}]
        - [dPhi12, {field: dPhi23, sign: sgn23}]
        - [FR1]
        - [bend1]
      word: {bits: 9, function: exp2, scale: 2, offset: 1, minimum: 1, maximum: 511}
      version: {address: 0, word: 7}
      """
    return try AddressSpecification(parsing: text, file: "lut16.yml")
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `simulator and netlist of the encoder give the golden addresses`() throws {
    let specification = try specification()
    let events = try SharedTrees.array("emtf_lut16/X.npy")
    let expected = try SharedTrees.array("emtf_lut16/addr.npy").values
    let width = events.shape[1]
    let used = specification.featureCount
    let inputs = (0..<events.shape[0]).flatMap { events.values[$0 * width..<$0 * width + used] }
    let graph = specification.encoder(named: "encoder")
    try FixedPointGraphVerifier.verify(graph)
    let result = try Simulator(graph).run(inputs, samples: events.shape[0])
    #expect(result.outputs == expected)
    let interpreter = NetlistInterpreter(try Lowering.lower(graph))
    for sample in stride(from: 0, to: events.shape[0], by: 16) {
      let raw = (0..<used).map { result.quantizedInputs.raw(sample: sample, element: $0) }
      #expect(interpreter.outputs(for: raw).map(Double.init) == [expected[sample]])
    }
  }

  @Test(.enabled(if: SharedData.isAvailable, SharedData.absence))
  func `every word is the golden one, in every form`() throws {
    let model = try SharedTrees.model("emtf_lut16/model.json")
    let table = try AddressTable(try specification(), model: model, file: "lut16.yml")
    // A part of the table: all of it takes seconds without optimisation.
    let count = 1 << 14
    let words = table.words(0..<count, threads: 2)
    let golden = try SharedTrees.array("emtf_lut16/lut.npy").values
    #expect(words.map(Double.init) == Array(golden[..<count]))
    let packed = try SharedTrees.bytes("emtf_lut16/lut_emtf_packed.bin")
    #expect(TableText.packed(words, bits: 9) == Array(packed[..<(2 * count)]))
    let memory = try SharedTrees.bytes("emtf_lut16/lut.mem")
    #expect(TableText.mem(words, bits: 9) == Array(memory[..<(4 * count)]))
  }

  static let joint = """
    address_bits: 6
    fields:
      - name: mode
        lsb: 4
        bits: 2
        coding: constant
        constant: 2
      - name: pair
        lsb: 0
        bits: 4
        coding: joint
        parts:
          - {bits: 2, feature: 0, feature_bits: 4, coding: shift, shift: 2}
          - {bits: 2, feature: 1, feature_bits: 3, coding: edges, edges: [0, 1, 5]}
        codes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0]
    model_inputs: [[pair]]
    word: {bits: 4}
    """

  @Test func `joint codes and prefixes come to the address`() throws {
    let specification = try AddressSpecification(parsing: Self.joint, file: "joint.yml")
    let interpreter = NetlistInterpreter(try Lowering.lower(specification.encoder(named: "joint")))
    for a in 0..<16 {
      for b in 0..<8 {
        let expected = 2 << 4 | (b >= 5 ? 2 : b >= 1 ? 1 : 0) << 2 | a >> 2
        #expect(specification.address { [a, b][$0] } == expected)
        #expect(interpreter.outputs(for: [Int128(a), Int128(b)]) == [Int128(expected)])
      }
    }
  }

  @Test(arguments: [
    ("lsb: 4", "lsb: 3", "share bit 3"), ("bits: 2\n    coding", "bits: 3\n    coding", "beyond the address"),
    ("constant: 2", "constant: 4", "no constant"), ("[0, 1, 5]", "[0, 5, 1]", "ascending"),
    ("[[pair]]", "[[pear]]", "no field"), ("shift: 2", "shift: 9", "needs a shift"),
    ("word: {bits: 4}", "word: {bits: 40}", "words of 40 bits"), ("address_bits: 6", "address_bits: 7", "bit 6"),
    ("word: {bits: 4}", "word: {bits: 4, scele: 2}", "'scele'"), ("address_bits: 6", "address_bits: six", ""),
    ("7, 8, 9", "7, 8, 99", "more than 4 bits"), ("coding: joint", "coding: joined", ""),
    ("bits: 2\n    coding", "bits: 0\n    coding", "0 bits"), ("10, 11, 0, 0, 0, 0]", "10, 11, 0]", "16, and has 13"),
    ("address_bits: 6", "address_bits: 33", "an address of 33 bits"),
    ("feature_bits: 4", "feature_bits: 0", "feature_bits"),
    ("feature_bits: 4", "feature_bits: 40", "feature_bits of 1 to 16"), ("feature: 0,", "feature: -1,", "no feature"),
    ("feature: 0,", "", "no feature"), ("feature: 0,", "feature: 9999999999,", "no feature"),
    ("lsb: 4", "lsb: -4", "beyond the address"), ("lsb: 4", "lsb: 9223372036854775807", "beyond the address"),
    ("bits: 2\n    coding", "bits: 9223372036854775807\n    coding", "beyond the address"),
    ("[0, 1, 5]", "[0, 1, 1]", "ascending"), ("[0, 1, 5]", "[0, 1, 2, 3, 4]", "ascending"),
    ("[0, 1, 5]", "[0, 1, 8]", "does not reach"), ("[0, 1, 5]", "[]", "ascending"), ("[0, 1, 5]", "5", ""),
    ("shift: 2}", "shift: 2, edges: [0]}", "'edges'"), ("shift: 2}", "shift: 2, egdes: [0]}", "'egdes'"),
    ("codes:", "values: [1, 2]\n    codes:", "a value for each"),
    ("codes:", "values: [.nan]\n    codes:", "no numbers"),
    ("word: {bits: 4}", "word: {bits: 4, scale: 0}", "scale"),
    ("word: {bits: 4}", "word: {bits: 4, scale: .inf}", "scale"),
    ("word: {bits: 4}", "word: {bits: 4, minimum: 9, maximum: 3}", "minimum"),
    ("word: {bits: 4}", "word: {bits: 4, minimum: -1}", "limits"), ("word: {bits: 4}", "", "word"),
    ("word: {bits: 4}", "word: {bits: 4}\nversion: {address: 64, word: 1}", "version"),
    ("[[pair]]", "[[{field: pair, sign: pair}]]", "4 bits instead of one"), ("[[pair]]", "[[{feld: pair}]]", ""),
    ("name: pair", "name: mode", "one name"), ("parts:", "parts: []\n    party:", "'party'"),
    ("- name: mode", "-name: mode", ""), ("fields:", "fields: \(String(repeating: "[", count: 100_000))", "nested"),
    ("fields:", "fields:\n\(String(repeating: "- ", count: 100_000))", "nested"),
  ])
  func `mistakes are named`(_ old: String, _ new: String, _ words: String) throws {
    let pieces = Self.joint.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(pieces.count == 2)
    let refusal = try #require(throws: Diagnostic.self) {
      _ = try AddressSpecification(parsing: pieces.joined(separator: new), file: "joint.yml")
    }
    #expect(refusal.message.contains(words), "\(refusal.rendered())")
    #expect(refusal.origin?.file == "joint.yml")
  }
}
