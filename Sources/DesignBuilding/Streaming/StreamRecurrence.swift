/// Runs the control of a streaming design over events, cycle by cycle: no data, one integer for each token on its way.
///
/// It does what the hardware's control does. All of it is data-independent: a step needs tokens, room for its result, and
/// the kernel's interval since the firing before; so the times are the least that satisfy these conditions.
struct StreamRecurrence {
  private let timing: StreamTiming
  /// By queue.
  private let depths: [Int]
  private var queues: [Queue]
  private var stages: [Progress]
  private var sent: [Int]
  private var received: [Int]

  struct Result {
    /// By event, the cycle in which its first beat was taken.
    var begun: [Int] = []
    /// By output, then by event, the cycle in which its last beat left.
    var ended: [[Int]] = []
    /// By queue, the most tokens that had a place in it at once, those on their way to it included.
    var occupancy: [Int]
    /// Queues that held everything up in the end, where it came to a stop before all events were through.
    var blocking: [Int] = []
    var isComplete = false

    /// Cycles from the first beat of the first event to the last beat of its result.
    var latency: Int { (ended.compactMap(\.first).max() ?? 0) - (begun.first ?? 0) }
    /// The most cycles between events that follow each other at an output, once the first half of them is through.
    ///
    /// Each output by itself: a slow one that begins early falls behind the others only after many events.
    var interval: Int {
      ended.flatMap { ended in
        let late = ended.suffix(ended.count / 2 + 1)
        return zip(late.dropFirst(), late).map { $0 - $1 }
      }.max() ?? 0
    }
  }

  private struct Queue {
    var entered: [Int] = []
    var head = 0
    /// Places taken.
    var reserved = 0
    var lastLeft = -1
    var occupancy = 0
  }

  private struct Progress {
    var step = 0
    var nextFiring = 0
  }

  /// - Parameter depths: by queue; nil: without end.
  init(_ timing: StreamTiming, depths: [Int]?) {
    self.timing = timing
    self.depths = depths ?? [Int](repeating: .max, count: timing.queues)
    queues = [Queue](repeating: Queue(), count: timing.queues)
    stages = timing.stages.map { _ in Progress() }
    sent = timing.sources.map { _ in 0 }
    received = timing.sinks.map { _ in 0 }
  }

  /// - Parameters:
  ///   - pace: cycles over which the tokens of each event are offered evenly; nil: as fast as they are taken.
  mutating func run(events: Int, pace: Int? = nil) -> Result {
    var result = Result(occupancy: [])
    var beginnings = [Int](repeating: -1, count: events)
    var ends = timing.sinks.map { _ in [Int](repeating: -1, count: events) }
    let patience = timing.stages.reduce(16) { $0 + $1.latency + $1.interval } + (pace ?? 0)
    var (cycle, lastMove) = (0, 0)
    while cycle - lastMove <= patience {
      let moves = decide(cycle, events: events, pace: pace)
      apply(moves, cycle, &beginnings, &ends)
      if !moves.isEmpty { lastMove = cycle }
      result.isComplete = zip(received, timing.sinks).allSatisfy { $0 == $1.tokens * events }
      if result.isComplete { break }
      cycle += 1
    }
    result.begun = beginnings
    result.ended = ends
    result.occupancy = queues.map(\.occupancy)
    if !result.isComplete { result.blocking = blocking() }
    return result
  }

  private enum Move {
    case stage(Int)
    case source(Int)
    case sink(Int)
  }

  /// What moves in a cycle, by what stood at its beginning.
  private func decide(_ cycle: Int, events: Int, pace: Int?) -> [Move] {
    var moves: [Move] = []
    for (index, stage) in timing.stages.enumerated() where canStep(index, stage, cycle) { moves.append(.stage(index)) }
    for (index, source) in timing.sources.enumerated() where sent[index] < source.tokens * events {
      if let pace {
        let (event, token) = sent[index].quotientAndRemainder(dividingBy: source.tokens)
        if cycle < event * pace + token * pace / source.tokens { continue }
      }
      if source.results.allSatisfy(hasRoom) { moves.append(.source(index)) }
    }
    for (index, sink) in timing.sinks.enumerated() where hasToken(sink.queue, cycle) { moves.append(.sink(index)) }
    return moves
  }

  private func canStep(_ index: Int, _ stage: StreamTiming.Stage, _ cycle: Int) -> Bool {
    let phase = stage.phases[stages[index].step]
    if phase.needs && !stage.operands.allSatisfy({ hasToken($0, cycle) }) { return false }
    if phase.produces || stage.firesAlways, cycle < stages[index].nextFiring { return false }
    return !phase.produces || stage.results.allSatisfy(hasRoom)
  }

  private func hasRoom(_ queue: Int) -> Bool { queues[queue].reserved < depths[queue] }

  private func hasToken(_ index: Int, _ cycle: Int) -> Bool {
    let queue = queues[index]
    guard queue.head < queue.entered.count else { return false }
    let latency = StreamTiming.queueLatency(depth: depths[index])
    return cycle >= queue.entered[queue.head] + latency && cycle > queue.lastLeft
  }

  private mutating func apply(_ moves: [Move], _ cycle: Int, _ beginnings: inout [Int], _ ends: inout [[Int]]) {
    // A place that becomes free in a cycle is not there yet for what enters in it.
    for move in moves { fill(move, cycle, &beginnings) }
    for move in moves { empty(move, cycle, &ends) }
  }

  private mutating func fill(_ move: Move, _ cycle: Int, _ beginnings: inout [Int]) {
    switch move {
    case .stage(let index):
      let stage = timing.stages[index]
      guard stage.phases[stages[index].step].produces else { return }
      for queue in stage.results { enter(queue, cycle + stage.latency) }
    case .source(let index):
      let source = timing.sources[index]
      let event = sent[index] / source.tokens
      if beginnings[event] < 0 { beginnings[event] = cycle }
      for queue in source.results { enter(queue, cycle) }
      sent[index] += 1
    case .sink: break
    }
  }

  private mutating func empty(_ move: Move, _ cycle: Int, _ ends: inout [[Int]]) {
    switch move {
    case .stage(let index):
      let stage = timing.stages[index]
      let phase = stage.phases[stages[index].step]
      if phase.takes { for queue in stage.operands { leave(queue, cycle) } }
      if phase.produces || stage.firesAlways { stages[index].nextFiring = cycle + stage.interval }
      stages[index].step = (stages[index].step + 1) % stage.phases.count
    case .source: break
    case .sink(let index):
      let sink = timing.sinks[index]
      leave(sink.queue, cycle)
      ends[index][received[index] / sink.tokens] = cycle
      received[index] += 1
    }
  }

  private mutating func enter(_ queue: Int, _ cycle: Int) {
    queues[queue].entered.append(cycle)
    queues[queue].reserved += 1
    queues[queue].occupancy = max(queues[queue].occupancy, queues[queue].reserved)
  }

  private mutating func leave(_ queue: Int, _ cycle: Int) {
    queues[queue].head += 1
    queues[queue].reserved -= 1
    queues[queue].lastLeft = cycle
  }

  /// Full queues whose reader waits for a token of another: only they hold everything up.
  private func blocking() -> [Int] {
    var full: Set<Int> = []
    for (index, stage) in timing.stages.enumerated() where stage.phases[stages[index].step].needs {
      let isEmpty = stage.operands.map { queues[$0].head == queues[$0].entered.count }
      guard isEmpty.contains(true) else { continue }
      for (queue, isEmpty) in zip(stage.operands, isEmpty) where !isEmpty && !hasRoom(queue) { full.insert(queue) }
    }
    return full.sorted()
  }
}
