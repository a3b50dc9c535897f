import DesignIR
import Devices
import FixedPoint
import NetlistIR
import TextForm

package struct PipelineOptions: Sendable {
  /// The clock period in nanoseconds.
  package var clockPeriod: Double
  /// The share of the period that is left unused, for clock uncertainty and routing.
  package var margin: Double
  /// A declared latency in cycles; nil for the least.
  ///
  /// A smaller one than the least possible is raised to it.
  package var latency: Int?
  /// Whether adders are joined into ones of three operands; see ``TernarySums``.
  package var joinsSums: Bool

  package init(clockPeriod: Double, margin: Double = 0.125, latency: Int? = nil, joinsSums: Bool = false) {
    self.joinsSums = joinsSums
    self.clockPeriod = clockPeriod
    self.margin = margin
    self.latency = latency
  }

  /// Picoseconds of logic that fit between two register ranks.
  func budget(_ delays: DelayModel) -> Int32 {
    let available = clockPeriod * 1000 * (1 - margin) - Double(delays.registerOverhead)
    return Int32(min(max(available, 1), 1e9))
  }
}

/// Cuts a netlist into as few pipeline stages as the clock allows, with few register bits.
package enum PipelineScheduler {
  package static func schedule(_ netlist: Netlist, delays: DelayModel, options: PipelineOptions) -> Circuit {
    var netlist = EarlyComparisons.run(netlist, delays: delays, options: options)
    netlist = ConstantJoining.run(netlist, delays: delays, options: options)
    if options.joinsSums { netlist = TernarySums.run(netlist, delays: delays, options: options) }
    netlist = BlockRegisters.run(netlist, delays: delays, options: options)
    let timing = StageTiming(netlist, delays: delays, options: options)
    let least = Int(timing.earliest().stages.max() ?? 0) + 1
    let latency = max(least, options.latency ?? least, 1)
    let cuts = RegisterMinimization(netlist, timing: timing, latency: latency).cuts()
    // A value belongs to the first stage whose closing cut contains it.
    let stages = timing.fusion.root.map { last in
      Int32(cuts.firstIndex { $0[Int(last)] } ?? latency - 1)
    }
    func circuit(_ stages: [Int32]) -> Circuit {
      Circuit(
        netlist: netlist,
        stages: stages,
        latency: latency,
        clockPeriod: options.clockPeriod,
        worstStageDelay: timing.worstDelay(of: stages) + delays.registerOverhead
      )
    }
    // Cuts are sought one after the other; seldom the latest stages that are allowed take fewer registers.
    let (cut, latest) = (circuit(stages), circuit(timing.latestStages(latency: latency)))
    let best = cut.registerBits <= latest.registerBits ? cut : latest
    PassTrace.record(.pipelining, best)
    return best
  }
}

/// What a value is computed from where a pass replaces it, and its delay in picoseconds.
struct JoinedDelay {
  var operands: [Int32]
  var delay: Int32
}

/// Delays of all values, and how much of them fits between two register ranks.
struct StageTiming {
  let netlist: Netlist
  /// Values that stay together; each group counts as its last value, the others as nothing.
  let fusion: TableFusion
  /// Picoseconds by value, of which no single one, which cannot be cut, counts as more than a stage.
  let delays: [Int32]
  /// The same as they are.
  private let fullDelays: [Int32]
  /// Picoseconds of logic between two ranks.
  let budget: Int32
  /// The longest single value, in picoseconds.
  var slowest: Int { Int(fullDelays.max() ?? 0) }
  /// By value: whether nothing may be computed from it before the next rank.
  private let isLast: [Bool]
  /// By value: whether not even wires may lead on from it before the next rank.
  private let isRegistered: [Bool]
  /// By value: whether one rank more lies behind it, for a block's second register that has no value of its own yet.
  private let isDoubled: [Bool]

  /// - Parameter stages: of a pipeline that is there already, which shows whether the registers of blocks are used; nil where
  ///   the clock decides.
  init(_ netlist: Netlist, delays model: DelayModel, options: PipelineOptions, stages: [Int32]? = nil) {
    self.netlist = netlist
    let fusion = TableFusion(netlist)
    self.fusion = fusion
    let constantSums = netlist.productsOfConstantSums()
    let usesRegisters = BlockRegisters.areUsed(model, options)
    let isRegistered = BlockRegisters.registered(
      of: netlist,
      constantSums: constantSums.enumerated().map { index, product in
        guard let product else { return nil }
        let isAcross = stages.map { $0[index] > $0[product.index] } ?? usesRegisters
        return isAcross ? product : nil
      }
    )
    let isDoubled = netlist.values.indices.map { index in
      usesRegisters && !isRegistered[index] && netlist.isProductOfBlocks(ValueID(index))
    }
    self.isDoubled = isDoubled
    fullDelays = netlist.values.indices.map { index in
      guard fusion.root[index] == Int32(index), constantSums[index] == nil else { return 0 }
      let id = ValueID(index)
      let isHalved = (isRegistered[index] || isDoubled[index]) && netlist.isProductOfBlocks(id)
      return Int32(isHalved ? model.multiplierHalf : model.delay(of: id, in: netlist))
    }
    let budget = options.budget(model)
    self.budget = budget
    delays = fullDelays.map { min($0, budget) }
    isLast = netlist.clampsOfTables
    self.isRegistered = isRegistered
  }

  /// When a value's readers in the same stage may begin.
  func departure(of value: Int, _ own: Int32) -> Int32 {
    isRegistered[value] || isDoubled[value] ? budget + 1 : isLast[value] ? budget : own
  }

