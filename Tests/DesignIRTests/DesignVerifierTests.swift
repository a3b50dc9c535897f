import DesignIR
import FixedPoint
import NetlistIR
import Testing

@Suite struct DesignVerifierTests {
  /// A register `r`, a memory `m` with both ports, and an output.
  private func module() throws -> HardwareModule {
    var builder = ModuleBuilder(name: "m")
    let x = builder.input(DesignPort(name: "x", elements: [SmallDesigns.byte]))[0]
    let on = builder.bit("on")
    let register = builder.register("r", type: SmallDesigns.byte, reset: 3)
    builder.setNext(register, x, enable: on)
    let address = builder.logic.bits(x, low: 0, width: 2)
    let memory = builder.memory("m", depth: 4, type: SmallDesigns.byte)
    builder.write(memory, address: address, data: x, enable: on)
    let word = builder.read(memory, address: address)
    builder.output(
      DesignPort(name: "y", elements: [SmallDesigns.byte, SmallDesigns.byte]),
      [word, builder.value(of: register)]
    )
    return try builder.finish()
  }

  private func expectDefect(_ message: String, _ change: (inout HardwareModule) throws -> Void) throws {
    var module = try module()
    try change(&module)
    try expectDefect(message, in: Design(name: "d", modules: [.module(module)], interface: SmallDesigns.everyCycle))
  }

  private func expectDefect(_ message: String, in design: Design) throws {
    do {
      try DesignVerifier.verify(design)
      Issue.record("was not refused: \(message)")
    } catch let defect as DesignDefect {
      #expect(defect.description.contains(message), "\(defect.description)")
    }
  }

  @Test func `a sound module passes`() throws {
    try DesignVerifier.verify(SmallDesigns.design(module()))
    try DesignVerifier.verify(SmallDesigns.design(SmallDesigns.counter()))
    try DesignVerifier.verify(Design(SmallDesigns.affine))
  }

  @Test func `parts that do not fit are refused`() throws {
    try expectDefect("a value outside its range") { $0.registers[0].reset = 200 }
    try expectDefect("is 0 when power comes") { $0.registers[0].range = Interval(1, 3) }
    try expectDefect("cannot hold") { $0.registers[0].range = Interval(0, 300) }
    try expectDefect("is no delay of 2") { $0.registers[0].depth = 2 }
    try expectDefect("is a delay of 100000") { $0.registers[0].depth = 100_000 }
    try expectDefect("is no delay of 0") { $0.registers[0].depth = 0 }
    try expectDefect("two parts have one name") { $0.registers[0].name = "m" }
    try expectDefect("has 0 words") { $0.memories[0].depth = 0 }
    try expectDefect("has words without bits") { $0.memories[0].type.width = 0 }
    try expectDefect("memory 'm' shows 0 when power comes") { $0.memories[0].range = Interval(1, 2) }
    try expectDefect("has no contents and nobody writes it") { $0.memories[0].isWritten = false }
    try expectDefect("of 4 words holds 1") { $0.memories[0].contents = [5] }
    try expectDefect("holds a word outside") { $0.memories[0].contents = [5, 6, 700, 8] }
  }

  @Test func `ports that do not fit are refused`() throws {
    try expectDefect("two ports have one name") { $0.outputs[0].name = "x" }
    try expectDefect("'rst' is no port") { $0.inputs[0].name = "rst" }
    try expectDefect("has a type without a range") { $0.inputs[0].ranges = [] }
    try expectDefect("is 130 bits wide") { $0.inputs[0].elements[0].width = 130 }
    try expectDefect("cannot hold") { $0.outputs[0].ranges[0] = Interval(0, 128) }
    try expectDefect("keeps input 'x' inside its ranges") { module in
      module.inputs[0].ranges[0] = Interval(0, 5)
      module.logic.inputs[0].range = Interval(0, 5)
      module.logic.values[0].range = Interval(0, 5)
    }
  }

