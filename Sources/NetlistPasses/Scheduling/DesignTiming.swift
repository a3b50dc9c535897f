import DesignIR
import Devices
import FixedPoint
import NetlistIR

/// The longest way between registers in a whole design by a delay model, through the borders of modules.
///
/// Pipelines end in registers, so that only what comes in at their ports is counted on top of their own longest stage.
package struct DesignTiming {
  /// In picoseconds, the registers' own delays included.
  package private(set) var worst = 0
  /// The module in which the longest way ends.
  package private(set) var place: String

  private let design: Design
  private let delays: DelayModel
  /// What was found of a module, by when its inputs arrive.
  private var known: [Key: Passage] = [:]

  private struct Key: Hashable {
    var module: ModuleID
    var inputs: [Int]
  }

  /// Arrivals at a module's outputs, and its longest way to a register, in picoseconds.
  private struct Passage {
    var outputs: [Int]
    var worst: Int
    /// The module in which that way ends.
    var place: String
  }

  package init(_ design: Design, delays: DelayModel) {
    self.design = design
    self.delays = delays
    place = design[design.top].name
    let inputs = Self.elements(design.signature(of: design.top).inputs)
    let passage = passage(design.top, [Int](repeating: 0, count: inputs))
    let last = passage.outputs.max() ?? 0
    if passage.worst >= last { place = passage.place }
    worst = max(passage.worst, last) + delays.registerOverhead
  }

  private mutating func passage(_ id: ModuleID, _ inputs: [Int]) -> Passage {
    let key = Key(module: id, inputs: inputs)
    if let found = known[key] { return found }
    let found: Passage
    switch design[id] {
    case .pipeline(let leaf):
      let stage = max(leaf.circuit.worstStageDelay - delays.registerOverhead, 0) + (inputs.max() ?? 0)
      let outputs = Self.elements(leaf.signature.outputs)
      found = Passage(
        outputs: [Int](repeating: leaf.circuit.latency == 0 ? stage : 0, count: outputs),
        worst: stage,
        place: leaf.name
      )
    case .module(let module): found = passage(module, inputs)
    }
    known[key] = found
    return found
  }

  private mutating func passage(_ module: HardwareModule, _ inputs: [Int]) -> Passage {
    let ports = Self.offsets(module.inputs)
    let signatures = module.instances.map { design.signature(of: $0.module) }
    let inputOffsets = signatures.map { Self.offsets($0.inputs) }
    let outputOffsets = signatures.map { Self.offsets($0.outputs) }
    var atInputs = signatures.map { [Int](repeating: 0, count: Self.elements($0.inputs)) }
    var passages = module.instances.indices.map { passage(module.instances[$0].module, atInputs[$0]) }
    var arrivals = [Int](repeating: 0, count: module.logic.values.count)
    var cones = [[ValueID]?](repeating: nil, count: module.logic.values.count)
    // Every round carries arrivals past one more instance; a module is free of combinational loops.
    for _ in 0...module.instances.count {
      for index in module.logic.values.indices {
        let id = ValueID(index)
        if case .input(let number) = module.logic[id].instruction {
          switch module.sources[Int(number)] {
          case .port(let port, let element): arrivals[index] = inputs[ports[port] + element]
          case .register, .read: break
          case .instance(let instance, let port, let element):
            arrivals[index] = passages[instance.index].outputs[outputOffsets[instance.index][port] + element]
          }
        } else {
          cones[index] = module.logic.cone(of: id, cones)
          var latest = 0
          if let cone = cones[index], delays.delay(of: id, in: module.logic) > 0 {
            latest = cone.reduce(0) { max($0, arrivals[$1.index]) }
          } else {
            module.logic[id].instruction.forEachOperand { latest = max(latest, arrivals[$0.index]) }
          }
          arrivals[index] = latest + delays.delay(of: id, in: module.logic)
        }
      }
      var next = atInputs
      for (sink, output) in zip(module.sinks, module.logic.outputs) {
        guard case .instance(let instance, let port, let element) = sink else { continue }
        next[instance.index][inputOffsets[instance.index][port] + element] = arrivals[output.value.index]
      }
      if next == atInputs { break }
      atInputs = next
      passages = module.instances.indices.map { passage(module.instances[$0].module, atInputs[$0]) }
    }
    var found = Passage(
      outputs: [Int](repeating: 0, count: Self.elements(module.outputs)),
      worst: 0,
      place: module.name
    )
    let outputs = Self.offsets(module.outputs)
    for (sink, output) in zip(module.sinks, module.logic.outputs) {
      let arrival = arrivals[output.value.index]
      switch sink {
      case .port(let port, let element): found.outputs[outputs[port] + element] = arrival
      case .next, .enable, .readAddress, .readEnable, .writeAddress, .writeData, .writeEnable:
        found.worst = max(found.worst, arrival)
      case .instance: break
      }
    }
    for passage in passages where passage.worst > found.worst {
      (found.worst, found.place) = (passage.worst, passage.place)
    }
    return found
  }

  private static func elements(_ ports: [DesignPort]) -> Int { ports.reduce(0) { $0 + $1.elements.count } }

  /// By port, where its elements start.
  private static func offsets(_ ports: [DesignPort]) -> [Int] {
    var next = 0
    return ports.map { port in
      defer { next += port.elements.count }
      return next
    }
  }
}

extension Netlist {
  /// Inputs of a look-up table.
  private static let tableInputs = 6

  /// What a gate of single bits looks at, through gates before it as far as all fits one look-up table: there it is built, as
  /// synthesis packs control; nil for everything else.
  ///
  /// - Parameter cones: those of the values before it.
  fileprivate func cone(of id: ValueID, _ cones: [[ValueID]?]) -> [ValueID]? {
    let operands: [ValueID]
    switch self[id].instruction {
    case .and(let a, let b), .or(let a, let b), .equal(let a, let b): operands = [a, b]
    case .not(let a): operands = [a]
    case .select(let condition, let yes, let no): operands = [condition, yes, no]
    case .input, .constant, .shiftLeft, .shiftRight, .bits, .wrap, .add, .subtract, .addThree, .accumulate, .multiply,
      .clamp, .less, .lookup:
      return nil
    }
    let variable = operands.filter { !self[$0].range.isConstant }
    guard self[id].width <= 1, variable.allSatisfy({ self[$0].width <= 1 }) else { return nil }
    func joined(_ values: [ValueID]) -> [ValueID] {
      values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    let whole = joined(variable.flatMap { cones[$0.index] ?? [$0] })
    return whole.count <= Self.tableInputs ? whole : joined(variable)
  }
}
