import Dispatch
import FixedPoint
import FixedPointIR
import Glibc

/// One call of ``Simulator/run(_:samples:options:)``: tiles of the batch on several threads.
struct BatchRun: Sendable {
  var graph: FixedPointGraph
  var plan: SimulationPlan
  var inputs: [Double]
  var samples: Int
  var options: SimulationOptions

  struct Outcome {
    /// The first NaN as an index into the inputs; nothing else is valid then.
    var firstNaN: Int?
    var outputs: SampleValues
    var trace: [TracedLayer]
    var overflows: [LayerOverflows]
  }

  func run() -> Outcome {
    let trace = options.trace ? graph.nodes.indices.map { tracedNode($0) } : []
    let shared = SharedState(counters: counters)
    let outputs = SampleValues(
      samples: samples,
      types: graph.outputs.flatMap { graph[$0].types.all },
      isExact: SampleValues.areExactDoubles(graph.outputs.flatMap { plan.tensors[$0.index].ranges })
    ) { destination in
      inputs.withUnsafeBufferPointer { buffer in
        // A model without inputs reads nothing; any address will do.
        let base = buffer.baseAddress ?? UnsafePointer(destination.doubles)
        compute(InputNumbers(base: base, elements: graph.inputCount), destination, trace, shared)
      }
    }
    return Outcome(
      firstNaN: shared.firstNaN,
      outputs: outputs,
      trace: zip(graph.nodes, trace).map { node, traced in
        TracedLayer(layer: node.name, shape: graph[node.output].shape, values: traced.buffer.values)
      },
      overflows: overflows(shared.counts)
    )
  }

  /// Overflow counters: two per site, two sites per node.
  private var counters: Int { options.countOverflows ? 4 * graph.nodes.count : 0 }

  private func tracedNode(_ index: Int) -> TracedNode {
    let tensor = plan.tensors[graph.nodes[index].output.index]
    let buffer = TraceBuffer(
      samples: samples,
      types: tensor.types.all,
      isExact: SampleValues.areExactDoubles(tensor.ranges)
    )
    return TracedNode(
      kernels: plan.kernelsUntilNode[index],
      output: plan.traceKernel(of: graph.nodes[index].output),
      buffer: buffer
    )
  }

  /// Distributes the tiles.
  private func compute(
    _ numbers: InputNumbers,
    _ destination: Destination,
    _ trace: [TracedNode],
    _ shared: SharedState
  ) {
    let tiles = (samples + plan.lanes - 1) / plan.lanes
    guard tiles > 0 else { return }
    let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let threads = min(max(1, options.threads ?? cores), tiles)
    let work: @Sendable (Int) -> Void = { _ in
      let worker = TileWorker(
        plan: plan,
        inputs: numbers,
        samples: samples,
        outputs: destination,
        trace: trace,
        counters: counters
      )
      while let tile = shared.nextTile(of: tiles) {
        if let index = worker.run(tile: tile) {
          shared.reportNaN(at: index)
          break
        }
      }
      shared.add(worker.counts)
    }
    if threads == 1 {
      work(0)
    } else {
      DispatchQueue.concurrentPerform(iterations: threads, execute: work)
    }
  }

  private func overflows(_ counts: [Int]) -> [LayerOverflows] {
    guard options.countOverflows else { return [] }
    func count(_ site: CountingSite) -> OverflowCount {
      OverflowCount(wraps: counts[2 * site.index], saturations: counts[2 * site.index + 1])
    }
    return graph.nodes.enumerated().map { index, node in
      LayerOverflows(
        layer: node.name,
        result: count(.result(ofNode: index)),
        inside: count(.inside(ofNode: index))
      )
    }
  }
}
