import Diagnostics
import FixedPoint
import FixedPointIR
import Fuzzing
import TestSupport
import Testing

@Suite struct FixedPointGraphTextTests {
  private static let text = """
    graph 'kernels'
      inputs in float32
      inputs divided by [1.0, 2.0, 0.1, 1.0, 1.0, 1.0]
      'x' Input [2, 3] {3 fixed<4,2>, 3 ufixed<5,3,RND,SAT>} = input
      'node' 'no word' [3] fixed<12,6> = gather('x')
        sources [0:2 to 3, 0:3]
      'sum' Add [3] fixed<14,7,RND_CONV,SAT_SYM> = add('node', 'node') tensor 'other' build latency reuse 4 depth 2
      'table' Activation [3] ufixed<3,1> = table('sum')
        table 2 of ufixed<3,1> linear base -1 shift 4
          0 7
      'map' Conv1D [2, 1] fixed<9,5> = map('sum')
        domain [2]
        read [size 2 stride 1 dilation 1 before 1 along 0] padding -3/2^1
        graph 'kernel'
          'a' Input [2] fixed<16,9,TRN,SAT> = input
          'b' Dense [1] fixed<9,5> = dense('a')
            kernel [2, 1] grid -1
              3
              -4
            bias 5/2^2
            stepwise fixed<20,12> reuse 2
          return 'b'
      'scan' RNN [3, 2] fixed<8,4> = scan('table')
        steps 3 backward returning all
        state [1, -1]
        graph 'cell'
          'h' Input [2] fixed<8,4> = input
          'slice' Input [1] ufixed<3,1> = input
          'next' Gather [2] fixed<8,4> = gather('slice', 'h')
            sources [0:0, 1:0]
          'result' ReLU [2] fixed<8,4> = relu('h')
          return 'next', 'result'
      return 'scan', 'map'

    """

  @Test func `a graph is read and printed as it was`() throws {
    let graph = try FixedPointGraph(parsing: Self.text, file: "g.tricot")
    #expect(graph.description == Self.text)
    #expect(graph.nodes[1].origin == Origin(file: "g.tricot", place: "line 5, column 3"))
    #expect(graph.nodes[2].implementation == ImplementationChoice(strategy: .latency, reuseFactor: 4, extraDepth: 2))
    #expect(graph[graph.nodes[2].output].name == "other")
    #expect(graph.inputConversion == InputConversion(isSinglePrecision: true, divisors: [1, 2, 0.1, 1, 1, 1]))
  }

  /// The same text, and the same bits on random inputs.
  private func expectRoundTrip(_ graph: FixedPointGraph, _ random: inout RandomFixedPointGraph) throws {
    let text = graph.description
    let read = try FixedPointGraph(parsing: text, file: "random")
    #expect(read.description == text)
    #expect(read.tensors == graph.tensors && read.outputs == graph.outputs)
    #expect(read.nodes.map(\.implementation) == graph.nodes.map(\.implementation))
    let (before, after) = (FixedPointEvaluator(graph), FixedPointEvaluator(read))
    for _ in 0..<4 {
      let event = random.inputs(for: graph)
      let (expected, found) = (before.evaluate(event), after.evaluate(event))
      #expect(expected.raw == found.raw)
      #expect(expected.overflows == found.overflows)
    }
  }

  @Test(arguments: 0..<10) func `random graphs come back`(block: Int) throws {
    var words: Set<String> = []
    var count = 0
    for seed in block * 40..<(block + 1) * 40 {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      random.maximumWidth = seed % 4 == 0 ? 30 : 10
      var graph = random.graph(layers: 6)
      guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { continue }
      let last = graph.nodes.count - 1
      graph.nodes[last].implementation = ImplementationChoice(
        strategy: ImplementationChoice.Strategy.allCases[seed % 4],
        reuseFactor: seed % 5
      )
      try expectRoundTrip(graph, &random)
      words.formUnion(graph.nodes.map(\.operation.kind.rawValue))
      count += 1
    }
    #expect(count >= 30)
    #expect(words == Set(FixedOperation.Kind.allCases.map(\.rawValue)), "not every operation was tried")
  }

