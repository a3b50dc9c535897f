import Diagnostics
import FixedPoint
import TextForm

extension Netlist {
  /// Reads a netlist in the form of ``description``.
  ///
  /// - Throws: a ``Diagnostic`` with the line of whatever is malformed, not defined, out of order or not well formed.
  package init(parsing text: String, file: String) throws {
    var scanner = TextScanner(text, file: file)
    try self.init(parsing: &scanner) { _ in }
    guard scanner.isAtEnd else { throw scanner.error("expected the end of the netlist, found \(scanner.nextText)") }
  }

  /// Reads a netlist up to the first line that belongs to none.
  ///
  /// - Parameter suffix: reads what stands on the line of a value after its interval and element.
  package init(parsing scanner: inout TextScanner, suffix: (inout TextScanner) throws -> Void) throws {
    let start = scanner.mark
    try scanner.expectWord("netlist")
    self.init(name: try scanner.name())
    try scanner.endLine()
    while scanner.acceptsWord("input") {
      try scanner.expectIndex(inputs.count, of: "inputs")
      inputs.append(try NetlistPort(parsing: &scanner))
      try scanner.endLine()
    }
    while scanner.acceptsWord("rom") {
      try scanner.expectIndex(roms.count, of: "ROMs")
      let name = try scanner.name()
      roms.append(Rom(name: name, entries: try scanner.list { try $0.integer("an entry") }))
      try scanner.endLine()
    }
    while scanner.acceptsWord("layer") {
      try scanner.expectIndex(scopes.count, of: "layers")
      let name = try scanner.name()
      scopes.append(NetlistScope(name: name, kind: try scanner.kind()))
      try scanner.endLine()
    }
    var marks: [TextScanner.Mark] = []
    while scanner.acceptsWord("values") {
      try scanner.expectWord("of")
      try scanner.expectWord("layer")
      let mark = scanner.mark
      let scope: Int = try scanner.integer("the number of a layer")
      guard scopes.indices.contains(scope) else { throw scanner.error("there is no layer \(scope)", at: mark) }
      try scanner.endLine()
      while scanner.isAt("%") {
        marks.append(scanner.mark)
        try scanner.expect("%")
        try scanner.expectIndex(values.count, of: "values")
        try scanner.expect("=")
        values.append(try NetlistValue(parsing: &scanner, scope: ScopeID(scope), valueCount: values.count))
        try suffix(&scanner)
        try scanner.endLine()
      }
    }
    while scanner.acceptsWord("output") {
      let port = try NetlistPort(parsing: &scanner)
      try scanner.expect("=")
      outputs.append((port, try ValueID(parsing: &scanner, valueCount: values.count)))
      try scanner.endLine()
    }
    do {
      try NetlistVerifier.verify(self)
    } catch let defect as NetlistDefect {
      throw scanner.error(defect.description, at: defect.value.map { marks[$0.index] } ?? start)
    }
  }
}

extension NetlistPort {
  /// Reads a port in the form of ``description``.
  package init(parsing scanner: inout TextScanner) throws {
    let tensor = try scanner.name()
    try scanner.expect("[")
    let element = try scanner.integer("an element", in: 0...Int.max)
    try scanner.expect("]")
    let type = try scanner.type()
    let range = scanner.acceptsWord("in") ? try scanner.interval() : nil
    self.init(tensor: tensor, element: element, type: type, range: range)
  }
}

extension NetlistValue {
  /// Reads what follows the equals sign, in the form of ``description``.
  package init(parsing scanner: inout TextScanner, scope: ScopeID, valueCount: Int) throws {
    let instruction = try Instruction(parsing: &scanner, valueCount: valueCount)
    try scanner.expectWord("in")
    let range = try scanner.interval()
    var element: Int32 = -1
    if scanner.acceptsWord("for") {
      try scanner.expect("[")
      element = try scanner.integer("an element", in: 0...Int32.max)
      try scanner.expect("]")
    }
    self.init(instruction: instruction, range: range, scope: scope, element: element)
  }
}
