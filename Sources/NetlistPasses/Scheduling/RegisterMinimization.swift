import FixedPoint
import NetlistIR

/// Places the register ranks of a pipeline so that few bits cross them.
///
/// Rank `r` is a cut: a set of values, closed under operands, that are computed before it. Its cost is the width of every
/// value inside that somebody outside reads. For one rank between two fixed neighbours the cheapest legal cut is a minimum
/// cut of a flow network: values whose path from the previous rank is too long must stay outside, those whose path to the
/// next rank is too long must come inside. Ranks start from the latest schedule and are improved one by one until none
/// gets cheaper.
struct RegisterMinimization {
  private let netlist: Netlist
  private let timing: StageTiming
  private let latency: Int
  private let widths: [Int32]
  private let isOutput: [Bool]
  private let readers: [[Int32]]

  /// Sweeps over all ranks after the first; more gain almost nothing.
  private static let sweeps = 3

  init(_ netlist: Netlist, timing: StageTiming, latency: Int) {
    self.netlist = netlist
    self.timing = timing
    self.latency = latency
    widths = netlist.values.map { value in
      if case .constant = value.instruction { 0 } else { Int32(value.width) }
    }
    var isOutput = [Bool](repeating: false, count: netlist.values.count)
    for output in netlist.outputs { isOutput[output.value.index] = true }
    self.isOutput = isOutput
    var readers = [[Int32]](repeating: [], count: netlist.values.count)
    for (index, value) in netlist.values.enumerated() {
      for operand in Set(value.instruction.operands.map(\.index)).sorted() { readers[operand].append(Int32(index)) }
    }
    self.readers = readers
  }

  /// For every rank `1 …< latency` in order, and the end: which values lie before it.
  func cuts() -> [[Bool]] {
    let latest = timing.latestStages(latency: latency)
    var cuts: [[Bool]] = (0..<latency).map { stage in latest.map { $0 <= Int32(stage) } }
    guard latency > 1 else { return cuts }
    let nothing = [Bool](repeating: false, count: netlist.values.count)
    for sweep in 0...Self.sweeps {
      var hasImproved = false
      for rank in 0..<(latency - 1) {
        let before = rank == 0 ? nothing : cuts[rank - 1]
        let better = cheapestCut(after: before, before: cuts[rank + 1])
        if cost(of: better) < cost(of: cuts[rank]) || sweep == 0 {
          hasImproved = hasImproved || cost(of: better) < cost(of: cuts[rank])
          cuts[rank] = better
        }
      }
      if !hasImproved && sweep > 0 { break }
    }
    return cuts
  }

  private func cost(of cut: [Bool]) -> Int {
    var bits = 0
    for index in cut.indices where cut[index] {
      if isOutput[index] || readers[index].contains(where: { !cut[Int($0)] }) { bits += Int(widths[index]) }
    }
    return bits
  }

  /// The cheapest legal cut that contains `lower` and is contained in `upper`.
  private func cheapestCut(after lower: [Bool], before upper: [Bool]) -> [Bool] {
    let (must, may) = bounds(lower, upper)
    // Nodes: values strictly between the bounds, source and sink, and one for the register of each value that needs one.
    var number = [Int32](repeating: -1, count: must.count)
    var free: [Int] = []
    for index in must.indices where may[index] && !must[index] {
      number[index] = Int32(free.count)
      free.append(index)
    }
    if free.isEmpty { return must }
    var flow = MaximumFlow(nodeCount: free.count + 2)
    let source = Int32(free.count)
    let sink = source + 1
    for index in must.indices where must[index] {
      addRegister(of: index, from: source, number, may, must, sink: sink, to: &flow)
    }
    for (k, index) in free.enumerated() {
      addRegister(of: index, from: Int32(k), number, may, must, sink: sink, to: &flow)
      for operand in netlist.values[index].instruction.operands where number[operand.index] >= 0 {
        flow.addEdge(from: Int32(k), to: number[operand.index], capacity: MaximumFlow.unlimited)
      }
    }
    let inside = flow.sourceSide(source: source, sink: sink)
    var cut = must
    for (k, index) in free.enumerated() where inside[k] { cut[index] = true }
    return cut
  }

  /// The register of a value: paid once if anybody outside reads it.
  private func addRegister(
    of index: Int,
    from node: Int32,
    _ number: [Int32],
    _ may: [Bool],
    _ must: [Bool],
    sink: Int32,
    to flow: inout MaximumFlow
  ) {
    guard widths[index] > 0 else { return }
    let isFixedInside = must[index]
    let outsideReader = isOutput[index] || readers[index].contains { !may[Int($0)] }
    if outsideReader {
      if !isFixedInside { flow.addEdge(from: node, to: sink, capacity: widths[index]) }
      return
    }
    let freeReaders = readers[index].filter { number[Int($0)] >= 0 }
    if freeReaders.isEmpty { return }
    let register = flow.addNode()
    flow.addEdge(from: node, to: register, capacity: widths[index])
    for reader in freeReaders {
      flow.addEdge(from: register, to: number[Int(reader)], capacity: MaximumFlow.unlimited)
    }
  }

  /// Values that any legal cut contains, and values that it may contain.
  private func bounds(_ lower: [Bool], _ upper: [Bool]) -> (must: [Bool], may: [Bool]) {
    var must = lower
    var may = upper
    var arrivals = [Int32](repeating: 0, count: lower.count)
    for (index, value) in netlist.values.enumerated() where !lower[index] && upper[index] {
      var ready: Int32 = 0
      for operand in value.instruction.operands where !lower[operand.index] {
        ready = max(ready, arrivals[operand.index])
        if !may[operand.index] { may[index] = false }
      }
      arrivals[index] = ready + timing.delays[index]
      if arrivals[index] > timing.budget { may[index] = false }
    }
    var tails = [Int32](repeating: 0, count: lower.count)
    for index in netlist.values.indices.reversed() where !lower[index] && upper[index] {
      tails[index] += timing.delays[index]
      if case .input = netlist.values[index].instruction { must[index] = true }
      if tails[index] > timing.budget { must[index] = true }
      for operand in netlist.values[index].instruction.operands {
        tails[operand.index] = max(tails[operand.index], tails[index])
        if must[index] { must[operand.index] = true }
      }
    }
    // A path that is too long for both sides cannot occur between two legal neighbours.
    for index in must.indices where must[index] { may[index] = true }
    return (must, may)
  }
}
