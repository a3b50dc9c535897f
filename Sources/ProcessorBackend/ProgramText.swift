import FixedPoint
import TextForm

/// The text form of programs: what the assembler reads and the disassembler writes.
extension AssembledProgram: CustomStringConvertible {
  package var description: String {
    var writer = TextWriter()
    writer.line("processor \(program.name.quotedName)")
    writer.line("arithmetic \(header.arithmetic.text)")
    for run in header.operands { writer.line("operands \(run.count) \(run.type) in \(run.range)") }
    writer.line("lanes \(header.lanes)")
    writer.line("weights \(header.weights) fraction \(header.weightFractionBits)")
    writer.line("accumulator \(header.accumulator)")
    writer.line("finish \(header.finish.quotedName)")
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
