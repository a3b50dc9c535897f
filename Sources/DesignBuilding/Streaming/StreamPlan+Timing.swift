import FixedPointIR

extension StreamPlan {
  /// The plan of a model.
  ///
  /// - Parameter graph: a graph without dead neurons.
  /// - Throws: a `Diagnostic` where a layer cannot be streamed.
  package init(_ graph: FixedPointGraph) throws { self = try StreamPlanner.plan(graph) }

  /// The plan as its control sees it.
  ///
  /// - Parameter pace: by stage, cycles from a step to where its result enters the queues, and between firings.
  func timing(_ pace: (_ stage: Int) -> (latency: Int, interval: Int)) -> StreamTiming {
    let edges = edges
    return StreamTiming(
      stages: stages.enumerated().map { index, stage in
        let (latency, interval) = pace(index)
        return StreamTiming.Stage(
          operands: edges.indices.filter { edge in
            if case .stage(index, _) = edges[edge].reader { true } else { false }
          },
          results: edges.indices.filter { stage.outputs.contains(edges[$0].stream) },
          phases: stage.phases,
          latency: latency,
          interval: interval,
          firesAlways: stage.onlyLastProduces
        )
      },
      sources: inputs.map { id in
        StreamTiming.Source(results: edges.indices.filter { edges[$0].stream == id }, tokens: self[id].positions)
      },
      sinks: outputs.indices.map { output in
        StreamTiming.Sink(
          queue: edges.firstIndex { $0.reader == .output(output) } ?? 0,
          tokens: self[outputs[output]].positions
        )
      },
      queues: edges.count
    )
  }

  /// By ``edges``, tokens that a queue has room for so that no event is slowed down or stuck.
  ///
  /// - Parameters:
  ///   - latency: cycles that any kernel may take.
  ///   - intervals: by stage, cycles between firings.
  package func depths(latency: Int, intervals: [Int]) -> [Int] {
    QueueDepths(timing { (latency, intervals[$0]) }).depths
  }
}
