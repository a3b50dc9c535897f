import Diagnostics
import FixedPoint
import TextForm

extension AssembledProgram {
  /// Assembles a program's text.
  ///
  /// - Throws: a `Diagnostic` with line and reason for whatever no processor of that kind can do: unknown words, operands
  ///   and factors outside, jumps outside, sums that the accumulator cannot hold.
  package init(assembling text: String, file: String) throws {
    var assembler = Assembler(scanner: TextScanner(text, file: file))
    self = try assembler.program()
  }
}

extension ProgramHeader {
  /// The header of a program's text alone.
  init(parsing text: String, file: String) throws {
    var assembler = Assembler(scanner: TextScanner(text, file: file))
    _ = try assembler.scanner.field("processor") { try $0.name() }
    self = try assembler.header()
  }
}

/// Reads programs line by line.
private struct Assembler {
  var scanner: TextScanner

  mutating func program() throws -> AssembledProgram {
    let name = try scanner.field("processor") { try $0.name() }
    let header = try header()
    try scanner.expectWord("program")
    try scanner.endLine()
    var program = ProcessorProgram(name: name, start: 0, words: [])
    program.start = try scanner.field("LDI") { scanner in
      let start = scanner.mark
      let value: Int128 = try scanner.integer("what the accumulator starts from")
      let type = header.accumulator
      guard Interval(type.minimumRaw, type.maximumRaw).contains(value) else {
        throw scanner.error("\(value) lies outside the accumulator, \(type)", at: start)
      }
      return value
    }
    var lines: [TextScanner.Mark] = []
    while !scanner.isAtWord("SEND") {
      guard !scanner.isAtEnd else { throw scanner.error("the program has no SEND") }
      lines.append(scanner.mark)
      program.words.append(try word(header))
    }
    guard !program.words.isEmpty else { throw scanner.error("the program has no instruction before SEND") }
    let end = scanner.mark
    try scanner.expectWord("SEND")
    try scanner.endLine()
    try jump(length: program.words.count + 2)
    guard scanner.isAtEnd else {
      throw scanner.error("nothing may follow the program's end, found \(scanner.nextText)")
    }
    try checkSum(program, header, at: end)
    return AssembledProgram(header: header, program: program)
  }

  // MARK: - Header

  mutating func header() throws -> ProgramHeader {
    let arithmetic = try scanner.field("arithmetic") { scanner -> ProcessorArithmetic in
      if scanner.acceptsWord("multiply") { return .multiply }
      if scanner.acceptsWord("shift_and_add") { return .shiftAndAdd }
      if scanner.acceptsWord("stepwise") { return .stepwise(try scanner.type()) }
      throw scanner.error("expected multiply, shift_and_add or stepwise, found \(scanner.nextText)")
    }
    var operands: [ProgramHeader.Operands] = []
    while scanner.isAtWord("operands") {
      operands.append(
        try scanner.field("operands") { scanner in
          let count: Int = try scanner.integer("how many operands", in: 1...1_000_000)
          let type = try scanner.type()
          try scanner.expectWord("in")
          let start = scanner.mark
          let range = try scanner.interval()
          guard Interval(type.minimumRaw, type.maximumRaw).contains(range) else {
            throw scanner.error("\(range) lies outside \(type)", at: start)
          }
          return ProgramHeader.Operands(count: count, type: type, range: range)
        }
      )
    }
    let lanes: Int = try scanner.field("lanes") { try $0.integer("how many lanes", in: 1...100_000) }
    let (weights, fraction) = try scanner.field("weights") { scanner -> (Interval, Int) in
      let weights = try scanner.interval()
      try scanner.expectWord("fraction")
      return (weights, try scanner.integer("fraction bits", in: -1024...1024))
    }
    let accumulator = try scanner.field("accumulator") { try $0.type() }
    let finish = try scanner.field("finish") { try $0.name() }
    return ProgramHeader(
      arithmetic: arithmetic,
      operands: operands,
      lanes: lanes,
      weights: weights,
      weightFractionBits: fraction,
      accumulator: accumulator,
      finish: finish
    )
  }

  // MARK: - Instructions

