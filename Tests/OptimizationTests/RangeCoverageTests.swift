import Diagnostics
import ModelIR
import Quantization
import Testing

@testable import Optimization

/// What events show of a network, beside what its types allow.
@Suite struct RangeCoverageTests {
  /// The coverage of one sum, eight times the difference of two numbers.
  private func coverage(of data: CalibrationData) throws -> RangeCoverage {
    var float = TestNetworks(seed: 1, inputs: [2])
    let kernel = ParameterTensor(shape: [2, 1], values: [8, -8])
    try float.add(.dense(DenseLayer(kernel: kernel, bias: nil)), "difference")
    let optimizer = try BudgetOptimizer(
      float.model,
      calibration: data,
      options: OptimizerOptions(),
      log: DiagnosticLog()
    )
    let start = FloatStart(optimizer.runner, optimizer.float, optimizer.training, finest: optimizer.finest, seed: 1)
    let network = start.network(lambda: 1e-7, steps: OptimizationSteps())
    let layers = try optimizer.evaluation.coverage(of: try optimizer.assembled(network))
    #expect(layers.map(\.layer) == ["difference"])
    return try #require(layers.first)
  }

  @Test func `numbers that always move together are poor events`() throws {
    let steps = (0..<400).map { Double($0 * 37 % 257) / 64 - 2 }
    let together = steps.enumerated().flatMap { event, step in [step, step + Double(event % 5) / 64] }
    let poor = try coverage(of: CalibrationData(inputs: together, samples: 400))
    #expect(poor.isPoor && poor.proven > 31 && poor.seen < 1, "\(poor)")
    let apart = steps.enumerated().flatMap { event, step in [step, steps[(event + 131) % 400]] }
    let fair = try coverage(of: CalibrationData(inputs: apart, samples: 400))
    #expect(!fair.isPoor && fair.proven > 31 && fair.seen > 8, "\(fair)")
  }

  @Test func `a factor of thirty-two is poor`() {
    #expect(RangeCoverage(layer: "sum", proven: 32, seen: 1).isPoor)
    #expect(!RangeCoverage(layer: "sum", proven: 31.9, seen: 1).isPoor)
  }
}
