import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import Fuzzing
import HLSBackend
import LogicMapping
import Lowering
import NetlistPasses
import Simulation
import Verification

/// What random networks are of.
enum FuzzFamily: CaseIterable {
  /// Chains of layers with joins, in one pipeline.
  case layers
  /// Windows over images and sequences.
  case images
  /// Random cells, and recurrent layers as they are trained.
  case sequences
  /// Attention, mixers and sums over particles.
  case particles

  /// Of eight networks four are chains, two images.
  init(ofNetwork number: Int) {
    switch number % 8 {
    case 1: self = .sequences
    case 3, 7: self = .images
    case 5: self = .particles
    default: self = .layers
    }
  }

  /// Networks that share a build.
  var batchSize: Int {
    switch self {
    case .layers, .images: 20
    case .sequences, .particles: 10
    }
  }

  /// Whether there are other forms than one pipeline.
  var hasForms: Bool { self != .layers }

  /// What a user sees while it runs.
  var words: String {
    switch self {
    case .layers: "networks"
    case .images: "image networks"
    case .sequences: "recurrent networks"
    case .particles: "particle networks"
    }
  }

  /// A network, before anyone has looked whether all forms can build it.
  fileprivate func network(seed: UInt64) throws -> FixedPointGraph {
    var random = RandomFixedPointGraph(seed: seed)
    switch self {
    case .layers: return random.graph(layers: random.int(1...6))
    case .images: return random.imageGraph(layers: random.int(1...5))
    case .sequences:
      // As often a cell of any operations, with all that their types may do, as a trained layer.
      if random.int(0...1) == 0 { return random.sequenceGraph(streams: random.int(0...1) == 0) }
      var model = RandomModel(seed: seed)
      return try model.quantized(model.sequence())
    case .particles:
      var model = RandomModel(seed: seed)
      return try model.quantized(model.particles())
    }
  }
}

/// Random networks side by side, and events for them.
struct FuzzBatch {
  let numbers: [Int]
  let family: FuzzFamily
  /// How sums are built.
  let adders: HardwareChoices.Adders
  /// How the logic of pipelines is written.
  let logic: LogicStyle
  /// Whether kernels fire at two positions at once, in rounds; else at all.
  private let firesInRounds: Bool
  /// Whether there is HLS C++ of them, whose build costs several times Verilator's.
  let isWrittenAsCpp: Bool
  private(set) var networks: [FixedPointGraph] = []
  /// By event, the inputs of all networks.
  private(set) var events: [[Double]]
  let union: FixedPointGraph

  let part = PartCatalogue.all[0]
  /// In nanoseconds: now and then too short for a whole multiplication.
  private var clockPeriod: Double { numbers[0] % 3 == 2 ? 2 : Self.usualClockPeriod }
  private static let usualClockPeriod = 5.0

  var words: String { "\(family.words) \(numbers[0]) to \(numbers[numbers.count - 1])" }

  /// - Parameter index: of the batch in its family.
  init(_ numbers: [Int], family: FuzzFamily, index: Int, seed: UInt64, samples: Int) throws {
    self.numbers = numbers
    self.family = family
    adders = Self.adders[index % Self.adders.count]
    // The first batch of a family is mapped with sums of three, as trees and tables are by default.
    logic = index % 3 == 0 ? .primitives : .expressions
    firesInRounds = index % 2 == 1
    isWrittenAsCpp = index % 2 == 0
    events = [[Double]](repeating: [], count: samples)
    for number in numbers {
      // Each network has a seed of its own, so that one can be looked at alone.
      var random = RandomFixedPointGraph(seed: seed &+ UInt64(number) &* 0x9E37_79B9)
      var network = try Self.network(of: family, &random)
      if family == .layers && number % 4 == 0 { network.setImplementation(strategy: .logic) }
      try FixedPointGraphVerifier.verify(network)
      for sample in events.indices { events[sample] += random.inputs(for: network) }
      networks.append(network)
    }
    union = FixedPointGraph.union(of: networks, named: "fuzz")
  }

  /// A network that all forms can build: in some, sums would be wider than hardware may be.
  private static func network(of family: FuzzFamily, _ random: inout RandomFixedPointGraph) throws -> FixedPointGraph {
    var refusal: (any Error)?
    for _ in 0..<100 {
      do {
        let network = try family.network(seed: random.generator.next())
        try FixedPointGraphVerifier.verify(network)
        if family.hasForms {
          _ = try Lowering.lower(network)
          _ = try DesignMaker.streamed(network.withoutDeadNeurons, options: options)
        }
        return network
      } catch { refusal = error }
    }
    throw refusal ?? CancellationError()
  }