  private static let mistakes: [(old: String, new: String, message: String, place: String)] = [
    ("graph 'kernels'", "grape 'kernels'", "expected 'graph', found 'grape'", "line 1, column 1"),
    ("{3 fixed<4,2>", "{2 fixed<4,2>", "5 types for 6 elements", "line 4, column 20"),
    ("{3 fixed<4,2>", "{99999999 fixed<4,2>", "more types than the 6 elements there are", "line 4, column 21"),
    ("[2, 3] {", "[4000000, 4000000] {", "a shape of more than 4194304 elements", "line 4, column 13"),
    ("gather('x')", "gatter('x')", "expected an operation, found 'gatter'", "line 5, column 38"),
    (
      "[0:2 to 3, 0:3]", "[0:2 to 999999, 0:3]", "sources for more than the 3 elements there are, or none",
      "line 6, column 14"
    ),
    ("reuse 4", "reuse four", "expected a reuse factor, found 'four'", "line 7, column 103"),
    ("build latency", "build lazily", "expected a strategy, found 'lazily'", "line 7, column 89"),
    ("0 7\n", "0 7 1\n", "expected the end of the line, found '1'", "line 10, column 11"),
    ("0 7\n", "0\n", "expected entry 2 of 2, found '''", "line 11, column 3"),
    ("      3\n", "      3 3 3\n", "expected the end of the line, found '3'", "line 18, column 15"),
    ("grid -1", "grid -5000", "expected fraction bits from -1024 to 1024, found -5000", "line 17, column 28"),
    (
      "state [1, -1]", "state [1, 9223372036854775808]",
      "expected an integer, found '9223372036854775808', which is no integer of 64 bits", "line 25, column 15"
    ),
    ("'slice' Input", "'h' Input", "two layers are called 'h'", "line 28, column 7"),
    ("return 'scan'", "return 'b'", "no layer before this one is called 'b'", "line 33, column 10"),
    ("padding -3/2^1", "padding -3/3^1", "expected the end of the line, found '/'", "line 13, column 66"),
  ]

  @Test(arguments: mistakes.indices) func `a mistake is named with its place`(index: Int) throws {
    let mistake = Self.mistakes[index]
    try #require(Self.text.contains(mistake.old))
    let text = Self.text.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
    let diagnostic = #expect(throws: Diagnostic.self) { try FixedPointGraph(parsing: text, file: "g.tricot") }
    #expect(diagnostic?.message.description == mistake.message)
    #expect(diagnostic?.origin == Origin(file: "g.tricot", place: mistake.place))
  }

  @Test func `what the verifier refuses is named with its line`() throws {
    let text = Self.text.replacing("linear base -1 shift 4", with: "leading 2 of 14")
    let diagnostic = #expect(throws: Diagnostic.self) { try FixedPointGraph(parsing: text, file: "g.tricot") }
    #expect(diagnostic?.origin == Origin(file: "g.tricot", place: "line 8, column 3"))
  }

  @Test func `kernels in kernels have an end`() throws {
    let text = String(repeating: "graph 'g'\n'm' Map [1] fixed<4,2> = map\ndomain [1]\n", count: 100_000)
    let diagnostic = #expect(throws: Diagnostic.self) { try FixedPointGraph(parsing: text, file: "deep") }
    #expect(diagnostic?.message.description == "kernels stand at most 8 deep")
  }

  @Test(arguments: 0..<1500 as Range<UInt64>) func `damaged text does no harm`(seed: UInt64) throws {
    var random = RandomFixedPointGraph(seed: seed % 100)
    var generator = SeededGenerator(seed: seed)
    let damaged = FileDamage.slight(
      to: (seed % 3 == 0 ? Self.text : random.graph(layers: 4).description),
      using: &generator
    )
    do {
      let graph = try FixedPointGraph(parsing: damaged, file: "damaged")
      #expect(try FixedPointGraph(parsing: graph.description, file: "again").description == graph.description)
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.origin != nil)
    }
  }
}
