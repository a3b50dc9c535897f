import Dispatch
import Synchronization

/// `body(0), body(1), …`, computed on several threads, in order.
package func parallelMap<Result: Sendable>(
  count: Int,
  threads: Int,
  _ body: @Sendable (Int) -> Result
) -> [Result] {
  parallelMap(count: count, threads: threads, worker: {}, { _, index in body(index) })
}

/// The same for bodies that need memory of their own: each thread makes it once.
package func parallelMap<Worker, Result: Sendable>(
  count: Int,
  threads: Int,
  worker: @Sendable () -> Worker,
  _ body: @Sendable (Worker, Int) -> Result
) -> [Result] {
  let workers = min(threads, count)
  guard workers > 1 else {
    let worker = worker()
    return (0..<count).map { body(worker, $0) }
  }
  let results = Mutex([Result?](repeating: nil, count: count))
  let next = Atomic(0)
  DispatchQueue.concurrentPerform(iterations: workers) { _ in
    let worker = worker()
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let result = body(worker, index)
      results.withLock { $0[index] = result }
    }
  }
  return results.withLock { $0.compactMap { $0 } }
}
