import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// A stage as a module: its walk over the operand's positions, its window buffer, its kernel.
///
/// Ports: `valid` (a token of each operand is there), `room` (so is a place for each result), the tokens `x0`, `x1`, …; then
/// `take` (the tokens are taken), `reserve` (a place is), `push` and the results `y0`, `y1`, ….
struct StageModule {
  let name: String
  let plan: StreamPlan
  let stage: StreamStage
  let kernel: KernelModule

  /// Cycles from a step to the cycle in which its result enters the queues.
  var latency: Int { kernel.latency + (isBuffered ? 1 : 0) }

  /// Whether taps come from a buffer of the stage's own, a cycle after the step.
  private var isBuffered: Bool {
    switch stage.work {
    case .kernel(let kernel): !kernel.raster.isPointwise
    case .accumulation, .recurrence: false
    }
  }

  func module(in design: inout DesignBuilder) throws -> HardwareModule {
    var builder = ModuleBuilder(name: name, scope: stage.layer)
    let valid = builder.bit("valid")
    let room = builder.bit("room")
    let tokens = stage.operands.enumerated().map { index, id in
      builder.input(DesignPort(name: "x\(index)", elements: plan[id].words))
    }
    let walk = WindowWalk(&builder, stage, valid: valid, room: room, interval: kernel.interval)
    builder.output(bit: "take", walk.takes)
    builder.output(bit: "reserve", walk.produces)
    let instance = builder.declareInstance("kernel", of: kernel.module, in: design)
    switch stage.work {
    case .kernel(let body):
      if isBuffered {
        let buffer = WindowBuffer(raster: body.raster, words: plan[stage.operands[0]].words)
        let taps = buffer.taps(&builder, token: tokens[0], walk: walk)
        let fire = builder.registered(walk.produces, "fire", reset: 0)
        connect(&builder, instance, body, fire, [taps])
      } else {
        connect(&builder, instance, body, walk.produces, tokens.map { $0.map { WindowBuffer.Tap(value: $0) } })
      }
      let results = builder.outputs(of: instance)
      builder.output(bit: "push", results[0][0])
      output(&builder, Array(results.dropFirst()))
    case .accumulation:
      builder.connect(instance, "start", [walk.steps])
      builder.connect(instance, "x", tokens[0])
      pushLate(&builder, walk)
      output(&builder, [builder.output("sum", of: instance)])
    case .recurrence:
      builder.connect(instance, "start", [walk.steps])
      for (operand, token) in tokens.enumerated() { builder.connect(instance, "x\(operand)", token) }
      pushLate(&builder, walk)
      output(&builder, [builder.output("y", of: instance)])
    }
    return try builder.finish()
  }

  /// Tells when the result of a step that hands one out has come through the kernel.
  private func pushLate(_ builder: inout ModuleBuilder, _ walk: WindowWalk) {
    var pulse = walk.produces
    for cycle in 1...kernel.latency { pulse = builder.registered(pulse, "on_its_way_\(cycle)", reset: 0) }
    builder.output(bit: "push", pulse)
  }

  private func output(_ builder: inout ModuleBuilder, _ results: [[ValueID]]) {
    for (index, id) in stage.outputs.enumerated() {
      let words = plan[id].words
      let values = zip(results[index], words).map { value, word in
        // What a module shows at its ports is known by their types only; what is proven is narrower.
        builder.logic.wrap(value, width: word.width, signed: word.isSigned)
      }
      builder.output(DesignPort(name: "y\(index)", elements: words, ranges: words.map(\.wordRange)), values)
    }
  }

  /// Gives the kernel its taps on the grids of its body's inputs, and what stands outside where they are.
  private func connect(
    _ builder: inout ModuleBuilder,
    _ instance: InstanceID,
    _ kernel: TokenKernel,
    _ fire: ValueID,
    _ operands: [[WindowBuffer.Tap]]
  ) {
    builder.connect(instance, port: 0, [fire])
    for (index, taps) in operands.enumerated() {
      let (types, stream) = (kernel.body[kernel.body.inputs[index]].types, plan[stage.operands[index]])
      let values = taps.enumerated().map { place, tap in
        let grid = types[place].fractionBits
        let own = stream.types[place % stream.elements].fractionBits
        // Elements without bits stand on any grid.
        let inside = builder.logic.shiftLeft(tap.value, max(0, grid - own))
        guard let isInside = tap.isInside, let padding = kernel.padding else { return inside }
        return builder.logic.select(isInside, inside, builder.logic.constant(padding.raw(on: grid)))
      }
      builder.connect(instance, port: index + 1, values)
    }
  }
}
