import Diagnostics
import FixedPoint
import NetlistIR
import TestSupport
import Testing
import TextForm

@Suite struct NetlistTextTests {
  /// Every kind of line.
  private static let text = """
    netlist 'small \\'net\\''
    input 0 'x' [0] fixed<4,2>
    input 1 'x' [1] ufixed<3,3,RND,SAT>
    rom 0 'squares' [0, 1, 4, 9, 16, 25, 36, 49]
    layer 0 'inputs' Input
    layer 1 'sum of two' 'no word'
    values of layer 0
      %0 = input 0 in [-8, 7] for [0]
      %1 = input 1 in [0, 7] for [1]
    values of layer 1
      %2 = (%0 << 3) - %1 in [-71, 56]
      %3 = rom 0[%1] in [0, 49]
      %4 = %2 < %3 in [0, 1]
      %5 = %4 ? %2 : %3 in [-71, 56]
      %6 = clamp %5 to [-16, 15] in [-16, 15] for [0]
      %7 = bits %2 from 1 width 3 in [0, 7]
      %8 = wrap %2 to signed 4 in [-8, 7]
      %9 = !%4 in [0, 1]
      %10 = -7 in [-7, -7]
      %11 = %0 + (%10 << 2) in [-36, -21]
    values of layer 0
      %12 = %0 * %11 in [-252, 288]
      %13 = %12 >> 2 in [-63, 72]
      %14 = %9 & %4 in [0, 1]
      %15 = %14 | %4 in [0, 1]
      %16 = %3 == %15 in [0, 1]
      %17 = %13 << 1 in [-126, 144]
      %18 = accumulate %17 + %0 * %1 from 2 << 2 in [-190, 208]
    output 'y' [0] fixed<5,5> = %6
    output 'y' [1] fixed<0,0> = %19

    """

  private static let small = text.replacing("output 'y' [1] fixed<0,0> = %19\n", with: "")

  @Test func `every line is read and printed as it was`() throws {
    let netlist = try Netlist(parsing: Self.small, file: "small.netlist")
    #expect(netlist.description == Self.small)
    #expect(netlist.values.count == 19)
    #expect(netlist.scopes[1] == NetlistScope(name: "sum of two", kind: "no word"))
    #expect(netlist.name == "small 'net'")
    #expect(netlist.inputs[1].type.overflow == .saturate)
  }

  @Test func `comments, blank lines and blanks are skipped`() throws {
    let text = "# a comment\n\n" + Self.small.replacing(" = ", with: "  =\t").replacing("\n", with: " # more\r\n\n")
    #expect(try Netlist(parsing: text, file: "n").description == Self.small)
  }

  @Test(arguments: 0..<80 as Range<UInt64>)
  func `random netlists come back`(seed: UInt64) throws {
    var random = RandomNetlist(seed: seed, events: 5)
    for _ in 0..<150 { random.step() }
    let netlist = random.finish().netlist
    let parsed = try Netlist(parsing: netlist.description, file: "random")
    #expect(parsed.description == netlist.description)
    #expect(parsed.values == netlist.values)
    #expect(parsed.roms == netlist.roms && parsed.inputs == netlist.inputs && parsed.scopes == netlist.scopes)
    #expect(parsed.outputs.map(\.value) == netlist.outputs.map(\.value))
    #expect(parsed.outputs.map(\.port) == netlist.outputs.map(\.port))
  }

  private static let mistakes: [(old: String, new: String, place: String)] = [
    ("netlist", "netlisp", "line 1, column 1"),
    ("'small \\'net\\''", "'small", "line 1, column 9"),
    ("'small \\'net\\''", "'\\n'", "line 1, column 10"),
    ("fixed<4,2>", "fixed<4000,2>", "line 2, column 17"),
    ("fixed<4,2>", "fixed<4,2", "line 2, column 17"),
    ("input 1 'x'", "input 2 'x'", "line 3, column 7"),
    ("[0, 1, 4,", "[0, 1, 99999999999999999999,", "line 4, column 24"),
    ("[0, 1, 4,", "[0, 1 4,", "line 4, column 23"),
    ("values of layer 1", "values of layer 7", "line 10, column 17"),
    ("(%0 << 3)", "(%9 << 3)", "line 11, column 9"),
    ("(%0 << 3)", "(%0 << 300)", "line 11, column 15"),
    ("(%0 << 3)", "(%99999999999999 << 3)", "line 11, column 10"),
    ("%3 = rom 0[%1]", "%4 = rom 0[%1]", "line 12, column 4"),
    ("%3 = rom 0[%1]", "%3 = rom 1[%1]", "line 12, column 3"),
    ("%3 = rom 0[%1]", "%3 = rom 0[%0]", "line 12, column 3"),
    ("%4 ? %2", "%2 ? %2", "line 14, column 3"),
    ("clamp", "clump", "line 15, column 8"),
    ("to [-16, 15]", "to [16, 15]", "line 15, column 20"),
    ("in [-16, 15]", "in [-16, 14]", "line 15, column 3"),
    ("width 3", "width 121", "line 16, column 29"),
    ("signed 4", "signed 250", "line 17, column 26"),
    ("= -7", "= -7e3", "line 19, column 9"),
    ("= -7", "= 340282366920938463463374607431768211456", "line 19, column 9"),
    (
      "= -7 in [-7, -7]", "= 1329227995784915872903807060280344576 in [1, 1329227995784915872903807060280344576]",
      "line 19, column 3"
    ),
    ("%0 * %11", "%0 / %11", "line 22, column 12"),
    ("%0 * %11", "(%0 << 1) * %11", "line 22, column 9"),
    ("for [1]", "for [-1]", "line 9, column 31"),
    ("in [0, 7] for [1]", "in [0, 7] for [1] more", "line 9, column 34"),
    ("fixed<5,5> = %6", "fixed<5,5> = %19", "line 29, column 29"),
    ("fixed<5,5> = %6", "fixed<4,4> = %6", "line 15, column 3"),
    ("output", "outputs", "line 29, column 1"),
    ("from 2 <<", "from 200 <<", "line 28, column 39"),
  ]

  @Test(arguments: mistakes.indices)
  func `a mistake is named with its place`(index: Int) {
    let mistake = Self.mistakes[index]
    #expect(Self.small.contains(mistake.old))
    let text = Self.small.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
    let diagnostic = #expect(throws: Diagnostic.self) { try Netlist(parsing: text, file: "small.netlist") }
    #expect(diagnostic?.code == "malformed-text")
    #expect(diagnostic?.origin?.file == "small.netlist")
    #expect(diagnostic?.origin?.place == mistake.place, "\(mistake.new): \(diagnostic?.message ?? "")")
  }

  @Test func `undefined outputs are refused`() {
    #expect(throws: Diagnostic.self) { try Netlist(parsing: Self.text, file: "n") }
  }

  /// Bytes left out, doubled, exchanged: whatever is still a netlist prints itself, everything else is a diagnostic.
  @Test(arguments: 0..<2000 as Range<UInt64>)
  func `damaged text does no harm`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let damaged = FileDamage.slight(to: Self.small, using: &generator)
    do {
      let netlist = try Netlist(parsing: damaged, file: "damaged")
      #expect(try Netlist(parsing: netlist.description, file: "again").description == netlist.description)
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.origin?.place != nil)
    }
  }
}
