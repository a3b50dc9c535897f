import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// A kernel with fewer instances than positions: each fires at positions of its own, one a cycle.
///
/// The pulse's cycle stores the operands. In the rounds after it, every instance is shown the window of its next position, from a
/// register; its results are shifted into a bank, which is complete when the last one comes. Instance `q` has the positions
/// `q · rounds ..< (q + 1) · rounds`.
struct RoundEngine {
  let name: String
  /// The model's layer.
  let layer: NetlistScope
  let map: MapOperation
  let kernel: Circuit
  /// By operand.
  let shapes: [[Int]]
  let inputTypes: [ElementTypes]
  let inputRanges: [[Interval]]
  let rounds: Int

  /// Cycles around the kernel's own and the rounds: the operands' registers, and the windows'.
  private static let addedLatency = 2

  /// Rounds that a map takes with so many positions at once.
  static func rounds(of map: MapOperation, parallel: Int) -> Int {
    let positions = map.positions
    return (positions + parallel - 1) / max(parallel, 1)
  }

  func module(in design: inout DesignBuilder) throws -> StartedModule {
    let leaf = design.add(kernel, name: "\(name)_kernel")
    var builder = ModuleBuilder(name: name, scope: layer)
    let start = builder.bit("start")
    let operands = inputTypes.enumerated().map { operand, types in
      let words = types.all.enumerated().map {
        FixedPointType.containing(inputRanges[operand][$0], fractionBits: $1.fractionBits)
      }
      let values = builder.input(DesignPort(name: "x\(operand)", elements: words))
      return values.enumerated().map { builder.registered($1, "x\(operand)_\($0)", enable: start) }
    }
    let number = round(&builder, start)
    let windows = windows(&builder, operands)
    let perPosition = map.firings / map.positions
    var results = [[ValueID]](repeating: [], count: map.firings)
    for first in stride(from: 0, to: map.positions, by: rounds) {
      for part in 0..<perPosition {
        let own = (0..<rounds).map { min(first + $0, map.positions - 1) * perPosition + part }
        let instance = builder.declareInstance("at_\(own[0])", of: leaf, in: design)
        for operand in operands.indices {
          let taps = windows[own[0]][operand].indices.map { tap in
            let choices = own.map { windows[$0][operand][tap] }
            return shown(&builder, choices, number, name: "window_\(own[0])_\(operand)_\(tap)")
          }
          builder.connect(instance, port: operand, taps)
        }
        let bank = collected(&builder, builder.outputs(of: instance)[0], name: "result_\(own[0])")
        for (step, firing) in own.enumerated() where first + step < map.positions { results[firing] = bank[step] }
      }
    }
    let types = map.body[map.body.outputs[0]].types.all
    let elements = (0..<results.count).flatMap { _ in types }
    // What a saturated word never is is not known of what the ports show.
    let port = DesignPort(name: "y", elements: elements, ranges: elements.map(\.wordRange))
    builder.output(port, results.flatMap { $0 })
    let module = design.add(try builder.finish())
    return StartedModule(
      module: module,
      latency: rounds + kernel.latency + Self.addedLatency,
      interval: rounds
    )
  }

  /// The round, from 0 in the cycle after the pulse on; it stays at the last.
  private func round(_ builder: inout ModuleBuilder, _ start: ValueID) -> [ValueID] {
    let bounds = Interval(0, Int128(rounds - 1))
    let register = builder.register("round", range: bounds, reset: 0)
    let value = builder.value(of: register)
    let following = builder.logic.clamp(builder.logic.sum(value, builder.logic.constant(1)), to: bounds)
    builder.setNext(register, builder.logic.select(start, builder.logic.constant(0), following))
    return (0..<bounds.bitWidth).map { builder.logic.bits(value, low: $0, width: 1) }
  }

  /// By firing, then by operand: what the kernel reads, on the grids of its inputs.
  private func windows(_ builder: inout ModuleBuilder, _ operands: [[ValueID]]) -> [[[ValueID]]] {
    var windows: [[[ValueID]]] = []
    map.forEachPoint { _, point in
      windows.append(
        map.accesses.enumerated().map { operand, access in
          let types = map.body[map.body.inputs[operand]].types
          return access.sources(at: point, shape: shapes[operand]).enumerated().map { tap, source in
            let grid = types[tap].fractionBits
            guard let source else { return builder.logic.constant(access.padding?.raw(on: grid) ?? 0) }
            let own = inputTypes[operand][source].fractionBits
            return builder.logic.shiftLeft(operands[operand][source], max(0, grid - own))
          }
        }
      )
    }
    return windows
  }

  /// The choice of the round, a cycle later.
  private func shown(
    _ builder: inout ModuleBuilder,
    _ choices: [ValueID],
    _ round: [ValueID],
    name: String
  ) -> ValueID {
    var choices = choices
    for bit in round where choices.count > 1 {
      choices = stride(from: 0, to: choices.count, by: 2).map { even in
        even + 1 < choices.count ? builder.logic.select(bit, choices[even + 1], choices[even]) : choices[even]
      }
    }
    if builder.logic.constantValue(choices[0]) != nil { return choices[0] }
    return builder.registered(choices[0], name)
  }

  /// By round, the results of one instance, when the last is there.
  private func collected(_ builder: inout ModuleBuilder, _ result: [ValueID], name: String) -> [[ValueID]] {
    let types = map.body[map.body.outputs[0]].types.all
    var behind = zip(result, types).map { builder.logic.wrap($0, width: $1.width, signed: $1.isSigned) }
    var bank = [[ValueID]](repeating: [], count: rounds)
    for step in (0..<rounds).reversed() {
      bank[step] = behind.enumerated().map { builder.registered($1, "\(name)_\(step)_\($0)") }
      behind = bank[step]
    }
    return bank
  }
}

extension MapOperation {
  /// Points of the domain's axes that are positions of the operands, not parts of one; 1 where there are none.
  var positions: Int { domain.prefix(positionAxes).reduce(1, *) }
}
