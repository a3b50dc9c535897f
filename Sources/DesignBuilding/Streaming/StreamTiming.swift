/// A ``StreamPlan`` as its control sees it: who waits for whom, and how long everything takes.
struct StreamTiming {
  struct Stage {
    /// Queues that it takes tokens from.
    var operands: [Int]
    /// Queues that it fills.
    var results: [Int]
    /// By step of an event.
    var phases: [StreamStage.Phase]
    /// Cycles from a step to the cycle in which its result enters the queues.
    var latency: Int
    /// Cycles between steps that fire the kernel.
    var interval: Int
    /// Whether every step fires the kernel, not only those that hand out a result.
    var firesAlways: Bool
  }

  /// An input of the model.
  struct Source {
    var results: [Int]
    var tokens: Int
  }

  /// An output of the model.
  struct Sink {
    var queue: Int
    var tokens: Int
  }

  var stages: [Stage]
  var sources: [Source]
  var sinks: [Sink]
  /// Those of the plan's ``StreamPlan/edges``.
  var queues: Int

  /// Cycles from a token's entry to where it can leave a queue, by the queue's depth.
  static func queueLatency(depth: Int) -> Int { QueueModule.isMemory(depth: depth) ? 2 : 1 }
}
