import AddressTables
import Diagnostics
import FoundationEssentials

/// From addresses of a table back to features, and from its words to what they stand for.
public struct TableDecoding: Sendable {
  /// The address specification.
  public var specification: String
  public var addresses: [Int]
  public var words: [Int]
  /// For scores, and words of addresses; nil: none.
  public var model: String?
  /// A folder that `tricot table` wrote, for the words of addresses.
  public var table: String?

  public init(specification: String, addresses: [Int], words: [Int] = [], model: String? = nil, table: String? = nil) {
    self.specification = specification
    self.addresses = addresses
    self.words = words
    self.model = model
    self.table = table
  }

  public func run() throws -> TableDecodingReport {
    let specification: AddressSpecification
    var evaluation: AddressTable?
    if let model {
      evaluation = try TableSource(model: model, specification: self.specification).table()
      specification = try evaluation?.specification ?? read()
    } else {
      specification = try read()
    }
    let written = try table.map { try WrittenTable(folder: $0, specification: specification) }
    try check(specification)
    let decoder = AddressDecoder(specification)
    return TableDecodingReport(
      addresses: addresses.map { address in
        let decoded = decoder.decode(address)
        let inputs = evaluation?.modelInputs(at: address) ?? decoded.modelInputs
        let word = written?.word(at: address) ?? evaluation.map { Int($0.word(at: address)) }
        return TableDecodingReport.Address(
          decoded,
          modelInputs: inputs,
          score: inputs.flatMap { evaluation?.score($0) },
          word: word.map { TableDecodingReport.Word(specification.word.value(of: $0)) }
        )
      },
      words: words.map { TableDecodingReport.Word(specification.word.value(of: $0)) }
    )
  }

  private func read() throws -> AddressSpecification {
    try AddressSpecification(parsing: FileReading.text(of: specification), file: specification)
  }

  private func check(_ specification: AddressSpecification) throws {
    let origin = Origin(file: self.specification)
    if let address = addresses.first(where: { !(0..<1 << specification.addressBits).contains($0) }) {
      throw Diagnostic.error(
        "no-address",
        "\(address) is no address of \(specification.addressBits) bits",
        at: origin,
        hint: "give an address from 0 to \((1 << specification.addressBits) - 1)"
      )
    }
    if let word = words.first(where: { !(0..<1 << specification.word.bits).contains($0) }) {
      throw Diagnostic.error(
        "no-word",
        "\(word) is no word of \(specification.word.bits) bits",
        at: origin,
        hint: "give a word from 0 to \((1 << specification.word.bits) - 1)"
      )
    }
  }
}

/// What `tricot table decode` prints.
public struct TableDecodingReport: Codable, Sendable {
  public var addresses: [Address]
  public var words: [Word]

  /// One address.
  public struct Address: Codable, Sendable {
    public var address: Int
    public var fields: [Field]
    /// Whether the constant fields are those of the specification's model.
    public var belongsToModel: Bool
    /// Whether the word there is the table's version.
    public var isVersion: Bool
    /// What the model is given; absent at addresses of other models.
    public var modelInputs: [Double]?
    /// With a model.
    public var score: Double?
    /// With a model, or a table.
    public var word: Word?

    init(_ decoded: AddressDecoder.Address, modelInputs: [Double]?, score: Double?, word: Word?) {
      address = decoded.address
      fields = decoded.fields.map(Field.init)
      belongsToModel = decoded.belongsToModel
      isVersion = decoded.isVersion
      self.modelInputs = modelInputs
      self.score = score
      self.word = word
    }
  }

  /// Bits of an address.
  public struct Field: Codable, Sendable {
    public var name: String
    public var lsb: Int
    public var bits: Int
    public var code: Int
    /// What the model is given for the code; absent for a constant.
    public var value: Double?
    /// The features that lead to the code: alternatives, each with a range for every feature that the field reads.
    public var features: [[FeatureRange]]
    /// Whether no event leads to the code.
    public var isUnreachable: Bool

    init(_ field: AddressDecoder.Field) {
      (name, lsb, bits, code) = (field.name, field.lsb, field.bits, field.code)
      (value, isUnreachable) = (field.value, field.isUnreachable)
      features = field.features.map { $0.map { FeatureRange(feature: $0.feature, lower: $0.lower, upper: $0.upper) } }
    }
  }

  /// Values of a feature, both ends included.
  public struct FeatureRange: Codable, Sendable {
    public var feature: Int
    public var lower: Int
    public var upper: Int
  }

  /// What a word stands for.
  public struct Word: Codable, Sendable {
    public var word: Int
    /// The middle of the word's cell.
    public var value: Double
    /// Values from here on, and below there, lead to the word; absent: no bound, because words saturate.
    public var lower: Double?
    public var upper: Double?
    public var lowerScore: Double?
    public var upperScore: Double?
    /// Whether no score leads to the word.
    public var isUnreachable: Bool

    init(_ value: WordCoding.Value) {
      (word, self.value, lower, upper) = (value.word, value.value, value.lower, value.upper)
      (lowerScore, upperScore, isUnreachable) = (value.lowerScore, value.upperScore, value.isUnreachable)
    }
  }
}

/// The binary files of a table that was written.
private struct WrittenTable {
  private let banks: [[UInt8]]
  private let perBank: Int
  private let bits: Int

  init(folder: String, specification: AddressSpecification) throws {
    let place = TableFolder(path: folder, replacing: false)
    let text = try FileReading.bytes(of: place.file(TableFolder.report))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let report = try? decoder.decode(TableReport.self, from: Data(text)), report.banks > 0,
      report.sha256.count == report.banks
    else { throw Self.refusal("the report is none of a table", place.file(TableFolder.report)) }
    guard report.addressBits == specification.addressBits, report.wordBits == specification.word.bits else {
      throw Self.refusal("the table was made by another specification", folder)
    }
    bits = report.wordBits
    perBank = report.words / report.banks
    banks = try (0..<report.banks).map { bank in
      let file = place.file(report.banks == 1 ? "table.bin" : "table_\(bank).bin")
      let bytes = try FileReading.bytes(of: file)
      guard contentHash(bytes) == report.sha256[bank] else {
        throw Self.refusal("the file is not the one that the report names", file)
      }
      return bytes
    }
  }

  func word(at address: Int) -> Int { TableText.word(at: address % perBank, of: banks[address / perBank], bits: bits) }

  private static func refusal(_ message: DiagnosticText, _ file: String) -> Diagnostic {
    Diagnostic.error("bad-table", message, at: Origin(file: file), hint: "name a folder that '\(action: .table)' wrote")
  }
}
