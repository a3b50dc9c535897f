import DesignIR
import Diagnostics
import Fuzzing
import TestSupport
import Testing

@Suite struct DesignTextTests {
  @Test(arguments: 0..<60 as Range<UInt64>)
  func `a random design is read back from its text`(seed: UInt64) throws {
    let design = try RandomDesign.make(seed: seed)
    let text = design.description
    let parsed = try Design(parsing: text, file: "round trip")
    #expect(parsed.description == text)
    var (reference, evaluator) = (try DesignEvaluator(design), try DesignEvaluator(parsed))
    var generator = SeededGenerator(seed: seed)
    for cycle in 0..<30 {
      let inputs = RandomDesign.inputs(of: design, &generator)
      #expect(evaluator.step(inputs, reset: cycle == 20) == reference.step(inputs, reset: cycle == 20))
    }
  }

  @Test func `a design with a handshake looks like this`() throws {
    let text = try DotProduct.make().description
    try expectSnapshot(text, named: "dot-product.txt")
    #expect(try Design(parsing: text, file: "dot").interface == DotProduct.make().interface)
  }

  @Test(
    arguments: [
      ("latency 5", "latency five", "line 1, column 42"), ("ready_valid", "ready", "expected a handshake"),
      ("mem 'weights' 4", "mem 'weights' 0", "a number of words"), ("[3, -128,", "[3, -129,", "holds a word outside"),
      ("output 'busy.next'", "output 'bus.next'", "is another one in its logic"),
      ("input 8 'valid.value'", "input 8 'vali.value'", "no source of its logic is"),
      ("reg 'sum'", "mem 'sum'", "expected a number of words"), ("in 'x' {4 ", "in 'x' {3 ", "module 'dot product'"),
      ("module 'dot product'", "modul 'dot product'", "expected 'module'"),
    ]
  )
  func `what is malformed is named`(old: String, new: String, message: String) throws {
    let text = try DotProduct.make().description
    let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2, "'\(old)' is not in the text")
    do {
      _ = try Design(parsing: parts.joined(separator: new), file: "bad")
      Issue.record("was read: \(new)")
    } catch let diagnostic as Diagnostic {
      let said = "\(diagnostic.message) \(diagnostic.origin?.place ?? "")"
      #expect(said.contains(message), "\(said)")
    }
  }

  @Test func `no mutation of a text traps`() throws {
    var generator = SeededGenerator(seed: 5)
    let text = Array(try DotProduct.make().description.utf8)
    for _ in 0..<400 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 32...126, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: index)
        }
      }
      do {
        let parsed = try Design(parsing: String(decoding: bytes, as: UTF8.self), file: "mutated")
        #expect(try Design(parsing: parsed.description, file: "again").description == parsed.description)
      } catch let diagnostic as Diagnostic {
        #expect(diagnostic.origin?.file == "mutated")
      }
    }
  }
}
