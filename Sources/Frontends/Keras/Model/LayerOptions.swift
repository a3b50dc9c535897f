import Diagnostics

/// The options of one layer, which remembers what has been looked at, so that none is ignored silently.
struct LayerOptions {
  let layer: String
  let origin: Origin
  private let values: [String: JSONValue]
  private var unread: Set<String>
  private var notes: [Diagnostic] = []

  init(layer: String, origin: Origin, values: [String: JSONValue]) {
    self.layer = layer
    self.origin = origin
    self.values = values
    unread = Set(values.keys)
  }

  /// The raw value; nil where it is absent or null.
  mutating func value(_ key: String) -> JSONValue? {
    unread.remove(key)
    guard let value = values[key], !value.isNull else { return nil }
    return value
  }

  mutating func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.bool else { throw malformed(key, "true or false") }
    return flag
  }

  mutating func int(_ key: String) throws -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.int else { throw malformed(key, "an integer") }
    return number
  }

  mutating func number(_ key: String) throws -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.number else { throw malformed(key, "a number") }
    return number
  }

  mutating func string(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw malformed(key, "a text") }
    return text
  }

  /// One integer, or a list of integers.
  mutating func ints(_ key: String) throws -> [Int]? {
    guard let value = value(key) else { return nil }
    if let number = value.int { return [number] }
    guard let elements = value.array else { throw malformed(key, "a list of integers") }
    return try elements.map { element in
      guard let number = element.int else { throw malformed(key, "a list of integers") }
      return number
    }
  }

  /// Refuses the layer if the option is on.
  mutating func mustBeOff(_ key: String, hint: String? = nil) throws {
    guard let value = value(key), !value.isOff else { return }
    throw refuse("'\(layer)' sets '\(key)', which is not supported", hint: hint ?? "build the model without '\(key)'")
  }

  /// Refuses images whose channels come first.
  mutating func mustBeChannelsLast() throws {
    guard let format = try string("data_format"), format != "channels_last" else { return }
    throw refuse(
      "'\(layer)' has the data format '\(format)'",
      hint: "build the model with data_format='channels_last'"
    )
  }

  /// Refuses number formats that change what the layer computes; precisions of training do not.
  mutating func checkNumberFormat(allowIntegers: Bool = false) throws {
    guard let value = value("dtype") else { return }
    let policies = ["DTypePolicy", "FloatDTypePolicy", "Policy"]
    if let className = value["class_name"]?.string, !policies.contains(className) {
      throw refuse("'\(layer)' computes with '\(className)', which is not supported", hint: Self.formatHint)
    }
    let name = value.string ?? value["config"]?["name"]?.string ?? "?"
    let floats = ["float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16"]
    let isInteger = name.hasPrefix("int") || name.hasPrefix("uint") || name == "bool"
    guard floats.contains(name) || (allowIntegers && isInteger && !name.contains("_")) else {
      throw refuse("'\(layer)' computes in '\(name)', which is not supported", hint: Self.formatHint)
    }
  }

  private static let formatHint = "save the model in float32 and let Tricot quantise it"

  /// Marks everything as looked at: the layer does nothing outside training.
  mutating func ignoreAll() { unread = [] }

  /// Marks options as looked at.
  mutating func ignore(_ keys: Set<String>) { unread.subtract(keys) }

  /// Marks rates of dropout inside a layer as looked at: nothing is dropped outside training.
  mutating func ignoreDropout(_ keys: [String]) {
    for key in keys {
      guard let rate = value(key)?.number, rate > 0 else { continue }
      notes.append(
        .note(
          "training-only",
          "'\(layer)' sets '\(key)' to \(rate), which drops numbers in training only; the firmware drops none",
          at: origin
        )
      )
    }
  }

  /// Takes over what is noted of the options of a layer inside this one.
  mutating func note(_ other: LayerOptions) { notes += other.notes }

  /// Reports every option that is set and that nobody has looked at, unless it matters in training only.
  func reportUnread(to log: DiagnosticLog) {
    for note in notes { log.report(note) }
    for key in unread.sorted() where !Self.mattersInTrainingOnly(key) {
      guard let value = values[key], !value.isOff else { continue }
      log.report(
        .warning(
          "ignored-option",
          "'\(layer)' sets the option '\(key)', which has no effect here",
          at: origin,
          hint: "check that the layer computes the same without it"
        )
      )
    }
  }

  private static func mattersInTrainingOnly(_ key: String) -> Bool {
    ["_initializer", "_regularizer", "_constraint"].contains { key.hasSuffix($0) } || trainingOptions.contains(key)
  }

  /// Names, bookkeeping and what only training reads.
  private static let trainingOptions: Set<String> = [
    "name", "trainable", "batch_input_shape", "batch_shape", "batch_size", "input_shape", "input_dim", "input_length",
    "input_dtype", "momentum", "renorm_momentum", "synchronized", "fused", "virtual_batch_size", "supports_masking",
    "autocast",
  ]

  private func malformed(_ key: String, _ expected: String) -> Diagnostic {
    .error("keras-option", "the option '\(key)' of '\(layer)' is not \(expected)", at: origin)
  }

  func refuse(_ message: String, hint: String? = nil) -> Diagnostic {
    .error("unsupported-option", message, at: origin, hint: hint)
  }
}
