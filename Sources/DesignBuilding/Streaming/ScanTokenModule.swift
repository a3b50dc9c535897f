import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// A recurrence whose slices come one by one, whenever they do: one kernel, and registers that keep the state until the next.
///
/// Ports: `start` (a slice is there), the slices `x0`, `x1`, …; the result `y` comes a fixed time later. A step whose turn comes
/// as the state of the one before leaves the kernel takes it from there. With the last step of an event the registers return to
/// the state before the first.
struct ScanTokenModule {
  let name: String
  let layer: NetlistScope
  let scan: ScanOperation
  let kernel: RangeAnalysis
  /// By operand.
  let tokens: [TokenStream]
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
    let slices = tokens.enumerated().map { operand, token in
      let values = builder.input(DesignPort(name: "x\(operand)", elements: token.words))
      let types = scan.body[scan.body.inputs[scan.stateCount + operand]].types
      return values.enumerated().map { element, value in
        // Elements without bits stand on any grid.
        builder.logic.shiftLeft(value, max(0, types[element].fractionBits - token.types[element].fractionBits))
      }
    }
    var pulse = start
    for cycle in 0..<pipelines.frontLatency + pipelines.loopLatency {
      pulse = builder.registered(pulse, "on_its_way_\(cycle)", reset: 0)
    }
    let done = pulse
    let isLast = isLastStep(&builder, done)
    let instance = pipelines.declare(&builder, in: design)
    let states = scan.initialStates.indices.map { state in
      let proven = kernel[scan.body.inputs[state]]
      return instance.results[state].enumerated().map { element, made in
        let initial = Int128(scan.initialStates[state][element])
        // The word of what is proven of the state before any step.
        let word = FixedPointType.containing(proven[element], fractionBits: 0)
        let register = builder.register("state\(state)_\(element)", range: word.wordRange, reset: initial)
        let next = builder.logic.wrap(
          builder.logic.select(isLast, builder.logic.constant(initial), made),
          width: word.width,
          signed: word.isSigned
        )
        builder.setNext(register, next, enable: done)
        return builder.logic.select(done, next, builder.value(of: register))
      }
    }
    pipelines.connect(instance, &builder, in: design, states: states, slices: slices)
    let result = instance.results[scan.stateCount]
    builder.output(DesignPort(name: "y", elements: pipelines.resultElements(count: result.count)), result)
    let module = design.add(try builder.finish())
    return StartedModule(
      module: module,
      latency: pipelines.frontLatency + pipelines.loopLatency,
      interval: pipelines.loopLatency
    )
  }

  /// Counts the steps of an event as they leave the kernel.
  private func isLastStep(_ builder: inout ModuleBuilder, _ done: ValueID) -> ValueID {
    guard scan.steps > 1 else { return builder.logic.constant(1) }
    let last = Int128(scan.steps - 1)
    let register = builder.register("steps_done", range: Interval(0, last), reset: 0)
    let step = builder.value(of: register)
    builder.setNext(register, builder.following(step, last: last), enable: done)
    return builder.logic.equal(step, builder.logic.constant(last))
  }
}