  private mutating func word(_ header: ProgramHeader) throws -> [LaneInstruction] {
    let start = scanner.mark
    var word: [LaneInstruction] = []
    repeat { word.append(try instruction(header)) } while scanner.accepts("|")
    guard word.count == header.lanes else {
      throw scanner.error("expected \(header.lanes) instructions side by side, found \(word.count)", at: start)
    }
    try scanner.endLine()
    return word
  }

  private mutating func instruction(_ header: ProgramHeader) throws -> LaneInstruction {
    let start = scanner.mark
    let name = try scanner.word("an instruction")
    switch name {
    case "NOP": return .idle
    case "MAC" where header.arithmetic != .shiftAndAdd:
      let operand = try operand(header)
      try scanner.expect(",")
      let place = scanner.mark
      let factor: Int64 = try scanner.integer("a weight")
      guard header.weights.contains(Int128(factor)) else {
        throw scanner.error("the weight \(factor) lies outside \(header.weights)", at: place)
      }
      return LaneInstruction(operand: operand, factor: factor)
    case "ADD" where header.arithmetic == .shiftAndAdd, "SUB" where header.arithmetic == .shiftAndAdd,
      "SKIP" where header.arithmetic == .shiftAndAdd:
      let operand = try operand(header)
      let shift: Int = scanner.accepts("<<") ? try scanner.integer("places to shift by", in: 1...63) : 0
      return LaneInstruction(operand: operand, shift: shift, factor: name == "ADD" ? 1 : name == "SUB" ? -1 : 0)
    case "MAC", "ADD", "SUB", "SKIP":
      throw scanner.error("a processor that computes by \(header.arithmetic.text) has no \(name)", at: start)
    case "LDI": throw scanner.error("LDI stands before all other instructions", at: start)
    case "JMP": throw scanner.error("JMP stands behind SEND only: every instruction takes its cycle", at: start)
    default: throw scanner.error("'\(name)' is no instruction", at: start)
    }
  }

  private mutating func operand(_ header: ProgramHeader) throws -> Int {
    let start = scanner.mark
    let word = try scanner.word("an operand such as x0")
    guard word.first == "x", let number = Int(word.dropFirst()) else {
      throw scanner.error("expected an operand such as x0, found '\(word)'", at: start)
    }
    guard number >= 0 && number < header.operandCount else {
      let last = header.operandCount - 1
      let known = last < 0 ? "the processor has none" : "the last one is x\(last)"
      throw scanner.error("there is no operand x\(number): \(known)", at: start)
    }
    return number
  }

  private mutating func jump(length: Int) throws {
    guard scanner.isAtWord("JMP") else { return }
    try scanner.expectWord("JMP")
    let start = scanner.mark
    let target: Int = try scanner.integer("where to jump")
    guard target >= 0 && target < length else {
      throw scanner.error("the jump to \(target) leaves the program of \(length) instructions", at: start)
    }
    guard target == 0 else {
      throw scanner.error("a program starts again at 0: a jump to \(target) would skip the start value", at: start)
    }
    try scanner.endLine()
  }

  // MARK: - The sum

  private func checkSum(_ program: ProcessorProgram, _ header: ProgramHeader, at mark: TextScanner.Mark) throws {
    guard let sum = program.sum(header) else { return }
    let type = header.accumulator
    guard !Interval(type.minimumRaw, type.maximumRaw).contains(sum) else { return }
    throw scanner.error("the sum can be anything in \(sum), which the accumulator, \(type), cannot hold", at: mark)
  }
}

extension ProcessorProgram {
  /// Every sum that can come about, on the accumulator's grid; nil where the accumulator quantises each step.
  package func sum(_ header: ProgramHeader) -> Interval? {
    if case .stepwise = header.arithmetic { return nil }
    let places = header.accumulator.fractionBits - header.laneFractionBits - header.weightFractionBits
    // Digits of one weight are one weight: their operand is the same number.
    var factors = [Int128](repeating: 0, count: header.operandCount)
    for instruction in words.joined() {
      guard let operand = instruction.operand, operand < factors.count else { continue }
      factors[operand] += Int128(instruction.factor) << instruction.shift
    }
    return factors.enumerated().reduce(Interval(start)) { sum, factor in
      guard let range = header.range(of: factor.offset) else { return sum }
      return sum + range.scaled(by: factor.element).shifted(by: places)
    }
  }
}
