import DesignBuilding
import DesignIR
import FixedPoint
import NetlistIR

/// The sequencer's part that shows operands: a register for each lane, loaded or shifted as the schedule says.
struct LaneHardware {
  let group: LaneGroup
  let name: String

  /// The lanes one cycle later, and their negatives where asked.
  func build(
    _ builder: inout ModuleBuilder,
    step: ValueID,
    operands: [ValueID],
    withNegatives: Bool
  ) -> (lanes: [ValueID], negatives: [ValueID]) {
    var lanes: [ValueID] = []
    var negatives: [ValueID] = []
    for (lane, schedule) in group.schedule.enumerated() {
      let type = FixedPointType.containing(group.ranges[lane], fractionBits: 0)
      let register = builder.register("\(name)_\(lane)", type: type)
      let next = next(&builder.logic, schedule, step, operands, register: builder.value(of: register), type)
      builder.setNext(register, next)
      lanes.append(builder.value(of: register))
      guard withNegatives else { continue }
      let range = -type.rawRange
      let negative = builder.register("\(name)_\(lane)_negative", range: range)
      builder.setNext(negative, builder.logic.negate(next))
      negatives.append(builder.value(of: negative))
    }
    return (lanes, negatives)
  }

  private func next(
    _ logic: inout NetlistBuilder,
    _ schedule: [LaneSource],
    _ step: ValueID,
    _ operands: [ValueID],
    register: ValueID,
    _ type: FixedPointType
  ) -> ValueID {
    var sources: [LaneSource] = []
    var choice: [Int64] = []
    for source in schedule {
      let known = source == .idle ? choice.last.map(Int.init) ?? 0 : sources.firstIndex(of: source)
      choice.append(Int64(known ?? sources.count))
      if known == nil { sources.append(source) }
      if sources.isEmpty { sources.append(.idle) }
    }
    let values = sources.map { source -> ValueID in
      switch source {
      case .load(let operand, let shift):
        return logic.shiftLeft(operands[operand], group.places(of: operand) + shift)
      case .shifted(let places): return logic.shiftLeft(register, places)
      case .idle: return logic.constant(0)
      }
    }.map { logic.wrap($0, width: type.width, signed: type.isSigned) }
    let isInOrder = choice.enumerated().allSatisfy { $0 == Int($1) }
    let index = isInOrder ? step : logic.lookup(logic.rom(Rom(name: "\(name)_order", entries: choice)), address: step)
    return logic.choice(values, index)
  }
}
