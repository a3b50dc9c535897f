import Basics
import DataFiles
import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import Quantization

/// Events for a model: all inputs of an event one after the other.
struct EventBatch {
  var count: Int
  /// Elements per event.
  var width: Int
  /// Event-major.
  var values: [Double]

  /// The first events only.
  func prefix(_ limit: Int?) -> EventBatch {
    guard let limit, limit < count else { return self }
    return EventBatch(count: limit, width: width, values: Array(values[..<(limit * width)]))
  }
}

extension EventBatch {
  /// Reads a `.npy` whose first axis counts events and whose other axes hold `width` numbers, all of them finite.
  ///
  /// - Parameters:
  ///   - role: What the numbers are, for messages: `inputs`, `expected outputs`.
  ///   - allowsMissing: Whether anything may be no finite number.
  init(
    reading path: String,
    from files: InputFiles,
    width: Int,
    role: String,
    allowsMissing: Bool = false
  ) throws {
    let bytes = try files.bytes(of: path)
    try self.init(bytes, file: path, width: width, role: role, allowsMissing: allowsMissing)
  }

  init(_ bytes: [UInt8], file path: String, width: Int, role: String, allowsMissing: Bool = false) throws {
    let array = try NumPyArray(npy: bytes, file: path)
    let origin = Origin(file: path, place: "shape [\(array.shape.map(String.init).joined(separator: ", "))]")
    guard let events = array.shape.first else {
      throw Diagnostic.error(
        "wrong-shape",
        "a single number is no batch of events",
        at: origin,
        hint: "save an array of shape [events, \(width)]"
      )
    }
    let found = array.shape.dropFirst().reduce(1, *)
    guard found == width else {
      let transposed = array.shape.count == 2 && events == width ? "; the array looks transposed" : ""
      let single = array.shape.count == 1 && events == width
      throw Diagnostic.error(
        "wrong-width",
        "the \(role) have \(found) numbers per event, the model has \(width)\(transposed)",
        at: origin,
        hint: single
          ? "save one event as an array of shape [1, \(width)]" : "save an array of shape [events, \(width)]"
      )
    }
    guard events > 0 else {
      throw Diagnostic.error("no-events", "the file holds no events", at: origin, hint: "save at least one event")
    }
    self.init(count: events, width: width, values: array.values)
    if !allowsMissing { try checkFinite(role: role, file: path) }
  }

  /// Reads inputs of a quantised model; missing features (NaN) of trees become the numbers that stand for them.
  init(reading path: String, from files: InputFiles, for model: QuantizedModel) throws {
    try self.init(files.bytes(of: path), file: path, for: model)
  }

  /// The same of a file that was read before.
  init(_ bytes: [UInt8], file path: String, for model: QuantizedModel) throws {
    try self.init(bytes, file: path, width: model.graph.inputCount, role: "inputs", allowsMissing: true)
    try replaceMissing(for: model, file: path)
  }

  /// An array in memory as inputs of a quantised model, event by event.
  init(_ values: [Double], count: Int, for model: QuantizedModel) throws {
    try self.init(values, count: count, width: model.graph.inputCount)
    try replaceMissing(for: model, file: nil)
  }

  /// An array in memory, event by event.
  ///
  /// - Parameter role: What the numbers are, for messages.
  init(_ values: [Double], count: Int, width: Int, role: String = "numbers") throws {
    let (expected, overflow) = count.multipliedReportingOverflow(by: width)
    guard count >= 0, !overflow, values.count == expected else {
      throw Diagnostic.error(
        "wrong-width",
        "there are \(values.count) \(role) for \(count) events of \(width) each",
        hint: "give \(width) numbers for each event"
      )
    }
    self.init(count: count, width: width, values: values)
  }

  /// Refuses numbers that are not finite.
  func checkFinite(role: String, file: String?) throws {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw notFinite(index, role: role, file: file, hint: "remove events with missing values")
  }

  private mutating func replaceMissing(for model: QuantizedModel, file: String?) throws {
    guard values.contains(where: { !$0.isFinite }) else { return }
    // Only the trained model knows the ways of what is missing.
    let codes = model.model.map { MissingFeatureCodes($0, model.graph).numbers }
    for index in values.indices where !values[index].isFinite {
      guard values[index].isNaN, let number = codes?[index % width] else {
        throw notFinite(
          index,
          role: "inputs",
          file: file,
          hint: values[index].isNaN
            ? "fixed point has no number that takes the ways of a missing feature here: train with a number in its place"
            : "remove infinite numbers before saving"
        )
      }
      values[index] = number
    }
  }

  private func notFinite(_ index: Int, role: String, file: String?, hint: String) -> Diagnostic {
    Diagnostic.error(
      "not-finite",
      "the \(role) hold \(values[index]) at event \(index / width), element \(index % width)",
      at: file.map { Origin(file: $0) },
      hint: hint
    )
  }

  /// Random events that cover the types of a model's inputs.
  ///
  /// Of the numbers 70 % are uniform over the whole type, 10 % are its corners (the extremes, zero, one step either way)
  /// and 20 % are small; the first events are zero, all least and all greatest.
  init(random count: Int, for graph: FixedPointGraph, seed: UInt64) {
    let types = graph.inputs.flatMap { graph[$0].types.all }
    var generator = SeededGenerator(seed: seed)
    var values: [Double] = []
    values.reserveCapacity(count * types.count)
    for event in 0..<count {
      for type in types {
        let raw: Int128 =
          switch event {
          case 0: 0
          case 1: type.minimumRaw
          case 2: type.maximumRaw
          default: Self.randomRaw(of: type, using: &generator)
          }
        values.append(type.value(ofRaw: raw))
      }
    }
    self.init(count: count, width: types.count, values: values)
  }
}
