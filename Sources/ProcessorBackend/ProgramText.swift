import FixedPoint
import TextForm

/// The text form of programs: what the assembler reads and the disassembler writes.
extension AssembledProgram: CustomStringConvertible {
  package var description: String {
    var writer = TextWriter()
    for line in headerLines { writer.line(line) }
    writer.line("program")
    writer.indented { writer in
      writer.line("LDI \(program.start)")
      for word in program.words {
        writer.line(word.map { $0.text(header.arithmetic) }.joined(separator: " | "))
      }
      writer.line("SEND")
      writer.line("JMP 0")
    }
    return writer.text
  }

  /// The processor that the program is for.
  var headerLines: [String] {
    ["processor \(program.name.quotedName)", "arithmetic \(header.arithmetic.text)"]
      + header.operands.map { "operands \($0.count) \($0.type) in \($0.range)" }
      + [
        "lanes \(header.lanes)", "weights \(header.weights) fraction \(header.weightFractionBits)",
        "accumulator \(header.accumulator)", "finish \(header.finish.quotedName)",
      ]
  }
}

extension ProcessorArithmetic {
  var text: String {
    switch self {
    case .multiply: "multiply"
    case .shiftAndAdd: "shift_and_add"
    case .stepwise(let type): "stepwise \(type)"
    }
  }
}

extension LaneInstruction {
  /// The instruction as its mnemonic: `MAC x3, -25`, `ADD x3 << 2`, `NOP`.
  func text(_ arithmetic: ProcessorArithmetic) -> String {
    guard let operand else { return "NOP" }
    switch arithmetic {
    case .multiply, .stepwise: return "MAC x\(operand), \(factor)"
    case .shiftAndAdd:
      // An operand that is shown to the neighbours only.
      let name = factor > 0 ? "ADD" : factor < 0 ? "SUB" : "SKIP"
      return "\(name) x\(operand)" + (shift == 0 ? "" : " << \(shift)")
    }
  }

  /// The mnemonic alone.
  func mnemonic(_ arithmetic: ProcessorArithmetic) -> String {
    String(text(arithmetic).prefix { $0 != " " })
  }
}
