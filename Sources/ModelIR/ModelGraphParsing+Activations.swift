import TextForm

extension ActivationFunction {
  /// Reads the fields that the text form gives a function.
  init(_ kind: ActivationKind, fieldsFrom scanner: inout TextScanner) throws {
    self = kind.standard
    var fields = ActivationFieldReader(scanner: scanner)
    try visitParameters(&fields)
    scanner = fields.scanner
  }
}

/// Reads a line for each parameter.
private struct ActivationFieldReader: ActivationParameterVisitor {
  var scanner: TextScanner

  mutating func number(_ name: StaticString, _ value: inout Double) throws {
    value = try scanner.field(name) { try $0.number() }
  }

  mutating func number(_ name: StaticString, label: String, unlessZero value: inout Double) throws {
    value = try scanner.optionalField(name) { try $0.number() } ?? 0
  }

  mutating func number(_ name: StaticString, ifAny value: inout Double?) throws {
    value = try scanner.optionalField(name) { try $0.number() }
  }

  mutating func tensor(_ name: StaticString, _ value: inout ParameterTensor) throws { value = try scanner.tensor(name) }

  mutating func axis(_ value: inout Int) throws { value = try scanner.field("axis") { try $0.axis() } }
}
