import Basics
import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization
import Simulation
import Synchronization
import Testing

@testable import Optimization

/// Whole searches on small networks.
@Suite struct SearchTests {
  /// The cost of the digits alone, so that no hardware has to be built.
  @Sendable private static func estimate(_ graph: FixedPointGraph) -> PointEstimate {
    let digits = graph.nodes.reduce(0) { total, node in
      guard case .dense(let dense) = node.operation else { return total }
      return total + dense.weights.reduce(0) { $0 + ($1 ^ (3 &* $1)).nonzeroBitCount }
    }
    return PointEstimate(adderBits: digits, lut: digits, ff: 0, dsp: 0, latencyCycles: 1, latencyNanoseconds: 5)
  }

  private func options(_ effort: OptimizationEffort, threads: Int = 2) -> OptimizerOptions {
    var options = OptimizerOptions()
    options.effort = effort
    options.threads = threads
    options.plan = AnnealingPlan(stages: 5, ratio: 2.5, steps: 20, statistics: 400)
    return options
  }

  private typealias Found = (points: [CurvePoint], states: [SearchState])

  private func search(
    _ optimizer: BudgetOptimizer,
    from state: SearchState? = nil,
    limit: Int = .max
  ) throws -> Found {
    let found = Mutex<Found>(([], []))
    let hooks = SearchHooks(
      estimate: Self.estimate,
      found: { point, state in
        found.withLock {
          $0.points.append(point)
          $0.states.append(state)
        }
      },
      goesOn: { found.withLock { $0.points.count < limit } }
    )
    try optimizer.run(hooks, from: state)
    return found.withLock { $0 }
  }

  private func optimizer(
    _ network: TestNetworks,
    _ data: CalibrationData,
    _ options: OptimizerOptions,
    log: DiagnosticLog = DiagnosticLog()
  ) throws -> BudgetOptimizer {
    try BudgetOptimizer(network.model, calibration: data, options: options, log: log)
  }

  @Test(arguments: [OptimizationEffort.fast, .normal])
  func `higher prices make smaller networks, whatever the number of threads`(_ effort: OptimizationEffort) throws {
    var network = try TestNetworks.classifier()
    let data = network.events(600)
    let one = try search(try optimizer(network, data, options(effort, threads: 1))).points
    let many = try search(try optimizer(network, data, options(effort, threads: 3))).points
    #expect(one.count >= 5)
    #expect(one.map(\.graph.description) == many.map(\.graph.description))
    #expect(one.map(\.score) == many.map(\.score))
    let first = try #require(one.first)
    let last = try #require(one.last)
    #expect(last.estimate.lut < first.estimate.lut / 2)
    #expect(first.score.kl.value < 0.05)
    #expect(first.score.kl.value < last.score.kl.value)
  }

  @Test(arguments: GradientTests.Network.allCases)
  func `the tape computes what the simulator computes`(_ kind: GradientTests.Network) throws {
    var network = try kind.make()
    let data = network.events(300)
    let optimizer = try optimizer(network, data, options(.normal))
    let annealing = Annealing(
      runner: optimizer.runner,
      batch: optimizer.training,
      statistics: optimizer.training,
      finest: optimizer.finest,
      rowScales: optimizer.rowScales,
      seed: 1,
      trainingSteps: 10,
      float: FloatStart(optimizer.runner, optimizer.float, optimizer.training, finest: optimizer.finest, seed: 1)
    )
    let position = annealing.stage(0, lambda: optimizer.firstLambda * 20, from: Annealing.Position())
    let parameters = try #require(position.network)
    let graph = try optimizer.assembled(parameters)
    let traced = try Simulator(graph).run(
      optimizer.training.inputs.map(Double.init),
      samples: optimizer.training.events,
      options: SimulationOptions(trace: true)
    )
    var compared = 0
    for kernel in optimizer.tape.kernels {
      // Tables round arguments; behind them both are only near.
      if kind == .joins && kernel.layer == "numbers" { continue }
      let found = optimizer.runner.values(of: kernel.outputSlot, parameters, optimizer.training)
      guard let values = traced.trace(of: kernel.layer)?.doubles else { continue }
      // The bias carries half a step of the values behind it.
      let shift = (0..<kernel.outputs).map { j -> Double in
        guard let point = kernel.absorbingPoint, let types = parameters.types else { return 0 }
        return types[point].groups[j % types[point].groups.count].step / 2
      }
      for index in found.indices {
        #expect(Double(found[index]) + shift[index % kernel.outputs] == values[index], "\(kernel.layer)")
      }
      compared += 1
    }
    #expect(compared >= 1)
  }

  @Test(arguments: [OptimizationEffort.fast, .normal])
  func `an interrupted search goes on to the same end`(_ effort: OptimizationEffort) throws {
    var network = try TestNetworks.classifier()
    let data = network.events(400)
    let optimizer = try optimizer(network, data, options(effort))
    let whole = try search(optimizer)
    let part = try search(optimizer, limit: 2)
    #expect(part.points.count == 2)
    #expect(part.states.last?.stage == 1)
    let rest = try search(optimizer, from: part.states.last)
    #expect((part.points + rest.points).map(\.graph.description) == whole.points.map(\.graph.description))
  }

