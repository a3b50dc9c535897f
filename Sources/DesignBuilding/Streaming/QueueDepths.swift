/// How many tokens each queue of a streaming design has room for, and what follows.
struct QueueDepths {
  /// By queue: the least that keep the full rate; what is built.
  private(set) var depths: [Int]
  /// By queue: the least with which no event is stuck, however slow it is.
  private(set) var least: [Int]
  /// From the first beat of an event that comes alone to the last beat of its result.
  private(set) var latency: Int
  /// Between events that follow each other at once.
  private(set) var interval: Int

  /// Events over which the recurrence runs: the first half fills the design, the second finds it in its rhythm.
  private let events: Int

  /// - Precondition: every output depends on every stage's tokens in an order that unbounded queues never block.
  init(_ timing: StreamTiming) {
    var trial = StreamRecurrence(timing, depths: nil)
    let first = trial.run(events: 4)
    events = Self.events(first)
    var free = StreamRecurrence(timing, depths: nil)
    let bound = free.run(events: events).interval
    // An input that keeps the pace of the slowest stage fills no queue further than it must.
    var paced = StreamRecurrence(timing, depths: nil)
    depths = paced.run(events: events, pace: bound).occupancy.map { max($0, 1) }
    let goal = Self.measure(timing, depths, events)
    (latency, interval) = (goal?.latency ?? 0, max(goal?.interval ?? 1, 1))
    least = Self.leastDepths(timing)
    shorten(timing)
  }

  /// The timing with given depths; queues may be too short for the full rate.
  init(_ timing: StreamTiming, depths: [Int]) {
    self.depths = depths
    least = depths
    var trial = StreamRecurrence(timing, depths: nil)
    events = Self.events(trial.run(events: 4))
    let result = Self.measure(timing, depths, events)
    (latency, interval) = (result?.latency ?? 0, max(result?.interval ?? 1, 1))
  }

  /// More where many events are on their way at once.
  private static func events(_ result: StreamRecurrence.Result) -> Int {
    min(6 + 4 * result.latency / max(result.interval, 1), 80)
  }

  private static func measure(_ timing: StreamTiming, _ depths: [Int], _ events: Int) -> StreamRecurrence.Result? {
    var recurrence = StreamRecurrence(timing, depths: depths)
    let result = recurrence.run(events: events)
    return result.isComplete ? result : nil
  }

  /// Takes places away, queue by queue, as long as neither latency nor interval grows.
  private mutating func shorten(_ timing: StreamTiming) {
    for queue in depths.indices {
      var (low, high) = (least[queue], depths[queue])
      while low < high {
        let middle = (low + high) / 2
        var trial = depths
        trial[queue] = middle
        if let result = Self.measure(timing, trial, events), result.latency <= latency, result.interval <= interval {
          high = middle
        } else {
          low = middle + 1
        }
      }
      depths[queue] = high
    }
    guard let result = Self.measure(timing, depths, events) else { return }
    (latency, interval) = (result.latency, max(result.interval, 1))
  }

  /// Begins with one place each, and adds where a stage waits for room for ever.
  private static func leastDepths(_ timing: StreamTiming) -> [Int] {
    var depths = [Int](repeating: 1, count: timing.queues)
    while true {
      var recurrence = StreamRecurrence(timing, depths: depths)
      let result = recurrence.run(events: 2)
      if result.isComplete || result.blocking.isEmpty { return depths }
      for queue in result.blocking { depths[queue] += 1 }
    }
  }
}
