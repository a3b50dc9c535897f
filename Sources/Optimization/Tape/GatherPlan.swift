/// A gather as runs of neighbouring elements: windows of images are rows of pixels that lie side by side.
struct GatherPlan: Sendable {
  private struct Run {
    var operand: Int
    var source: Int
    var target: Int
    var count: Int
  }

  /// Element `i` is element `sources[i].element` of operand `sources[i].operand`, or the padding where that is negative.
  let sources: [TapeSource]
  private var runs: [Run] = []
  private var padding: [Int] = []
  private let padValue: Float
  private let size: Int

  init(_ sources: [TapeSource], padding value: Float) {
    self.sources = sources
    padValue = value
    size = sources.count
    for (target, source) in sources.enumerated() {
      if source.element < 0 {
        padding.append(target)
      } else if let last = runs.last, last.operand == source.operand, last.source + last.count == source.element,
        last.target + last.count == target
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(operand: source.operand, source: source.element, target: target, count: 1))
      }
    }
  }

  /// - Parameter sources: By operand, its memory and its elements per event.
  func gather(
    _ sources: [(memory: UnsafeMutablePointer<Float>, size: Int)],
    into y: UnsafeMutablePointer<Float>,
    events: Int
  ) {
    runs.withUnsafeBufferPointer { runs in
      sources.withUnsafeBufferPointer { sources in
        for event in 0..<events {
          let row = y + event * size
          for run in runs {
            let operand = sources[run.operand]
            let x = operand.memory + event * operand.size + run.source
            for k in 0..<run.count { row[run.target + k] = x[k] }
          }
        }
      }
    }
    guard !padding.isEmpty else { return }
    for event in 0..<events { for element in padding { y[event * size + element] = padValue } }
  }

  /// Adds gradients to where the elements came from.
  func scatter(
    _ dy: UnsafePointer<Float>,
    into targets: [(memory: UnsafeMutablePointer<Float>, size: Int)],
    events: Int
  ) {
    runs.withUnsafeBufferPointer { runs in
      targets.withUnsafeBufferPointer { targets in
        for event in 0..<events {
          let row = dy + event * size
          for run in runs {
            let operand = targets[run.operand]
            let x = operand.memory + event * operand.size + run.source
            for k in 0..<run.count { x[k] += row[run.target + k] }
          }
        }
      }
    }
  }
}
