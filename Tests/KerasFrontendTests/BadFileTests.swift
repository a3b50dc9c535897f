import Diagnostics
import KerasFrontend
import ModelIR
import TestSupport
import Testing

@Suite struct BadFileTests {
  @Test func refusesGarbageOfEveryKind() {
    let log = DiagnosticLog()
    for garbage in [[], [0x89], Array("not a model".utf8), [UInt8](repeating: 0xFF, count: 5000)] {
      let archive = diagnostic { try KerasFrontend.load(kerasArchive: garbage, file: "m.keras", log: log) }
      #expect(archive?.code == "zip-unreadable" && archive?.origin?.file == "m.keras")
      let whole = diagnostic { try KerasFrontend.load(h5: garbage, file: "m.h5", log: log) }
      #expect(whole?.code == "hdf5-unreadable" && whole?.origin?.file == "m.h5" && whole?.hint != nil)
    }
  }

  @Test func saysWhatIsMissing() throws {
    let log = DiagnosticLog()
    let weights = try Fixtures.bytes("one_layer_f4.h5")
    let noModel = diagnostic { try KerasFrontend.load(h5: weights, file: "w.h5", log: log) }
    #expect(noModel?.code == "no-architecture")
    #expect(noModel?.hint?.contains("JSON") ?? false)
    let array = try Fixtures.bytes("keras3_chain.inputs.npy")
    #expect(diagnostic { try KerasFrontend.load(h5: array, file: "w.h5", log: log) }?.code == "hdf5-unreadable")
  }

  @Test(arguments: [
    "keras3_chain.keras", "keras2_chain.h5", "keras3_chain.h5", "one_layer_f4.h5", "one_layer_packed.h5",
  ])
  func survivesTruncation(name: String) throws {
    let whole = try Fixtures.bytes(name)
    for step in 0..<60 {
      let part = Array(whole[..<(whole.count * step / 60)])
      #expect(diagnostic { try read(part, name) } != nil, "\(step)/60 of \(name)")
    }
  }

  @Test(arguments: [
    "keras3_chain.keras", "keras2_chain.h5", "keras3_chain.h5", "one_layer_f4.h5", "one_layer_packed.h5",
    "one_layer_f2.h5",
  ])
  func survivesFlippedBytes(name: String) throws {
    let whole = try Fixtures.bytes(name)
    var damage = SeededGenerator(seed: 20_261_121)
    for _ in 0..<200 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &damage) {
        bytes[Int.random(in: bytes.indices, using: &damage)] = UInt8.random(in: 0...255, using: &damage)
      }
      do {
        _ = try read(bytes, name)
      } catch {
        #expect(error is Diagnostic)
      }
    }
  }

  @Test func survivesDamagedJSON() throws {
    let whole = try Fixtures.bytes("keras2_branches.json")
    let weights = try Fixtures.bytes("keras2_branches_weights.h5")
    var damage = SeededGenerator(seed: 7)
    for round in 0..<200 {
      var bytes = whole
      if round % 4 == 0 { bytes = Array(bytes[..<Int.random(in: bytes.indices, using: &damage)]) }
      for _ in 0..<3 where !bytes.isEmpty {
        bytes[Int.random(in: bytes.indices, using: &damage)] =
          Array("[]{},:\"0123456789null".utf8).randomElement(using: &damage) ?? 0
      }
      do {
        _ = try KerasFrontend.load(
          architectureJSON: bytes,
          jsonFile: "m.json",
          weightsH5: weights,
          weightsFile: "w.h5",
          log: DiagnosticLog()
        )
      } catch {
        #expect(error is Diagnostic)
      }
    }
  }

  private func read(_ bytes: [UInt8], _ name: String) throws -> ModelGraph {
    if name.hasSuffix(".keras") { return try KerasFrontend.load(kerasArchive: bytes, file: name, log: DiagnosticLog()) }
    guard name.hasPrefix("one_layer") else {
      return try KerasFrontend.load(h5: bytes, file: name, log: DiagnosticLog())
    }
    return try KerasFrontend.load(
      architectureJSON: Fixtures.bytes("one_layer.json"),
      jsonFile: "m.json",
      weightsH5: bytes,
      weightsFile: name,
      log: DiagnosticLog()
    )
  }
}