  @Test func `poor calibration data make poor networks, and messages, but no trouble`() throws {
    var network = try TestNetworks.classifier()
    let width = 6
    var constant = network.events(300)
    constant = CalibrationData(
      inputs: constant.inputs.enumerated().map {
        $0 % width == 2 ? 1.5 : $0 % width == 4 ? constant.inputs[$0 - 1] : $1
      },
      samples: 300
    )
    let log = DiagnosticLog()
    let points = try search(try optimizer(network, constant, options(.normal), log: log)).points
    #expect(points.allSatisfy { $0.score.kl.value.isFinite })
    #expect(log.all.map(\.code).contains("constant-inputs"))
    #expect(log.all.map(\.code).contains("duplicate-inputs"))
    #expect(log.all.map(\.code).contains("few-events"))
    let single = network.events(1)
    for effort in [OptimizationEffort.fast, .normal] {
      let points = try search(try optimizer(network, single, options(effort))).points
      #expect(!points.isEmpty)
    }
    var missing = network.events(4)
    missing = CalibrationData(inputs: missing.inputs.enumerated().map { $0 == 7 ? .nan : $1 }, samples: 4)
    let broken = missing
    #expect { try optimizer(network, broken, options(.fast)) } throws: { "\($0)".contains("nan") }
  }

  @Test func `dead neurons are no trouble, and cost nothing`() throws {
    var network = try TestNetworks.classifier()
    let data = network.events(400)
    var model = network.model
    // One never speaks, another is not heard, a third says the same of every event.
    for index in model.nodes.indices {
      guard case .dense(var layer) = model.nodes[index].operation else { continue }
      if model.nodes[index].name == "first" {
        for i in 0..<6 { for j in [3, 7] { layer.kernel.values[i * 10 + j] = 0 } }
        layer.bias?.values[3] = -1
        layer.bias?.values[7] = 0.75
      }
      if model.nodes[index].name == "second" { for j in 0..<8 { layer.kernel.values[5 * 8 + j] = 0 } }
      model.nodes[index].operation = .dense(layer)
    }
    for effort in [OptimizationEffort.fast, .normal] {
      let optimizer = try BudgetOptimizer(model, calibration: data, options: options(effort), log: DiagnosticLog())
      let points = try search(optimizer).points
      #expect(points.allSatisfy { $0.score.kl.value.isFinite })
      #expect((points.first?.score.kl.value ?? 1) < 0.05)
      for point in points {
        guard case .dense(let dense)? = point.graph.nodes.first(where: { $0.name == "second" })?.operation else {
          continue
        }
        #expect([3, 5, 7].allSatisfy { i in (0..<8).allSatisfy { dense.weights[i * 8 + $0] == 0 } })
      }
    }
  }

  @Test(arguments: TestNetworks.Output.allCases)
  func `outputs of every kind have a curve`(_ kind: TestNetworks.Output) throws {
    var network = try TestNetworks.with(kind)
    let data = network.events(400)
    var options = options(.normal)
    options.plan = AnnealingPlan(stages: 4, ratio: 6, steps: 20, statistics: 400)
    let points = try search(try optimizer(network, data, options)).points
    let first = try #require(points.first)
    let last = try #require(points.last)
    #expect(points.count == 4)
    #expect(first.score.kl.value < 0.05 && first.score.kl.value < last.score.kl.value)
    #expect(last.estimate.lut < first.estimate.lut)
    #expect((first.score.agreement == nil) == (kind == .autoencoder || kind == .regression))
  }

  @Test func `trained types are dropped on request, and the trained answers kept`() throws {
    var network = try TestNetworks.classifier()
    let data = network.events(400)
    let coarse = FixedPointType(width: 4, integerBits: 3, isSigned: true, rounding: .roundHalfUp, overflow: .saturate)
    let none = FixedPointType(width: 0, integerBits: 0, isSigned: false)
    var types = [FixedPointType](repeating: coarse, count: 6)
    types[4] = none
    let model = network.model.quantized(behind: "x", types)
    let free = try model.freedOfTypes()
    #expect(model.hasTrainedTypes && !free.hasTrainedTypes)
    let event = data.inputs.prefix(6).enumerated().map { $0 == 4 ? 0 : $1 }
    #expect(
      ReferenceEvaluator(free).evaluate(Array(data.inputs.prefix(6)), samples: 1).outputs
        == ReferenceEvaluator(network.model).evaluate(event, samples: 1).outputs
    )
    let optimizer = try BudgetOptimizer(model, calibration: data, options: options(.normal), log: DiagnosticLog())
    let found = optimizer.evaluation.targets(of: model, optimizer.training.inputs.map(Double.init), events: 320)
    #expect(zip(found, optimizer.training.targets).allSatisfy { abs($0 - Double($1)) < 1e-5 })
    #expect(try search(optimizer).points.count == 5)
  }

  @Test func `uniform bits are those that nothing of fewer bits betters`() throws {
    var network = try TestNetworks.classifier()
    let data = network.events(300)
    let optimizer = try optimizer(network, data, options(.fast))
    let points = try optimizer.uniformPoints(SearchHooks(estimate: Self.estimate, goesOn: { true }))
    #expect(points.count >= 4)
    for a in points {
      for b in points where a.weightBits <= b.weightBits && a.activationBits <= b.activationBits {
        #expect(a.point.score.kl.value >= b.point.score.kl.value)
      }
    }
  }

  @Test func `dropped inputs are not used`() throws {
    var network = try TestNetworks.classifier()
    let data = network.events(400)
    var options = options(.fast)
    options.droppedInputs = [1, 5]
    let without = try search(try optimizer(network, data, options)).points
    // What they said is missed: losses are those against the whole model.
    let whole = try search(try optimizer(network, data, self.options(.fast))).points
    #expect(try #require(without.first).score.kl.value > 3 * (try #require(whole.first)).score.kl.value)
    for point in without {
      guard case .dense(let dense)? = point.graph.nodes.first(where: { $0.name == "first" })?.operation else {
        continue
      }
      #expect([1, 5].allSatisfy { i in (0..<10).allSatisfy { dense.weights[i * 10 + $0] == 0 } })
    }
    options.droppedInputs = [6]
    let wrong = options
    let model = network
    #expect(throws: Diagnostic.self) { try optimizer(model, data, wrong) }
  }
}
