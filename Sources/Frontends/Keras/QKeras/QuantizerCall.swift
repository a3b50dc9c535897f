import DataFiles
import Diagnostics

/// A quantiser as a QKeras file names it: a class and its arguments, serialised or as an expression of Python's.
struct QuantizerCall {
  var name: String
  /// Arguments without names, in order.
  var positional: [JSONValue] = []
  /// Quantisers among the arguments without names, by position.
  var nested: [Int: QuantizerCall] = [:]
  var named: [String: JSONValue] = [:]
  /// Whether the arguments are those that a version of QKeras wrote, all that it has.
  var isSerialised = false

  /// `{"class_name": "quantized_bits", "config": {…}}`, `"quantized_bits(8,0,alpha=1)"` or a function's name; nil for anything else.
  init?(_ value: JSONValue) {
    if let text = value.string {
      var parser = QuantizerExpression(text)
      guard let call = parser.parse() else { return nil }
      self = call
      return
    }
    // Keras 3 serialises plain functions too.
    if let className = value["class_name"]?.string, className == "function", let name = value["config"]?.string {
      self.init(name: name)
      return
    }
    guard let className = value["class_name"]?.string else { return nil }
    self.init(name: className.split(separator: ">").last.map(String.init) ?? className)
    isSerialised = true
    if let config = value["config"]?.object { named = config } else if value["config"] != nil { return nil }
  }

  init(name: String) { self.name = name }

  /// The argument with a name, or at its position; nil where it is missing or `None`.
  subscript(_ key: String, _ position: Int? = nil) -> JSONValue? {
    if let value = named[key] { return value.isNull ? nil : Self.plain(value) }
    guard let position, positional.indices.contains(position), !positional[position].isNull else { return nil }
    return positional[position]
  }

  /// Numbers that numpy wrote are objects that hold the value.
  private static func plain(_ value: JSONValue) -> JSONValue {
    guard let inner = value["config"]?["value"] ?? value["value"] else { return value }
    return inner
  }
}

/// Reads a call in Python's notation: names, numbers, texts and calls as arguments.
private struct QuantizerExpression {
  private let letters: [Character]
  private var position = 0

  init(_ text: String) { letters = Array(text) }

  mutating func parse() -> QuantizerCall? {
    guard let call = call(depth: 0) else { return nil }
    skipSpace()
    return position == letters.count ? call : nil
  }

  private mutating func call(depth: Int) -> QuantizerCall? {
    guard depth < 8, let name = word(), name.first?.isNumber == false else { return nil }
    var call = QuantizerCall(name: name.split(separator: ".").last.map(String.init) ?? name)
    guard accept("(") else { return call }
    if accept(")") { return call }
    repeat {
      let start = position
      if let key = word(), accept("="), let value = argument(depth: depth + 1, nil, &call) {
        call.named[key] = value
        continue
      }
      position = start
      let index = call.positional.count
      guard let value = argument(depth: depth + 1, index, &call) else { return nil }
      call.positional.append(value)
    } while accept(",")
    return accept(")") ? call : nil
  }

  private mutating func argument(depth: Int, _ index: Int?, _ call: inout QuantizerCall) -> JSONValue? {
    skipSpace()
    guard position < letters.count else { return nil }
    if letters[position] == "'" || letters[position] == "\"" { return quoted().map { .string($0) } }
    let start = position
    guard let text = word() else { return nil }
    switch text {
    case "None": return .null
    case "True": return .bool(true)
    case "False": return .bool(false)
    default: break
    }
    if let number = Double(text) { return .number(number) }
    position = start
    guard let index, let inner = self.call(depth: depth) else { return nil }
    call.nested[index] = inner
    return .null
  }

  /// Letters, digits and the signs that numbers have.
  private mutating func word() -> String? {
    skipSpace()
    let start = position
    while position < letters.count {
      let letter = letters[position]
      let isExponent =
        position > start && "+-".contains(letter) && "eE".contains(letters[position - 1])
        && letters[start].isNumber
      guard
        letter.isLetter || letter.isNumber || letter == "_" || letter == "." || isExponent
          || (position == start && (letter == "-" || letter == "+"))
      else { break }
      position += 1
    }
    return position > start ? String(letters[start..<position]) : nil
  }

  private mutating func quoted() -> String? {
    let mark = letters[position]
    guard let end = letters[(position + 1)...].firstIndex(of: mark) else { return nil }
    defer { position = end + 1 }
    return String(letters[(position + 1)..<end])
  }

  private mutating func accept(_ letter: Character) -> Bool {
    skipSpace()
    guard position < letters.count, letters[position] == letter else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < letters.count, letters[position].isWhitespace { position += 1 }
  }
}