  @Test func `values that do not fit are refused`() throws {
    try expectDefect("nothing drives 'r.next' [0]") { module in
      module.sinks.remove(at: 2)
      module.logic.outputs.remove(at: 2)
    }
    try expectDefect("'r.next' [0] takes [-128, 127], and only [0, 3] is allowed") { module in
      module.registers[0].range = Interval(0, 3)
      module.logic.inputs[2].range = Interval(0, 3)
      module.logic.outputs[2].port.range = Interval(0, 3)
      for index in module.logic.values.indices where module.logic.values[index].instruction == .input(2) {
        module.logic.values[index].range = Interval(0, 3)
      }
    }
    try expectDefect("nothing drives 'y' [1]") { module in
      module.sinks.remove(at: 1)
      module.logic.outputs.remove(at: 1)
    }
    try expectDefect("drives what is no sink") { $0.registers[0].hasEnable = false }
    try expectDefect("a source stands twice") { $0.sources[1] = $0.sources[0] }
    try expectDefect("its logic reads what is no source") { $0.sources.removeLast() }
    try expectDefect("is another one in its logic") { $0.logic.inputs[0].tensor = "z" }
    try expectDefect("is another one in its logic") { $0.logic.outputs[0].port.type.width = 9 }
    try expectDefect("states") { $0.logic.values[0].range = Interval(0, 1) }
  }

  @Test func `an address outside the memory is refused`() throws {
    try expectDefect("'m.read_address' [0] takes [0, 3], and only [0, 2] is allowed") { module in
      module.memories[0].depth = 3
      for index in module.logic.outputs.indices where module.logic.outputs[index].port.tensor.hasSuffix("address") {
        module.logic.outputs[index].port.range = Interval(0, 2)
      }
    }
  }

  @Test func `a builder that leaves something out is told`() throws {
    var builder = ModuleBuilder(name: "b")
    _ = builder.register("r", range: Interval(0, 1))
    #expect(throws: DesignDefect.self) { try builder.finish() }
    var other = ModuleBuilder(name: "b")
    let x = other.bit("x")
    other.output(.bit("y"), [x, x])
    #expect(throws: DesignDefect.self) { try other.finish() }
  }

  @Test func `hierarchy that does not fit is refused`() throws {
    let counter = try SmallDesigns.counter()
    try expectDefect("two modules are called", in: design([counter, counter]))
    try expectDefect("a design without modules", in: design([]))
    var late = try module()
    late.instances = [Instance(name: "i", module: ModuleID(0))]
    try expectDefect("is of no earlier module", in: design([late]))
    var open = try module()
    open.instances = [Instance(name: "i", module: ModuleID(0))]
    try expectDefect("nothing drives 'i.go' [0]", in: design([counter, open]))
    var timed = try design([counter])
    timed.interface.handshake = .fixedLatency
    try expectDefect("has no bit 'in_valid'", in: timed)
    timed = try design([counter])
    timed.interface.interval = 0
    try expectDefect("no possible timing", in: timed)
    var leaf = SmallDesigns.affine
    leaf.stages[0] = 1
    try expectDefect("pipeline 'affine'", in: Design(leaf))
  }

  @Test func `a combinational loop through instances is refused by the names of its wires`() throws {
    var inverter = ModuleBuilder(name: "inverter")
    let x = inverter.bit("x")
    inverter.output(bit: "y", inverter.logic.not(x))
    var stage = ModuleBuilder(name: "stage")
    let input = stage.bit("x")
    stage.output(bit: "y", stage.registered(input, "held"))
    var builder = DesignBuilder(name: "loop")
    let (combinational, registered) = (builder.add(try inverter.finish()), builder.add(try stage.finish()))
    for (second, isLoop) in [(combinational, true), (registered, false)] {
      var top = ModuleBuilder(name: "top")
      let a = top.declareInstance("a", of: combinational, in: builder)
      let b = top.declareInstance("b", of: second, in: builder)
      top.connect(a, "x", top.output("y", of: b))
      top.connect(b, "x", top.output("y", of: a))
      top.output(bit: "z", top.output("y", of: a)[0])
      var whole = builder
      _ = whole.add(try top.finish())
      let design = Design(name: "loop", modules: whole.modules, interface: SmallDesigns.everyCycle)
      if isLoop {
        try expectDefect("module 'top': a combinational loop through b.y[0] -> a.y[0] -> b.y[0]", in: design)
      } else {
        try DesignVerifier.verify(design)
      }
    }
  }

  private func design(_ modules: [HardwareModule]) throws -> Design {
    Design(name: "d", modules: modules.map { .module($0) }, interface: SmallDesigns.everyCycle)
  }
}
