import Basics
import ModelIR
import Quantization
import Testing

@testable import Optimization

/// Gradients of every operator against differences of the loss itself.
@Suite struct GradientTests {
  enum Network: String, CaseIterable {
    case classifier, image, joins

    func make() throws -> TestNetworks {
      switch self {
      case .classifier: try .classifier()
      case .image: try .image()
      case .joins: try .joins()
      }
    }
  }

  @Test(arguments: Network.allCases) func `back-propagation agrees with differences`(_ kind: Network) throws {
    var network = try kind.make()
    let data = network.events(5)
    var tape = try TapeBuilding.tape(of: network.model, meaning: .automatic)
    let float = NetworkParameters(tape, of: network.model)
    var batch = TapeBatch(inputs: data.inputs.map { Float($0) }, events: 5)
    tape.weighNumbers(TapeRunner(tape, threads: 1).targets(float, batch))
    let runner = TapeRunner(tape, threads: 1)
    // Answers of another network, so that the gradient is not zero.
    var other = float
    for k in other.kernels.indices { for i in other.kernels[k].weights.indices { other.kernels[k].weights[i] *= 1.3 } }
    batch.targets = runner.targets(other, batch)
    let worker = TapeWorker(tape)
    worker.prepare(nil)
    let gradients = KernelGradients(tape)
    TapeRunner.forward(worker, batch, 0, 5, float)
    worker.clearGradients(events: 5)
    _ = batch.targets.withUnsafeBufferPointer { targets in
      targets.baseAddress.map { runner.loss.differentiate(worker, events: 5, targets: $0, scale: 1 / 5) }
    }
    worker.backward(events: 5, float, into: gradients)
    var compared = 0
    for k in tape.kernels.indices {
      for i in stride(from: 0, to: float.kernels[k].weights.count, by: 7) {
        var up = float
        var down = float
        up.kernels[k].weights[i] += 4e-3
        down.kernels[k].weights[i] -= 4e-3
        let slope = (runner.meanLoss(up, batch) - runner.meanLoss(down, batch)) / 8e-3
        #expect(abs(slope - Double(gradients.weights[k][i])) < 2e-2 * max(0.05, abs(slope)), "\(kind) \(k) \(i)")
        compared += 1
      }
    }
    #expect(compared >= 10)
  }

  @Test(arguments: Network.allCases) func `the tape says what the model says`(_ kind: Network) throws {
    var network = try kind.make()
    let data = network.events(3)
    let tape = try TapeBuilding.tape(of: network.model, meaning: .automatic)
    let runner = TapeRunner(tape, threads: 1)
    let batch = TapeBatch(inputs: data.inputs.map { Float($0) }, events: 3)
    let found = runner.targets(NetworkParameters(tape, of: network.model), batch)
    let outputs = ReferenceEvaluator(network.model).evaluate(data.inputs, samples: 3).outputs
    #expect(found.count == outputs.count)
    // Scores without a softmax layer are compared as probabilities, which have no counterpart in the model.
    guard kind != .classifier else { return }
    for (a, b) in zip(found, outputs) { #expect(abs(Double(a) - b) < 1e-4) }
  }

  @Test func `what has no gradient is refused by name`() throws {
    var network = try TestNetworks.classifier()
    try network.add(.activation(.softmax(axis: 0)), "inner")
    try network.dense(2, "last")
    let refused = network.model
    #expect { try TapeBuilding.tape(of: refused, meaning: .automatic) } throws: { "\($0)".contains("'inner'") }
  }
}
