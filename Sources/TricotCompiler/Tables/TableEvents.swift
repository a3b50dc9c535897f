import AddressTables
import DataFiles
import Diagnostics

/// Events of the encoder's features, with what else is known of them.
struct TableEvents {
  /// By event: the features that the encoder reads.
  let rows: [[Double]]
  private let isGiven: Bool
  private let inputs: [Double]?
  private let truth: [Double]?
  private static let bins = 10

  init(_ options: TableOptions, specification: AddressSpecification, inputs width: Int) throws {
    guard let path = options.events else {
      (rows, isGiven, inputs, truth) = ([], false, nil, nil)
      return
    }
    isGiven = true
    rows = try Self.features(path, specification)
    let count = rows.count
    inputs = try options.inputs.map { path in
      let array = try Self.array(path)
      guard array.shape == [count, width] else {
        throw Self.mismatch(path, array, "the model takes \(width) inputs for each of \(count) events")
      }
      return array.values
    }
    truth = try options.truth.map { path in
      let array = try Self.array(path)
      guard array.values.count == count else {
        throw Self.mismatch(path, array, "there are \(count) events")
      }
      return array.values
    }
  }

  private static func features(_ path: String, _ specification: AddressSpecification) throws -> [[Double]] {
    let array = try array(path)
    let used = specification.featureCount
    guard array.shape.count == 2, array.shape[1] >= used, array.shape[0] > 0 else {
      throw mismatch(path, array, "the encoder reads \(used) features")
    }
    let width = array.shape[1]
    return try (0..<array.shape[0]).map { event in
      let row = Array(array.values[event * width..<event * width + used])
      if let feature = row.firstIndex(where: { !($0 >= 0) || $0.rounded() != $0 }) {
        throw Diagnostic.error(
          "no-feature",
          "feature \(feature) of event \(event) is \(row[feature]); the encoder's features are unsigned integers",
          at: Origin(file: path),
          hint: "give the events as the trigger's hardware holds them"
        )
      }
      return row
    }
  }

  private static func array(_ path: String) throws -> NumPyArray {
    let array = try NumPyArray(npy: FileReading.bytes(of: path), file: path)
    if let index = array.firstNonFinite {
      throw Diagnostic.error(
        "not-finite",
        "value \(index) is \(array.values[index])",
        at: Origin(file: path),
        hint: "remove such events"
      )
    }
    return array
  }

  private static func mismatch(_ path: String, _ array: NumPyArray, _ expected: String) -> Diagnostic {
    Diagnostic.error(
      "shape-mismatch",
      "the array has the shape [\(array.shape.map(String.init).joined(separator: ", "))], and \(expected)",
      at: Origin(file: path),
      hint: "give one row per event, with the features in the specification's numbering"
    )
  }

  // MARK: - Reports

  func coverage(_ specification: AddressSpecification) -> TableReport.Coverage {
    let coverage = AddressCoverage(specification, events: isGiven ? addresses(specification) : nil)
    let widths = specification.featureWidths
    let saturated = rows.reduce(0) { sum, row in
      sum
        + row.indices.count { feature in
          widths[feature].map { row[feature] >= Double(1 << $0) } ?? false
        }
    }
    return TableReport.Coverage(
      fields: coverage.fields.map { field in
        TableReport.Field(
          name: field.name,
          lsb: field.lsb,
          bits: field.bits,
          coding: field.coding.rawValue,
          features: field.features,
          codes: field.codes,
          codesHit: field.codesHit
        )
      },
      reachable: coverage.reachable,
      reachableIsExact: coverage.isExact,
      events: isGiven ? rows.count : nil,
      addressesHit: coverage.addressesHit,
      mostEvents: coverage.mostEvents,
      saturatedFeatures: isGiven ? saturated : nil
    )
  }

  private func addresses(_ specification: AddressSpecification) -> [Int] {
    rows.map { specification.address(of: $0) }
  }

  /// Nil without events.
  func resolution(_ table: AddressTable, _ store: WordStore) throws -> TableReport.Resolution? {
    let specification = table.specification
    let coding = specification.word
    guard isGiven else { return nil }
    let width = specification.modelInputs.count
    let words = try addresses(specification).map { try store.words(from: $0, count: 1)[0] }
    let model = rows.indices.map { event in
      table.score(
        inputs.map { Array($0[event * width..<(event + 1) * width]) } ?? specification.unpackedInputs(rows[event])
      )
    }
    let values = words.map { coding.value(of: Int($0)).value }
    // Where a value has no score, as zero has no logarithm, the cell's end has one.
    let scores = zip(words, values).map { word, value in
      coding.score(value) ?? coding.value(of: Int(word)).upperScore ?? 0
    }
    func errors(_ found: [Double], _ expected: [Double]) -> TableReport.Errors? {
      TableReport.Errors(zip(found, expected).map { $0 - $1 })
    }
    let modelValues = model.map(coding.value(ofScore:))
    guard let score = errors(scores, model), let value = errors(values, modelValues) else { return nil }
    return TableReport.Resolution(
      modelInputs: inputs == nil ? "derived" : "given",
      score: score,
      value: value,
      scoreAgainstTruth: truth.flatMap { errors(scores, $0) },
      valueAgainstTruth: truth.flatMap { errors(values, $0.map(coding.value(ofScore:))) },
      modelAgainstTruth: truth.flatMap { errors(model, $0) },
      bins: bins(scores, model)
    )
  }

  /// Equally many events each.
  private func bins(_ scores: [Double], _ model: [Double]) -> [TableReport.Bin] {
    let key = truth ?? model
    let order = key.indices.sorted { (key[$0], $0) < (key[$1], $1) }
    let count = min(Self.bins, order.count)
    return (0..<count).compactMap { bin in
      let events = order[bin * order.count / count..<(bin + 1) * order.count / count]
      guard let first = events.first, let last = events.last,
        let againstModel = TableReport.Errors(events.map { scores[$0] - model[$0] })
      else { return nil }
      return TableReport.Bin(
        lower: key[first],
        upper: key[last],
        againstModel: againstModel,
        againstTruth: truth.flatMap { truth in TableReport.Errors(events.map { scores[$0] - truth[$0] }) }
      )
    }
  }
}
