import FixedPoint
import NetlistIR

/// Places the register ranks of a pipeline so that few bits cross them.
///
/// Rank `r` is a cut: a set of values, closed under operands, that are computed before it. Its cost is the width of every
/// value inside that somebody outside reads, see ``RegisterPrices``. For one rank between two fixed neighbours the cheapest legal cut is a minimum
/// cut of a flow network: values whose path from the previous rank is too long must stay outside, those whose path to the
/// next rank is too long must come inside. Ranks start from the latest schedule and are improved one by one until none
/// gets cheaper.
struct RegisterMinimization {
  private let netlist: Netlist
  private let timing: StageTiming
  private let latency: Int
  private let prices: RegisterPrices
  private let isOutput: [Bool]
  private let readers: [[Int32]]

  /// Sweeps over all ranks after the first; more gain almost nothing.
  private static let sweeps = 3

  init(_ netlist: Netlist, timing: StageTiming, latency: Int) {
    self.netlist = netlist
    self.timing = timing
    self.latency = latency
    prices = RegisterPrices(netlist)
    var isOutput = [Bool](repeating: false, count: netlist.values.count)
    for output in netlist.outputs { isOutput[output.value.index] = true }
    self.isOutput = isOutput
    var readers = [[Int32]](repeating: [], count: netlist.values.count)
    for (index, operands) in timing.fusion.operands.enumerated() {
      for operand in operands { readers[Int(operand)].append(Int32(index)) }
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
        let isCheaper = cost(of: better, after: before) < cost(of: cuts[rank], after: before)
        if isCheaper || sweep == 0 {
          hasImproved = hasImproved || isCheaper
          cuts[rank] = better
        }
      }
      if !hasImproved && sweep > 0 { break }
    }
    return cuts
  }

  private func cost(of cut: [Bool], after lower: [Bool]) -> Int {
    var cost = 0
    for index in cut.indices where cut[index] {
      if isOutput[index] || readers[index].contains(where: { !cut[Int($0)] }) {
        cost += Int(prices.price(of: index, isDelay: lower[index]))
      }
    }
    return cost
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
      let price = prices.price(of: index, isDelay: lower[index])
      addRegister(of: index, price, from: source, number, may, must, sink: sink, to: &flow)
    }
    for (k, index) in free.enumerated() {
      let price = prices.price(of: index, isDelay: false)
      addRegister(of: index, price, from: Int32(k), number, may, must, sink: sink, to: &flow)
      for operand in timing.fusion.operands[index] where number[Int(operand)] >= 0 {
        flow.addEdge(from: Int32(k), to: number[Int(operand)], capacity: MaximumFlow.unlimited)
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
    _ price: Int32,
    from node: Int32,
    _ number: [Int32],
    _ may: [Bool],
    _ must: [Bool],
    sink: Int32,
    to flow: inout MaximumFlow
  ) {
    guard price > 0 else { return }
    let isFixedInside = must[index]
    let outsideReader = isOutput[index] || readers[index].contains { !may[Int($0)] }
    if outsideReader {
      if !isFixedInside { flow.addEdge(from: node, to: sink, capacity: price) }
      return
    }
    let freeReaders = readers[index].filter { number[Int($0)] >= 0 }
    if freeReaders.isEmpty { return }
    let register = flow.addNode()
    flow.addEdge(from: node, to: register, capacity: price)
    for reader in freeReaders {
      flow.addEdge(from: register, to: number[Int(reader)], capacity: MaximumFlow.unlimited)
    }
  }

  /// Values that any legal cut contains, and values that it may contain.
  private func bounds(_ lower: [Bool], _ upper: [Bool]) -> (must: [Bool], may: [Bool]) {
    var must = lower
    var may = upper
    var arrivals = [Int32](repeating: 0, count: lower.count)
    for index in netlist.values.indices where !lower[index] && upper[index] {
      var ready: Int32 = 0
      for operand in timing.fusion.operands[index] where !lower[Int(operand)] {
        ready = max(ready, arrivals[Int(operand)])
        if !may[Int(operand)] { may[index] = false }
      }
      let arrival = ready + timing.delays[index]
      if arrival > timing.budget { may[index] = false }
      arrivals[index] = timing.departure(of: index, arrival)
    }
    var tails = [Int32](repeating: 0, count: lower.count)
    for index in netlist.values.indices.reversed() where !lower[index] && upper[index] {
      tails[index] += timing.delays[index]
      if case .input = netlist.values[index].instruction { must[index] = true }
      if tails[index] > timing.budget { must[index] = true }
      for operand in timing.fusion.operands[index] {
        tails[Int(operand)] = max(tails[Int(operand)], timing.tail(of: tails[index], at: Int(operand)))
        if must[index] { must[Int(operand)] = true }
      }
    }
    // A path that is too long for both sides cannot occur between two legal neighbours.
    for index in must.indices where must[index] { may[index] = true }
    return (must, may)
  }
}
