import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// A recurrence as one kernel and its state: the kernel's own output registers are the state registers.
///
/// The pulse's cycle loads all slices into a shift register. A step begins when the state of the step before leaves the
/// kernel, so that a step takes the cycles of the loop through the state, and an event `steps` times that: the loop bounds
/// the interval. What does not depend on the state is a pipeline in front of the loop and costs latency once.
struct ScanEngine {
  let name: String
  /// The model's layer.
  let layer: NetlistScope
  let scan: ScanOperation
  let kernel: RangeAnalysis
  /// By operand.
  let inputTypes: [ElementTypes]
  let inputRanges: [[Interval]]
  let pipelining: Pipelining

  func module(in design: inout DesignBuilder) throws -> StartedModule {
    let pipelines = try ScanPipelines(
      scan,
      kernel: kernel,
      name: name,
      layer: layer,
      pipelining: pipelining,
      in: &design
    )
    var builder = ModuleBuilder(name: name, scope: layer)
    let start = builder.bit("start")
    let inputs = inputTypes.enumerated().map { operand, types in
      let elements = types.all.enumerated().map {
        FixedPointType.containing(inputRanges[operand][$0], fractionBits: $1.fractionBits)
      }
      return builder.input(DesignPort(name: "x\(operand)", elements: elements))
    }
    let firing = control(&builder, start, pipelines)
    let instance = pipelines.declare(&builder, in: design)
    let states = scan.initialStates.indices.map { state in
      let initial = initialState(&builder, state, inputs, start: start, frontLatency: pipelines.frontLatency)
      let proven = kernel[scan.body.inputs[state]]
      return zip(initial, instance.results[state]).enumerated().map { element, values in
        // The word of what is proven of the state before any step.
        let word = FixedPointType.containing(proven[element], fractionBits: 0)
        let value = builder.logic.select(firing.isFirst, values.0, values.1)
        return builder.logic.wrap(value, width: word.width, signed: word.isSigned)
      }
    }
    let slices = (0..<scan.slicedOperandCount).map {
      shiftedSlices(&builder, $0, inputs[$0], start: start, fire: firing.fire)
    }
    pipelines.connect(instance, &builder, in: design, states: states, slices: slices)
    let interval = pipelines.loopLatency * scan.steps
    let returned = collected(&builder, instance.results[scan.stateCount], done: firing.done)
    builder.output(DesignPort(name: "y", elements: pipelines.resultElements(count: returned.count)), returned)
    let module = design.add(try builder.finish())
    return StartedModule(
      module: module,
      latency: pipelines.frontLatency + interval + (scan.returnsAll ? 2 : 1),
      interval: interval
    )
  }

  private struct Firing {
    /// A slice is handed to the kernel.
    var fire: ValueID
    /// The first step of an event begins its way through the loop.
    var isFirst: ValueID
    /// The results of a step are there.
    var done: ValueID
  }

  private func control(_ builder: inout ModuleBuilder, _ start: ValueID, _ pipelines: ScanPipelines) -> Firing {
    let isFirst = builder.registered(start, "first", reset: 0)
    let count = builder.register("begun", range: Interval(0, Int128(scan.steps)), reset: Int128(scan.steps))
    let begun = builder.value(of: count)
    let againRegister = builder.register("again", range: .bit, reset: 0)
    let again = builder.value(of: againRegister)
    let isMore = builder.logic.not(builder.logic.equal(begun, builder.logic.constant(Int128(scan.steps))))
    let fire = builder.logic.or(isFirst, builder.logic.and(again, isMore))
    var pulse = fire
    for cycle in 1..<pipelines.loopLatency { pulse = builder.registered(pulse, "running_\(cycle)", reset: 0) }
    builder.setNext(againRegister, pulse)
    let following = builder.logic.clamp(
      builder.logic.sum(begun, builder.logic.constant(1)),
      to: Interval(0, Int128(scan.steps))
    )
    let next = builder.logic.select(fire, following, begun)
    builder.setNext(count, builder.logic.select(start, builder.logic.constant(0), next))
    return Firing(
      fire: fire,
      isFirst: late(&builder, isFirst, "first", pipelines.frontLatency),
      done: late(&builder, again, "done", pipelines.frontLatency)
    )
  }

  /// A control bit some cycles later; reset forgets it on its way.
  private func late(_ builder: inout ModuleBuilder, _ bit: ValueID, _ name: String, _ cycles: Int) -> ValueID {
    (0..<cycles).reduce(bit) { value, cycle in builder.registered(value, "\(name)_late_\(cycle)", reset: 0) }
  }

  /// The state before the first step in the cycle in which that begins: constants, or operands that came with the pulse.
  private func initialState(
    _ builder: inout ModuleBuilder,
    _ state: Int,
    _ inputs: [[ValueID]],
    start: ValueID,
    frontLatency: Int
  ) -> [ValueID] {
    let types = scan.body[scan.body.inputs[state]].types
    guard scan.startsFromOperands else {
      return (0..<types.count).map { builder.logic.constant(Int128(scan.initialStates[state][$0])) }
    }
    let operand = scan.slicedOperandCount + state
    return (0..<types.count).map { element in
      let shift = max(0, types[element].fractionBits - inputTypes[operand][element].fractionBits)
      let value = builder.logic.shiftLeft(inputs[operand][element], shift)
      return builder.delayed(value, by: 1 + frontLatency, name: "start\(state)_\(element)")
    }
  }

  /// The slice of an operand that the next step reads.
  private func shiftedSlices(
    _ builder: inout ModuleBuilder,
    _ operand: Int,
    _ values: [ValueID],
    start: ValueID,
    fire: ValueID
  ) -> [ValueID] {
    let body = scan.body
    let id = body.inputs[scan.stateCount + operand]
    let types = body[id].types
    return (0..<types.count).map { element in
      let range = FixedPointType.containing(kernel[id][element], fractionBits: 0).wordRange
      let registers = (0..<scan.steps).map { builder.register("slice\(operand)_\(element)_\($0)", range: range) }
      for step in 0..<scan.steps {
        let source = scan.slice(ofStep: step) * types.count + element
        let shift = types[element].fractionBits - inputTypes[operand][source].fractionBits
        let loaded = builder.logic.shiftLeft(values[source], max(0, shift))
        let own = builder.value(of: registers[step])
        let behind = step + 1 < scan.steps ? builder.value(of: registers[step + 1]) : own
        let moved = builder.logic.select(fire, behind, own)
        builder.setNext(registers[step], builder.logic.select(start, loaded, moved))
      }
      return builder.value(of: registers[0])
    }
  }

  /// The last step's result as it leaves the kernel, or those of all steps, shifted in one by one.
  private func collected(_ builder: inout ModuleBuilder, _ result: [ValueID], done: ValueID) -> [ValueID] {
    guard scan.returnsAll else { return result }
    var behind = result
    var bank = [[ValueID]](repeating: [], count: scan.steps)
    for step in (0..<scan.steps).reversed() {
      bank[step] = behind.enumerated().map { builder.registered($1, "result\(step)_\($0)", enable: done) }
      behind = bank[step]
    }
    return (0..<scan.steps).flatMap { slice in bank[scan.isReversed ? scan.steps - 1 - slice : slice] }
  }
}
