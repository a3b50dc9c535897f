import LogicMapping
import Testing

@testable import TricotCompiler

/// What Tricot maps to a part's primitives where nobody says.
@Suite struct DefaultLogicTests {
  private static let table = """
    graph 'tables'
      'x' Input [2] ufixed<2,2> = input
      'table' Activation [2] ufixed<3,1> = table('x')
        table 4 of ufixed<3,1> linear base 0 shift 0
          0 7 2 5
    """

  private func logic(_ network: String) throws -> LogicStyle {
    let options = CompilationOptions(model: "network.tricot")
    let compilation = Compilation(options, files: ["network.tricot": Array(network.utf8)])
    return try compilation.quantized.logic(options.hardware.logic)
  }

  @Test func `tables alone are mapped`() throws {
    #expect(try logic(Self.table + "\n  return 'table'\n") == .primitives)
  }

  @Test func `tables whose entries are added are not`() throws {
    let sum = "\n  'sum' Merge [2] ufixed<4,2> = add('table', 'x')\n  return 'sum'\n"
    #expect(try logic(Self.table + sum) == .expressions)
  }
}
