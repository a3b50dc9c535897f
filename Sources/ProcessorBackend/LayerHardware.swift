import DesignIR
import FixedPoint
import NetlistIR

/// A layer of processors as a module: the sequencer with its counter and lanes, program memories, processors.
///
/// In the cycle of `start` the words of step 0 are fetched; one cycle later (`first`) they are executed; `finish` comes
/// when the results of all are to be taken.
struct LayerHardware {
  let layer: ProcessorLayer
  let name: String
  let operandPorts: [DesignPort]
  /// By processor.
  let cores: [ModuleID]
  let coreShapes: [ProcessorCore]
  /// The number of its first program memory in a reloadable machine.
  let firstMemory: Int
  /// Ports of a reloadable machine's programs, behind the half that the event uses; else none.
  let loadPorts: [DesignPort]
  let isTraced: Bool

  /// Names of the ports that show what goes on inside.
  static let traceStep = "step"
  static let traceSums = "acc"

  func module(in design: inout DesignBuilder) throws -> ModuleID {
    var builder = ModuleBuilder(name: name, scope: layer.scope)
    let start = builder.bit("start")
    let first = builder.bit("first")
    let finish = builder.bit("finish")
    let inputs = operandPorts.map { builder.input($0) }
    let memories = programMemories(&builder)

    let (step, working) = counter(&builder, start)
    let active = layer.steps > 1 ? builder.registered(working, "active", reset: 0) : first
    let groups = layer.groups.enumerated().map { number, group in
      LaneHardware(group: group, name: "lane\(number)").build(
        &builder,
        step: step,
        operands: group.operands.map { inputs[$0.input][$0.element] },
        withNegatives: layer.arithmetic == .shiftAndAdd
      )
    }
    var results: [ValueID] = []
    var sums: [ValueID] = []
    for (number, processor) in layer.processors.enumerated() {
      let lanes = groups[processor.group]
      let (weights, constant) = program(&builder, number, step, memories)
      let control = [layer.startsApart ? start : first, active, finish]
      let operands = layer.arithmetic == .shiftAndAdd ? [lanes.lanes, lanes.negatives] : [lanes.lanes]
      let outputs = builder.instance(
        processor.program.name,
        of: cores[number],
        in: design,
        inputs: control.map { [$0] } + operands + [weights, [constant]]
      )
      results.append(outputs[0][0])
      sums.append(outputs[1][0])
    }
    let types = results.map { FixedPointType.containing(builder.logic.range($0), fractionBits: 0) }
    builder.output(DesignPort(name: "y", elements: types), results)
    if isTraced {
      let width = FixedPointType.containing(builder.logic.range(step).union(.bit), fractionBits: 0)
      builder.output(DesignPort(name: Self.traceStep, elements: [width]), [step])
      builder.output(
        DesignPort(
          name: Self.traceSums,
          elements: coreShapes.map(\.accumulator),
          ranges: coreShapes.map(\.accumulator.wordRange)
        ),
        sums
      )
    }
    return design.add(try builder.finish())
  }

  /// The step whose words are fetched: 0 while nothing is to do.
  private func counter(_ builder: inout ModuleBuilder, _ start: ValueID) -> (step: ValueID, working: ValueID) {
    guard layer.steps > 1 else { return (builder.logic.constant(0), start) }
    let last = Int128(layer.steps - 1)
    let register = builder.register("step", range: Interval(0, last), reset: 0)
    let step = builder.value(of: register)
    let zero = builder.logic.constant(0)
    let working = builder.logic.or(start, builder.logic.not(builder.logic.equal(step, zero)))
    let isLast = builder.logic.equal(step, builder.logic.constant(last))
    let following = builder.logic.clamp(builder.logic.sum(step, builder.logic.constant(1)), to: Interval(0, last))
    let advances = builder.logic.and(working, builder.logic.not(isLast))
    builder.setNext(register, builder.logic.select(advances, following, zero))
    return (step, working)
  }

  // MARK: - Programs

  /// The lanes' factors one cycle after their step, and the constant.
  private func program(
    _ builder: inout ModuleBuilder,
    _ number: Int,
    _ step: ValueID,
    _ memories: ProgramMemories?
  ) -> (weights: [ValueID], start: ValueID) {
    let program = layer.processors[number].program
    guard let memories else {
      let weights = (0..<layer.lanes).map { weight(&builder, program, lane: $0, step) }
      return (weights, builder.logic.constant(program.start))
    }
    let shapes = layer.programMemories
    let first = number * (layer.lanes + 1)
    let words = (0...layer.lanes).map { place in
      let isStart = place == layer.lanes
      let contents = isStart ? [program.start] : program.words.map { Int128($0[place].factor) }
      return memories.read(
        &builder,
        "\(program.name)_\(isStart ? "start" : "program\(place)")",
        shapes[first + place],
        number: firstMemory + first + place,
        contents: contents,
        step: isStart ? builder.logic.constant(0) : step
      )
    }
    return (Array(words.dropLast()), words[layer.lanes])
  }

  private func programMemories(_ builder: inout ModuleBuilder) -> ProgramMemories? {
    guard layer.isReloadable else { return nil }
    let bank = builder.bit("bank")
    let values = loadPorts.map { builder.input($0)[0] }
    return ProgramMemories(
      bank: bank,
      bus: LoadBus(write: values[0], bank: values[1], memory: values[2], step: values[3], data: values[4])
    )
  }

  /// A lane's factor one cycle after its step, from the program.
  private func weight(
    _ builder: inout ModuleBuilder,
    _ program: ProcessorProgram,
    lane: Int,
    _ step: ValueID
  ) -> ValueID {
    let rom = builder.logic.rom(
      Rom(name: "\(program.name)_program\(lane)", entries: program.words.map { $0[lane].factor })
    )
    let word = builder.logic.lookup(rom, address: step)
    if builder.logic.constantValue(word) != nil { return word }
    return builder.registered(word, "\(program.name)_word\(lane)")
  }
}
