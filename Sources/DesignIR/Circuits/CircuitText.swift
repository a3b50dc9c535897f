import Diagnostics
import NetlistIR
import TextForm

extension Circuit: CustomStringConvertible {
  /// The circuit as text: its netlist with the stage of every value; ``init(parsing:file:)`` makes the same of it.
  package var description: String {
    "circuit latency \(latency) period \(clockPeriod) delay \(worstStageDelay)\n" + netlist.text { " @ \(stages[$0])" }
  }

  /// The longest pipeline that a text may describe.
  private static let maximumLatency = 1 << 20

  /// Reads a circuit in the form of ``description``.
  ///
  /// - Throws: a ``Diagnostic`` with the line of whatever is malformed or not well formed.
  package init(parsing text: String, file: String) throws {
    var scanner = TextScanner(text, file: file)
    try self.init(parsing: &scanner)
    guard scanner.isAtEnd else { throw scanner.error("expected the end of the circuit, found \(scanner.nextText)") }
  }

  /// Reads a circuit up to the first line that belongs to none.
  package init(parsing scanner: inout TextScanner) throws {
    let start = scanner.mark
    try scanner.expectWord("circuit")
    try scanner.expectWord("latency")
    let latency = try scanner.integer("a latency", in: 1...Self.maximumLatency)
    try scanner.expectWord("period")
    let mark = scanner.mark
    let period: Double = try scanner.number("a clock period")
    guard period > 0 else { throw scanner.error("a clock period is positive", at: mark) }
    try scanner.expectWord("delay")
    let delay = try scanner.integer("a delay in picoseconds", in: 0...Int(Int32.max))
    try scanner.endLine()
    var stages: [Int32] = []
    let netlist = try Netlist(parsing: &scanner) { line in
      try line.expect("@")
      stages.append(try line.integer("a stage", in: 0...Int32(latency - 1)))
    }
    self.init(netlist: netlist, stages: stages, latency: latency, clockPeriod: period, worstStageDelay: delay)
    do {
      try CircuitVerifier.verify(self)
    } catch let defect as CircuitDefect {
      throw scanner.error(defect.description, at: start)
    }
  }
}
