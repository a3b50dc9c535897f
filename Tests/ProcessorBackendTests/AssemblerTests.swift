import Diagnostics
import FixedPointIR
import Fuzzing
import ProcessorBackend
import Testing

@Suite struct AssemblerTests {
  /// A program that every error below is a change of.
  static let source = """
    processor 'sum'
    arithmetic multiply
    operands 2 fixed<8,4,TRN,WRAP,0> in [-128, 127]
    operands 1 ufixed<6,2,TRN,WRAP,0> in [0, 63]
    lanes 1
    weights [-8, 7] fraction 2
    accumulator fixed<13,7,TRN,WRAP,0>
    finish 'requantize fixed<8,4>'
    program
      LDI -5
      MAC x0, 7
      NOP
      MAC x1, -8
      MAC x2, 3
      SEND
      JMP 0

    """

  @Test func `a program is read back to the byte, as text and as words`() throws {
    let program = try AssembledProgram(assembling: Self.source, file: "sum.pasm")
    #expect(program.description == Self.source)
    #expect(program.program.words.map { $0[0].factor } == [7, 0, -8, 3])
    let image = ProgramImage.text(of: program)
    #expect(image.contains("\n7 // x0\n0 // -\n8 // x1\n3 // x2\n"))
    let again = try ProgramImage.program(of: image, file: "sum.hex")
    #expect(again == program)
    #expect(ProgramImage.text(of: again) == image)
  }

  @Test(arguments: [
    ("MAC x0, 7", "MUL x0, 7", "line 11", "'MUL' is no instruction"),
    ("MAC x0, 7", "ADD x0", "line 11", "a processor that computes by multiply has no ADD"),
    ("MAC x2, 3", "MAC x3, 3", "line 14", "there is no operand x3: the last one is x2"),
    ("MAC x2, 3", "MAC y2, 3", "line 14", "expected an operand such as x0, found 'y2'"),
    ("MAC x1, -8", "MAC x1, -9", "line 13", "the weight -9 lies outside [-8, 7]"),
    ("LDI -5", "LDI 5000", "line 10", "5000 lies outside the accumulator, fixed<13,7,TRN,WRAP,0>"),
    ("LDI -5", "LDI 4000", "line 15", "the sum can be anything in [2088, 6102], which the accumulator"),
    ("JMP 0", "JMP 9", "line 16", "the jump to 9 leaves the program of 6 instructions"),
    ("JMP 0", "JMP 2", "line 16", "would skip the start value"),
    ("NOP", "JMP 0", "line 12", "JMP stands behind SEND only"),
    ("NOP", "LDI 3", "line 12", "LDI stands before all other instructions"),
    ("NOP", "NOP | NOP", "line 12", "expected 1 instructions side by side, found 2"),
    ("  SEND\n", "", "line 15", "JMP stands behind SEND only"),
    ("lanes 1", "lanes none", "line 5", "expected how many lanes"),
    ("arithmetic multiply", "arithmetic magic", "line 2", "expected multiply, shift_and_add or stepwise"),
    ("in [0, 63]", "in [0, 64]", "line 4", "[0, 64] lies outside ufixed<6,2,TRN,WRAP,0>"),
  ])
  func `a bad program is an error with its line and its reason`(
    old: String,
    new: String,
    line: String,
    reason: String
  ) throws {
    let text = Self.source.replacing(old, with: new)
    try #require(text != Self.source)
    let error = try #require(throws: Diagnostic.self) { _ = try AssembledProgram(assembling: text, file: "bad.pasm") }
    #expect("\(error.message)".contains(reason), "\(error.message)")
    #expect(error.origin?.place?.hasPrefix("\(line),") == true, "\(error.origin?.place ?? "")")
  }

  @Test func `every program of random machines is read back`() throws {
    var programs = 0
    for seed in 0..<60 {
      for isMultiplierless in [false, true] {
        guard let plan = try RandomMachine.plan(seed: UInt64(seed), isMultiplierless: isMultiplierless) else {
          continue
        }
        for program in plan.programs {
          programs += 1
          let text = program.description
          let assembled = try AssembledProgram(assembling: text, file: "random")
          #expect(assembled == program)
          #expect(assembled.description == text)
          let image = ProgramImage.text(of: program)
          #expect(try ProgramImage.program(of: image, file: "random") == program)
        }
      }
    }
    #expect(programs > 200)
  }

  @Test func `damaged texts and images are refused, never trapped on`() throws {
    let image = ProgramImage.text(of: try AssembledProgram(assembling: Self.source, file: "sum.pasm"))
    var generator = SeededGenerator(seed: 7)
    var refused = 0
    for _ in 0..<2000 {
      for (text, read) in [
        (Self.source, { _ = try AssembledProgram(assembling: $0, file: "damaged") }),
        (image, { _ = try ProgramImage.program(of: $0, file: "damaged") }),
      ] as [(String, (String) throws -> Void)] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let place = Int.random(in: bytes.indices, using: &generator)
          switch Int.random(in: 0...2, using: &generator) {
          case 0: bytes[place] = UInt8.random(in: 9...126, using: &generator)
          case 1: bytes.remove(at: place)
          default: bytes.insert(UInt8.random(in: 32...57, using: &generator), at: place)
          }
        }
        do { try read(String(decoding: bytes, as: UTF8.self)) } catch is Diagnostic { refused += 1 }
      }
    }
    #expect(refused > 1000)
  }
}
