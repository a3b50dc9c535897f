import Diagnostics
import FixedPointIR
import Fuzzing
import Lowering
import TestSupport
import Testing
import TextForm
import TricotCompiler

/// A verifier after every pass, on the road from random networks to netlists.
@Suite struct PassTraceTests {
  @Test(arguments: 0..<30 as Range<UInt64>) func `every pass leaves a form that its verifier takes`(seed: UInt64) throws
  {
    var random = RandomFixedPointGraph(seed: seed)
    var graph = random.graph(layers: 5)
    guard (try? FixedPointGraphVerifier.verify(graph)) != nil else { return }
    try PassVerification.watching {
      AccumulatorSimplification.run(&graph, analysis: RangeAnalysis(graph))
      _ = try Lowering.lower(graph)
    }
  }

  @Test func `a verifier that finds nothing would be none`() {
    #expect(throws: Diagnostic.self) { try PassVerification.verify(.deadValues, "netlist 'n'\n%0 = input 0\n") }
  }

  @Test func `names are unique and in kebab case`() {
    let names = PassName.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.allSatisfy { $0 == "-" || $0.isLowercase } })
    #expect(PassListing.all.map(\.name) == names)
  }
}
