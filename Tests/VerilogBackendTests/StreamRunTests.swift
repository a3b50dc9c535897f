import DesignIR
import Diagnostics
import FixedPoint
import Fuzzing
import TestSupport
import Testing
import Verification
import VerilogBackend

@Suite("Designs with valid and ready", .enabled(if: ExternalTool.verilator.isAvailable)) struct StreamRunTests {
  private func events(_ count: Int) -> [[Int128]] {
    var generator = SeededGenerator(seed: 7)
    return (0..<count).map { _ in (0..<4).map { _ in Int128.random(in: -128...127, using: &generator) } }
  }

  private func run(_ design: Design, _ events: [[Int128]]) async throws -> StreamRun.Result {
    let files = try VerilogBackend.emit(design, options: .test("dot"))
    return try await StreamRun(design, files: files, top: "dot").outputs(for: events, seed: 3)
  }

  @Test func `one multiplier answers every four cycles, and the same under stalls and resets`() async throws {
    let events = events(200)
    let result = try await run(DotProduct.make(), events)
    #expect(result.outputs == events.map { [DotProduct.answer(to: $0)] })
    #expect(result.latency == 5)
    #expect(result.interval == 4)
    #expect(result.shortestInterval == 4)
  }

  @Test(
    arguments: [
      (DotProduct.Defect.overwrites, "answers changed"), (.waits, "depended on whether they would be taken"),
      (.repeats, "came without an event"), (.drops, "events were answered"), (.survives, "came without an event"),
    ]
  )
  func `a design that breaks the protocol is found`(defect: DotProduct.Defect, complaint: String) async throws {
    do {
      _ = try await run(DotProduct.make(defect), events(60))
      Issue.record("not found")
    } catch let diagnostic as Diagnostic {
      #expect(diagnostic.code == "irregular-firmware")
      #expect(diagnostic.message.contains(complaint), "\(diagnostic.message)")
    }
  }

  @Test func `events need ready and valid`() async throws {
    let design = try RandomDesign.make(seed: 1)
    await #expect(throws: Diagnostic.self) { try await run(design, [[0, 0, 0, 0]]) }
  }
}
