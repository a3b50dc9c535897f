import Diagnostics
import FixedPoint
import TextForm

/// A program as the words of its memory, in the text that `$readmemh` reads: the header in comments, then a word a line,
/// behind it what its lanes show.
package enum ProgramImage {
  /// Bits of a lane's field in a word.
  package static func fieldWidth(_ header: ProgramHeader) -> Int {
    header.arithmetic == .shiftAndAdd ? 2 : max(1, header.weights.bitWidth)
  }

  /// The image of a program.
  package static func text(of assembled: AssembledProgram) -> String {
    var writer = TextWriter()
    for line in assembled.headerLines { writer.line(comment + line) }
    writer.line("\(comment)LDI \(assembled.program.start)")
    for word in assembled.program.words {
      let shown = word.map { $0.shown }.joined(separator: " | ")
      writer.line("\(hex(word, assembled.header)) \(comment)\(shown)")
    }
    return writer.text
  }

  private static let comment = "// "

  /// A word in hexadecimal digits, lane 0 in the low bits.
  package static func hex(_ word: [LaneInstruction], _ header: ProgramHeader) -> String {
    let width = fieldWidth(header)
    var nibbles = [UInt8](repeating: 0, count: (word.count * width + 3) / 4)
    for (lane, instruction) in word.enumerated() {
      for bit in 0..<width where (instruction.factor >> bit) & 1 == 1 {
        let place = lane * width + bit
        nibbles[nibbles.count - 1 - place / 4] |= 1 << (place % 4)
      }
    }
    return nibbles.map { String($0, radix: 16) }.joined()
  }

  // MARK: - Reading

  /// The program that an image holds.
  ///
  /// - Throws: a `Diagnostic` with the line of what is no image, or no program for its processor.
  package static func program(of text: String, file: String) throws -> AssembledProgram {
    // The assembler checks it all once more, line by line as it stands here.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var head: [String] = []
    for line in lines {
      guard line.hasPrefix(comment) else { break }
      head.append(String(line.dropFirst(comment.count)))
    }
    guard let start = head.popLast(), start.hasPrefix("LDI ") else {
      throw malformed("expected a header in comments that ends with LDI", line: 1, file)
    }
    let header = try ProgramHeader(parsing: head.joined(separator: "\n") + "\n", file: file)
    var source = head + ["program", start]
    for (number, line) in lines.enumerated().dropFirst(head.count + 1) where !line.isEmpty {
      source.append(try instructions(line, header, number + 1, file))
    }
    source += ["SEND", "JMP 0", ""]
    return try AssembledProgram(assembling: source.joined(separator: "\n"), file: file)
  }

  private static func instructions(_ line: String, _ header: ProgramHeader, _ number: Int, _ file: String) throws
    -> String
  {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
    guard parts.count == 3, parts[1] == "//" else {
      throw malformed("expected a word and what its lanes show", line: number, file)
    }
    let width = fieldWidth(header)
    let digits = parts[0].utf8.map { byte in Character(Unicode.Scalar(byte)).hexDigitValue }
    guard digits.count == (header.lanes * width + 3) / 4, !digits.contains(nil) else {
      throw malformed(
        "expected \((header.lanes * width + 3) / 4) hexadecimal digits, found '\(parts[0].prefix(40))'",
        line: number,
        file
      )
    }
    let shown = parts[2].split(separator: "|", omittingEmptySubsequences: false)
    guard shown.count == header.lanes else {
      throw malformed("expected \(header.lanes) lanes, found \(shown.count)", line: number, file)
    }
    let texts = shown.enumerated().map { lane, operand -> String in
      var factor: Int64 = 0
      for bit in 0..<min(width, 64) {
        let place = lane * width + bit
        let digit = digits[digits.count - 1 - place / 4] ?? 0
        if (digit >> (place % 4)) & 1 == 1 { factor |= 1 << bit }
      }
      let isSigned = header.weights.lower < 0
      if isSigned && width < 64 && factor >> (width - 1) == 1 { factor -= 1 << width }
      return LaneInstruction.text(showing: operand.trimmed, factor: factor, header.arithmetic)
    }
    return texts.joined(separator: " | ")
  }

  private static func malformed(_ message: String, line: Int, _ file: String) -> Diagnostic {
    .error("malformed-text", message, at: Origin(file: file, place: "line \(line)"))
  }
}

extension LaneInstruction {
  /// What the lane shows: `x3`, `x3 << 2`, `-`.
  var shown: String {
    guard let operand else { return "-" }
    return "x\(operand)" + (shift == 0 ? "" : " << \(shift)")
  }

  /// The instruction that shows an operand and has a factor in its word.
  fileprivate static func text(showing operand: String, factor: Int64, _ arithmetic: ProcessorArithmetic) -> String {
    if operand == "-" { return "NOP" }
    switch arithmetic {
    case .multiply, .stepwise: return "MAC \(operand), \(factor)"
    case .shiftAndAdd: return (factor > 0 ? "ADD " : factor < 0 ? "SUB " : "SKIP ") + operand
    }
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