  private static let adders: [HardwareChoices.Adders] = [.primitives, .binary, .ternary, .binary]

  var pipeline: PipelineOptions { PipelineOptions(clockPeriod: clockPeriod, joinsSums: adders != .binary) }

  /// For what depends on nothing but the network.
  private static var options: DesignOptions {
    DesignOptions(
      pipeline: PipelineOptions(clockPeriod: usualClockPeriod),
      delays: DelayModel.of(PartCatalogue.all[0].family)
    )
  }

  private var options: DesignOptions {
    var options = Self.options
    options.pipeline = pipeline
    return options
  }

  /// A module for every kernel, one cell for all steps, multipliers shared where a network says so.
  var shared: Design {
    get throws {
      var options = options
      options.hierarchy = .shared
      options.recurrence = .sequential
      options.parallelPositions = firesInRounds ? 2 : nil
      return try DesignMaker.design(of: union, options: options)
    }
  }

  /// Position by position.
  var streamed: Design {
    get throws { try DesignMaker.streamed(union.withoutDeadNeurons, options: options).design }
  }

  // MARK: - HLS C++

  /// What compiled C++ makes of the networks that it can be written for; nil where there is none.
  ///
  /// - Parameter inputs: by event, those of all networks.
  func cppAnswer(
    isStreamed: Bool,
    inputs: [[Int128]],
    headers: ApTypes
  ) async throws -> (members: [Int], outputs: [[Int128]])? {
    // Some have state, or tables without bits.
    let members = networks.indices.filter { (try? cppProject(of: networks[$0], isStreamed: isStreamed)) != nil }
    if members.isEmpty { return nil }
    let union = FixedPointGraph.union(of: members.map { networks[$0] }, named: "fuzz")
    let project = try cppProject(of: union, isStreamed: isStreamed)
    let ranges = Self.ranges(networks.map(\.inputCount))
    let own = inputs.map { event in members.flatMap { event[ranges[$0]] } }
    let build = CppBuild(headers: headers)
    let outputs = try await inTemporaryFolder { folder in
      try await EmulatorRun(project.files, interface: project.interface, build: build, folder: folder)
        .outputs(for: own)
    }
    return (members, outputs)
  }

  private func cppProject(of graph: FixedPointGraph, isStreamed: Bool) throws -> HLSProject {
    var live = graph.withoutDeadNeurons
    HLSBackend.legalizeReuseFactors(&live, log: DiagnosticLog())
    let analysis = RangeAnalysis(live)
    let plans = AdderGraphPlans(
      live,
      analysis: analysis,
      options: LoweringOptions(),
      isWanted: { !isStreamed && HLSBackend.usesAdderGraph($0) }
    )
    var options = HLSOptions(top: "fuzz", version: "1", part: part.orderingCode, clockPeriod: clockPeriod)
    options.isStreamed = isStreamed
    if isStreamed { options.interface = .stream }
    return try HLSBackend.emit(live, analysis: analysis, adderGraphs: plans, options: options)
  }

  // MARK: - Comparison

  /// One after the other, so many elements each.
  private static func ranges(_ counts: [Int]) -> [Range<Int>] {
    var end = 0
    return counts.map { count in
      defer { end += count }
      return end..<end + count
    }
  }

  /// Where answers are not those of the simulator.
  ///
  /// - Parameters:
  ///   - members: the networks that answered, by their place in the batch.
  ///   - outputs: by event, theirs.
  func failures(_ form: String, _ members: [Int], _ outputs: [[Int128]], _ simulated: SampleValues)
    -> [FuzzReport.Failure]
  {
    let expected = Self.ranges(networks.map(\.outputCount))
    let found = Self.ranges(members.map { networks[$0].outputCount })
    return zip(members, found).compactMap { member, elements in
      let mismatches = outputs.indices.reduce(0) { sum, sample in
        sum
          + zip(elements, expected[member]).count { own, element in
            outputs[sample][own] != simulated.raw(sample: sample, element: element)
          }
      }
      guard mismatches > 0 else { return nil }
      return FuzzReport.Failure(
        network: numbers[member],
        against: form,
        mismatches: mismatches,
        graph: networks[member].description
      )
    }
  }
}