  /// The delay from the start of a value's readers to the end of the stage, as an operand in the same stage has it.
  func tail(of reader: Int32, at operand: Int) -> Int32 {
    isRegistered[operand] || isDoubled[operand] || isLast[operand] && reader > 0 ? budget + 1 : reader
  }

  /// A stage, and picoseconds after its start.
  typealias Arrival = (stage: Int32, time: Int32)

  /// Every value as early as it can be computed.
  ///
  /// - Parameter instead: when a value is there that is computed otherwise, given when those before it are; or nil.
  func earliest(
    instead: (_ index: Int, _ known: (Int) -> Arrival) -> Arrival? = { _, _ in nil }
  ) -> (stages: [Int32], times: [Int32]) {
    var stages = [Int32](repeating: 0, count: delays.count)
    var times = [Int32](repeating: 0, count: delays.count)
    for index in netlist.values.indices {
      let known = { (operand: Int) in
        (stages[operand] + (isDoubled[operand] ? 1 : 0), departure(of: operand, times[operand]))
      }
      let found = instead(index, known) ?? arrival(after: fusion.operands[index], delay: delays[index], known)
      (stages[index], times[index]) = found
    }
    return (stages, times)
  }

  /// When something is there that reads some values.
  func arrival(after operands: [Int32], delay: Int32, _ known: (Int) -> Arrival) -> Arrival {
    var start: Arrival = (0, 0)
    for operand in operands {
      let (stage, time) = known(Int(operand))
      if stage > start.stage {
        start = (stage, time)
      } else if stage == start.stage {
        start.time = max(start.time, time)
      }
    }
    return start.time + delay > budget ? (start.stage + 1, delay) : (start.stage, start.time + delay)
  }

  /// Every value as late as a pipeline of `latency` stages allows; inputs are read in the first stage.
  func latestStages(latency: Int) -> [Int32] {
    let stages = latest(latency: latency).stages
    return fusion.root.map { stages[Int($0)] }
  }

  /// The same for the last value of every group, and the delay from its own start to the end of its stage.
  ///
  /// - Parameter instead: what a value is computed from otherwise, or nil.
  func latest(latency: Int, instead: (_ index: Int) -> JoinedDelay? = { _ in nil }) -> (stages: [Int32], tails: [Int32])
  {
    var stages = [Int32](repeating: Int32(latency - 1), count: delays.count)
    let changes = self.delays.indices.map(instead)
    let delays = self.delays.indices.map { changes[$0]?.delay ?? self.delays[$0] }
    var tails = delays
    for index in netlist.values.indices.reversed() {
      if case .input = netlist.values[index].instruction {
        stages[index] = 0
        continue
      }
      // Users have been seen: they lowered this value's stage and raised its tail.
      if tails[index] > budget {
        stages[index] -= 1
        tails[index] = delays[index]
      }
      for operand in changes[index]?.operands ?? fusion.operands[index] {
        let o = Int(operand)
        let stage = stages[index] - (isDoubled[o] ? 1 : 0)
        if stage < stages[o] {
          stages[o] = stage
          tails[o] = tail(of: tails[index], at: o) + delays[o]
        } else if stage == stages[o] {
          tails[o] = max(tails[o], tail(of: tails[index], at: o) + delays[o])
        }
      }
    }
    return (stages, tails)
  }

  /// The longest path inside a stage, in picoseconds.
  func worstDelay(of stages: [Int32]) -> Int { worstDelays(of: stages).max() ?? 0 }

  /// The longest path inside each stage, in picoseconds.
  func worstDelays(of stages: [Int32]) -> [Int] {
    var arrivals = [Int32](repeating: 0, count: delays.count)
    var worst = [Int](repeating: 0, count: Int(stages.max() ?? -1) + 1)
    for index in netlist.values.indices {
      var ready: Int32 = 0
      for operand in fusion.operands[index] where stages[Int(operand)] == stages[index] {
        ready = max(ready, arrivals[Int(operand)])
      }
      arrivals[index] = ready + fullDelays[index]
      worst[Int(stages[index])] = max(worst[Int(stages[index])], Int(arrivals[index]))
    }
    return worst
  }
}

extension Netlist {
  /// By value: whether it is a clamp whose result addresses several tables.
  ///
  /// Without registers between, synthesis would merge each bit of each table with the clamp, for many times the look-up tables.
  fileprivate var clampsOfTables: [Bool] {
    var tables = [Int](repeating: 0, count: values.count)
    for value in values {
      guard case .lookup(_, let address) = value.instruction else { continue }
      for source in sources(of: address) { tables[source.index] += 1 }
    }
    return values.indices.map { index in
      guard case .clamp = values[index].instruction else { return false }
      return tables[index] > 1
    }
  }

  /// What the wires of a value lead back to, each once.
  private func sources(of id: ValueID) -> Set<ValueID> {
    let instruction = self[id].instruction
    guard instruction.isWiring || adderSpan(of: id)?.carryBits == 0 else { return [id] }
    var result: Set<ValueID> = []
    instruction.forEachOperand { result.formUnion(sources(of: $0)) }
    return result
  }
}

/// How long the stages of a pipeline take.
package enum StageDelays {
  /// By stage, the longest path in picoseconds, registers included.
  package static func picoseconds(of circuit: Circuit, delays: DelayModel) -> [Int] {
    let timing = StageTiming(
      circuit.netlist,
      delays: delays,
      options: PipelineOptions(clockPeriod: circuit.clockPeriod),
      stages: circuit.stages
    )
    let found = timing.worstDelays(of: circuit.stages).map { $0 + delays.registerOverhead }
    // Stages that only pass on what others computed.
    return found + [Int](repeating: delays.registerOverhead, count: max(circuit.latency - found.count, 0))
  }
}
