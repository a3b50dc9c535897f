import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// A recurrence as one kernel and its state: the kernel's own output registers are the state registers.
///
/// The pulse's cycle loads all slices into a shift register. A step begins when the state of the step before leaves the
/// kernel, so that a step takes the kernel's latency and an event `steps` times that: the loop through the state bounds
/// the interval.
struct ScanEngine {
  let name: String
  /// The model's layer.
  let layer: NetlistScope
  let scan: ScanOperation
  let kernel: RangeAnalysis
  /// By operand.
  let inputTypes: [ElementTypes]
  let inputRanges: [[Interval]]
  let outputTypes: ElementTypes
  let pipelining: Pipelining

  func module(in design: inout DesignBuilder) throws -> StartedModule {
    let body = scan.body
    let circuit = try pipelining.circuit(of: body, inputs: body.inputs.map { kernel[$0] }, layer: { _ in layer })
    let step = design.add(circuit, name: "\(name)_step")
    var builder = ModuleBuilder(name: name, scope: layer)
    let start = builder.bit("start")
    let inputs = inputTypes.enumerated().map { operand, types in
      let elements = types.all.enumerated().map {
        FixedPointType.containing(inputRanges[operand][$0], fractionBits: $1.fractionBits)
      }
      return builder.input(DesignPort(name: "x\(operand)", elements: elements))
    }
    let firing = control(&builder, start, stepCycles: circuit.latency)
    let instance = builder.declareInstance("step", of: step, in: design)
    let results = builder.outputs(of: instance)
    for (state, initial) in scan.initialStates.enumerated() {
      let values = results[state].enumerated().map { element, value in
        builder.logic.select(firing.isFirst, builder.logic.constant(Int128(initial[element])), value)
      }
      builder.connect(instance, port: state, values)
    }
    for operand in inputs.indices {
      let slice = slices(&builder, operand, inputs[operand], start: start, fire: firing.fire)
      builder.connect(instance, port: scan.stateCount + operand, slice)
    }
    let own = circuit.latency * scan.steps
    let returned = collected(&builder, results[scan.stateCount], done: firing.done)
    builder.output(DesignPort(name: "y", elements: elements(of: returned)), returned)
    let module = design.add(try builder.finish())
    return StartedModule(module: module, latency: own + (scan.returnsAll ? 2 : 1), interval: own)
  }

  private struct Firing {
    /// A step begins.
    var fire: ValueID
    /// It is the first of its event.
    var isFirst: ValueID
    /// The results of a step are there.
    var done: ValueID
  }

  private func control(_ builder: inout ModuleBuilder, _ start: ValueID, stepCycles: Int) -> Firing {
    let isFirst = builder.registered(start, "first", reset: 0)
    let count = builder.register("begun", range: Interval(0, Int128(scan.steps)), reset: Int128(scan.steps))
    let begun = builder.value(of: count)
    let doneRegister = builder.register("done", range: .bit, reset: 0)
    let done = builder.value(of: doneRegister)
    let isMore = builder.logic.not(builder.logic.equal(begun, builder.logic.constant(Int128(scan.steps))))
    let fire = builder.logic.or(isFirst, builder.logic.and(done, isMore))
    var pulse = fire
    for cycle in 1..<stepCycles { pulse = builder.registered(pulse, "running_\(cycle)", reset: 0) }
    builder.setNext(doneRegister, pulse)
    let following = builder.logic.clamp(
      builder.logic.sum(begun, builder.logic.constant(1)),
      to: Interval(0, Int128(scan.steps))
    )
    let next = builder.logic.select(fire, following, begun)
    builder.setNext(count, builder.logic.select(start, builder.logic.constant(0), next))
    return Firing(fire: fire, isFirst: isFirst, done: done)
  }

  /// The slice of an operand that the next step reads.
  private func slices(
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
        let loaded = builder.logic.shiftLeft(values[source], shift)
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

  /// The kernel's results stand on the grids of the body's output.
  private func elements(of values: [ValueID]) -> [FixedPointType] {
    let types = scan.body[scan.result].types
    return values.indices.map { element in
      .containing(
        kernel[scan.result][element % types.count].union(Interval(0)),
        fractionBits: types[element % types.count].fractionBits
      )
    }
  }
}
