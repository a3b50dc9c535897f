import DesignIR
import Devices
import FirmwareFiles
import FixedPoint
import NetlistIR
import TestSupport
import Testing
import Verification

@testable import VerilogBackend

@Suite("Verilog of designs") struct DesignVerilogTests {
  private func text(_ design: Design, top: String) throws -> String {
    let layout = DesignLayout(design, top: top)
    return try DesignModules(design, layout: layout).all.map(\.text).joined(separator: "\n")
  }

  /// A pipeline that stands twice, a memory, a delay and a counter.
  private func everything() throws -> Design {
    var design = DesignBuilder(name: "everything")
    let leaf = design.add(TinyCircuits.rectifiedDifference, name: "leaf", hasValid: true)
    let bare = design.add(TinyCircuits.tableAndChain, name: "bare")
    var top = ModuleBuilder(name: "top")
    let byte = FixedPointType(width: 8, integerBits: 4)
    let x = top.input(DesignPort(name: "x", elements: [byte, byte]))
    let count = top.register("count", range: Interval(0, 9), reset: 0)
    let value = top.value(of: count)
    let isLast = top.logic.equal(value, top.logic.constant(9))
    let below = top.logic.clamp(value, to: Interval(0, 8))
    let next = top.logic.select(isLast, top.logic.constant(0), top.logic.sum(below, top.logic.constant(1)))
    top.setNext(count, next)
    let first = top.instance("first", of: leaf, in: design, inputs: [[isLast], x])
    let second = top.instance("second", of: leaf, in: design, inputs: [first[0], [x[1], first[2][0]]])
    let fields = [3, 6, 6, 6].map { top.logic.wrap(x[0], width: $0, signed: $0 == 6) }
    let table = top.instance("table", of: bare, in: design, inputs: [fields])
    let memory = top.memory("words", depth: 10, type: byte, style: .block)
    top.write(memory, address: value, data: second[2][0], enable: second[0][0])
    let word = top.read(memory, address: value)
    let late = top.delayed(word, by: 4, name: "late")
    top.output(
      DesignPort(name: "y", elements: [byte, .containing(Interval(0, 55), fractionBits: 0)]),
      [late, table[0][0]]
    )
    top.output(bit: "out last", isLast)
    _ = design.add(try top.finish())
    return try design.finish(interface: RandomDesign.interface)
  }

  @Test func `a design looks as it always did`() throws {
    try expectSnapshot(text(everything(), top: "everything"), named: "everything.v.txt")
    try expectSnapshot(text(DotProduct.make(), top: "dot"), named: "dot-product.v.txt")
  }

  @Test func `a circuit is printed as a design of one pipeline`() throws {
    for circuit in [TinyCircuits.rectifiedDifference, TinyCircuits.tableAndChain] {
      let vectors = TestVectors(inputs: [[1, 2, 3, 4]], outputs: [[5, 6]])
      let files = try VerilogBackend.emit(circuit, options: .test("tiny", vectors: vectors))
      #expect(files == (try VerilogBackend.emit(Design(circuit), options: .test("tiny", vectors: vectors))))
    }
  }

  @Test func `names that collide are made unique`() throws {
    var design = DesignBuilder(name: "names")
    let one = design.add(TinyCircuits.rectifiedDifference, name: "a")
    let other = design.add(TinyCircuits.rectifiedDifference, name: "a fc1")
    let third = design.add(TinyCircuits.rectifiedDifference, name: "a/fc1")
    var top = ModuleBuilder(name: "top")
    let byte = FixedPointType(width: 8, integerBits: 4)
    let x = top.input(DesignPort(name: "unused", elements: [byte, byte]))
    for (index, id) in [one, other, third].enumerated() {
      let outputs = top.instance("unused_\(index)", of: id, in: design, inputs: [x])
      top.output(DesignPort(name: "v\(index)", elements: [byte]), outputs[1])
    }
    _ = design.add(try top.finish())
    let whole = try design.finish(interface: RandomDesign.interface)
    let names = try DesignModules(whole, layout: DesignLayout(whole, top: "n")).all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.contains("n_a_fc1_n2") && names.contains("n_a_fc1_n2_fc1"))
  }

  private func lint(_ check: ([ProjectFile], String) async throws -> [String]) async throws {
    let union = try RandomDesign.union(of: (700..<700 + UInt64(20)).map(RandomDesign.make))
    for (name, design) in [("everything", try everything()), ("dot", try DotProduct.make()), ("many", union)] {
      let complaints = try await check(VerilogBackend.emit(design, options: .test(name)), name)
      #expect(complaints == [], "\(complaints.prefix(6).joined(separator: "\n"))")
    }
  }

  @Test(.enabled(if: ExternalTool.verilator.isAvailable))
  func `verilator has no complaints`() async throws { try await lint { try await VerilogLint.verilator($0, top: $1) } }

  @Test(.enabled(if: ExternalTool.iverilog.isAvailable))
  func `iverilog has no complaints`() async throws { try await lint { try await VerilogLint.icarus($0, top: $1) } }

  @Test(.enabled(if: ExternalTool.yosys.isAvailable))
  func `yosys has no complaints`() async throws { try await lint { try await VerilogLint.yosys($0, top: $1) } }

  @Test(.enabled(if: ExternalTool.yosys.isAvailable))
  func `yosys makes block memories of what asks for them`() async throws {
    var builder = ModuleBuilder(name: "memories")
    let address = builder.input(
      DesignPort(name: "address", elements: [.containing(Interval(0, 511), fractionBits: 0)])
    )[0]
    let type = FixedPointType(width: 18, integerBits: 18)
    let data = builder.input(DesignPort(name: "data", elements: [type]))[0]
    let on = builder.bit("on")
    let ram = builder.memory("ram", depth: 512, type: type, style: .block)
    builder.write(ram, address: address, data: data, enable: on)
    let first = builder.read(ram, address: address)
    let contents = (0..<512).map { Int128(($0 * 7919 + 13) % 131_071) }
    let rom = builder.memory("rom", depth: 512, type: type, contents: contents, style: .block)
    let second = builder.read(rom, address: address)
    builder.output(DesignPort(name: "words", elements: [type, type]), [first, second])
    var design = DesignBuilder(name: "memories")
    _ = design.add(try builder.finish())
    let files = try VerilogBackend.emit(design.finish(interface: RandomDesign.interface), options: .test("memories"))
    let counts = try await YosysRun.synthesize(
      files,
      top: "memories",
      family: .ultraScalePlus,
      usesMultipliers: false
    )
    #expect(counts.resources.bram18 == 2)
    #expect(counts.resources.lut < 20)
  }
}
