import Basics

/// Which inputs the network can do without: what it loses when an input is gone and the first layer's other weights make up for
/// it as well as they can, measured on events that are held out.
package struct InputRelevance: Sendable {
  /// One input, or one step of leaving out more and more of them.
  package struct Entry: Sendable, Hashable {
    /// The flat number of the input.
    package var input: Int
    package var kl: Double
    package var loss: Double
  }

  /// Each input alone.
  package var single: [Entry]
  /// One after the other, the least useful first: what is lost once this one is gone, too.
  package var successive: [Entry]

  /// With more inputs than this none are tried.
  private static let mostInputs = 64

  /// Nil where anything but dense layers reads the inputs, or where there are too many of them.
  package init?(_ optimizer: BudgetOptimizer) {
    let tape = optimizer.tape
    let ports = tape.points.indices.filter { tape.points[$0].kind == .port }
    let first = tape.kernels.indices.filter { k in
      tape.kernels[k].positions == 1
        && tape.kernels[k].origins.allSatisfy { origin in origin.map { ports.contains($0.point) } ?? false }
    }
    let read = Set(first.map { tape.kernels[$0].inputSlot })
    guard ports.count == 1, tape.points[ports[0]].groups == tape.inputSize, tape.inputSize <= Self.mostInputs,
      read == [tape.points[ports[0]].slot], tape.points[ports[0]].otherReaders.allSatisfy({ $0 == 0 })
    else { return nil }
    let judge = InputRemoval(optimizer, kernels: first)
    let inputs = Array(0..<tape.inputSize)
    single = judge.entries(removing: inputs.map { [$0] }).enumerated().map { index, found in
      Entry(input: index, kl: found.kl, loss: found.loss)
    }
    successive = []
    var gone: [Int] = []
    while gone.count + 1 < inputs.count {
      let rest = inputs.filter { !gone.contains($0) }
      let tried = judge.entries(removing: rest.map { gone + [$0] })
      guard let best = tried.indices.min(by: { tried[$0].kl < tried[$1].kl }), tried[best].kl < Self.hopeless else {
        break
      }
      gone.append(rest[best])
      successive.append(Entry(input: rest[best], kl: tried[best].kl, loss: tried[best].loss))
    }
  }

  /// The distance at which nobody goes on leaving out inputs.
  private static let hopeless = 0.3
}

/// Refits the first layers without some inputs, and judges the result.
private struct InputRemoval {
  let optimizer: BudgetOptimizer
  /// Which kernels read the inputs.
  let kernels: [Int]
  /// By those kernels and outputs.
  private let problems: [[NeuronProblem?]]
  private let judged: TapeBatch

  init(_ optimizer: BudgetOptimizer, kernels: [Int]) {
    self.optimizer = optimizer
    self.kernels = kernels
    let runner = optimizer.runner
    let batch = optimizer.training.prefix(4096, of: optimizer.tape)
    let sensitivities = Sensitivities(runner, optimizer.float, batch, seed: optimizer.options.seed)
    problems = kernels.map { k in
      let place = optimizer.tape.kernels[k]
      let inputs = runner.values(of: place.inputSlot, optimizer.float, batch)
      let sums = runner.values(of: place.outputSlot, optimizer.float, batch)
      let equations = LayerEquations(
        place,
        live: Array(0..<place.inputs),
        inputs: inputs,
        sums: sums,
        weights: sensitivities.sums[k],
        rows: batch.events,
        stride: 1
      )
      return parallelMap(count: place.outputs, threads: runner.threads) { j in
        equations.problem(
          j,
          kept: Array(0..<place.inputs),
          reference: optimizer.float.kernels[k],
          scale: 1,
          damping: 1e-4
        )
      }
    }
    var judged = TapeBatch(
      inputs: optimizer.evaluation.inputs.map { Float($0) },
      events: optimizer.evaluation.events
    )
    judged.targets = runner.targets(optimizer.float, judged)
    self.judged = judged
  }

  func entries(removing sets: [[Int]]) -> [(kl: Double, loss: Double)] {
    let runner = TapeRunner(optimizer.tape, threads: 1)
    return parallelMap(count: sets.count, threads: optimizer.runner.threads) { index in
      let network = network(without: sets[index])
      let answers = runner.targets(network, judged)
      let loss = optimizer.evaluation.expectedLoss(answers.map(Double.init))
      return (runner.meanLoss(network, judged), loss)
    }
  }

  private func network(without gone: [Int]) -> NetworkParameters {
    var network = optimizer.float
    for (place, k) in kernels.enumerated() {
      let kernel = optimizer.tape.kernels[k]
      let kept = (0...kernel.inputs).filter { !gone.contains($0) }
      for j in 0..<kernel.outputs {
        guard let small = problems[place][j]?.restricted(to: kept) else { continue }
        for i in gone { network.kernels[k].weights[i * kernel.outputs + j] = 0 }
        for (position, i) in kept.enumerated() {
          if i == kernel.inputs {
            network.kernels[k].bias[j] = Float(small.optimum[position])
          } else {
            network.kernels[k].weights[i * kernel.outputs + j] = Float(small.optimum[position])
          }
        }
      }
    }
    return network
  }
}
