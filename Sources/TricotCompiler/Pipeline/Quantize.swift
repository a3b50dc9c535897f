import Diagnostics
import FixedPoint
import FixedPointIR
import ModelIR
import Quantization

extension Compilation {
  /// Prunes and quantises what was loaded; every quantiser verifies its graph.
  func quantize() throws -> QuantizedModel {
    let loaded = try loaded
    if case .quantized(let graph) = loaded.content { return try settled(graph, files: loaded.files) }
    let trained = try loaded.graph
    let arithmetic = try arithmetic(for: loaded)
    try refuseTreeOutput(loaded)
    let input = try self.calibration
    let calibration = input?.data
    return try clock.measure("quantize", "quantising") {
      let (model, pruning) = try prune(trained, calibration: calibration)
      let made =
        switch arithmetic {
        case .native: try quantizeNatively(model, calibration: calibration)
        case .hls4ml: AnalysedGraph(try quantizeAsHLS4ML(model, document: loaded.document))
        case .trained: try quantizeAsTrained(model)
        case .conifer: AnalysedGraph(try quantizeAsConifer(model, configuration: loaded.conifer))
        }
      var graph = made.graph
      let analysis = made.analysis
      let simplified = AccumulatorSimplification.run(&graph, analysis: analysis)
      reportStepwiseAccumulators(of: graph)
      return QuantizedModel(
        model: model,
        graph: graph,
        analysis: analysis,
        arithmetic: arithmetic,
        simplified: simplified,
        pruning: pruning,
        part: loaded.document?.part ?? loaded.conifer?.part,
        clockPeriod: loaded.document?.clockPeriod ?? loaded.conifer?.clockPeriod,
        clockUncertainty: loaded.document?.clockUncertainty ?? loaded.conifer?.clockUncertainty,
        isStreamed: loaded.document?.interface == .stream,
        pipeline: loaded.document.flatMap(Self.pipelineWish),
        files: loaded.files + [input?.file].compactMap { $0 }
      )
    }
  }

  private static func pipelineWish(of document: HLS4MLDocument) -> PipelineWish? {
    let model = document.configuration.model
    return model.pipelineOrigin.map {
      PipelineWish(style: model.pipelineStyle, interval: model.pipelineInterval, origin: $0)
    }
  }

  private func arithmetic(for loaded: LoadedModel) throws -> Arithmetic {
    // A configuration of hls4ml's gives the layers of QKeras the types that hls4ml gives them.
    let isForHLS4ML = try loaded.document != nil && loaded.graph.hasConfigurableTypes
    let isTrained = try loaded.graph.hasTrainedTypes && !isForHLS4ML
    let configured: Arithmetic = loaded.conifer != nil ? .conifer : loaded.document != nil ? .hls4ml : .native
    let arithmetic = options.arithmetic ?? (isTrained ? .trained : configured)
    guard isTrained == (arithmetic == .trained) else {
      throw Diagnostic.error(
        "option-without-effect",
        isTrained
          ? "the model brings the types it was trained with, which \(option: .arithmetic, arithmetic.rawValue) would replace"
          : "\(option: .arithmetic, "trained") is for models that bring types, and this one has none",
        at: Origin(file: options.model),
        hint: "leave \(option: .arithmetic) out"
      )
    }
    func refuse(_ option: DiagnosticText, _ hint: DiagnosticText) throws {
      throw Diagnostic.error(
        "option-without-effect",
        "\(option) has no effect in \(arithmetic.rawValue) arithmetic",
        hint: hint
      )
    }
    switch arithmetic {
    case .native:
      if options.configuration != nil {
        try refuse("\(option: .config)", "leave it out, or use \(option: .arithmetic, "hls4ml")")
      }
      if options.quantization.coverage != nil && options.quantization.calibration == nil {
        try refuse("\(option: .coverage)", "it is a share of \(option: .calibration) data; leave it out")
      }
      if options.inputPrecision != nil && options.quantization.hasInputBits {
        throw Diagnostic.error(
          "option-without-effect",
          "\(option: .inputBits) has no effect beside \(option: .inputPrecision)",
          hint: "give one of them"
        )
      }
    case .hls4ml, .conifer:
      if options.configuration != nil && arithmetic != configured {
        try refuse("\(option: .config)", "give a configuration of \(arithmetic.rawValue)'s")
      }
      let native = options.quantization
      if native.hasInputBits { try refuse("\(option: .inputBits)", "state the inputs' precision in the configuration") }
      if native.coverage != nil {
        try refuse("\(option: .coverage)", "leave it out, or use \(option: .arithmetic, "native")")
      }
      if native.weightBits != nil {
        try refuse("\(option: .weightBits)", "state the weights' precision in the configuration")
      }
      if native.activationBits != nil {
        try refuse("\(option: .activationBits)", "state the results' precision in the configuration")
      }
    case .trained: try refuseChoices(loaded, refuse)
    }
    return arithmetic
  }

  /// Networks say themselves what they return.
  func refuseTreeOutput(_ loaded: LoadedModel) throws {
    let tools: [ModelSource] = [.keras, .onnx, .tensorflow, .pytorch]
    let source = try loaded.graph.source
    guard options.treeOutput != .margin, tools.contains(source) else { return }
    throw Diagnostic.error(
      "option-without-effect",
      "\(option: .treeOutput) has no effect on models of \(source.rawValue)",
      at: Origin(file: options.model),
      hint: "leave it out: the file says what the model returns"
    )
  }

  /// Types and weights of a model that brings them are not for choice.
  private func refuseChoices(_ loaded: LoadedModel, _ refuse: (DiagnosticText, DiagnosticText) throws -> Void) throws {
    let choices = options.quantization
    let hasFreeInput = try TrainedQuantizer.unquantizedInput(of: loaded.graph) != nil
    let given: [(option: DiagnosticText, isGiven: Bool)] = [
      ("an hls4ml configuration", loaded.document != nil),
      ("\(option: .precision)", options.precision != nil),
      (
        "\(option: .inputPrecision)",
        options.inputPrecision != nil && !hasFreeInput
      ),
      ("\(option: .calibration)", choices.calibration != nil), ("\(option: .coverage)", choices.coverage != nil),
      ("\(option: .inputBits)", choices.hasInputBits), ("\(option: .weightBits)", choices.weightBits != nil),
      ("\(option: .activationBits)", choices.activationBits != nil),
      ("\(option: .sparsity)", options.pruning != nil),
    ]
    for choice in given where choice.isGiven {
      try refuse(choice.option, "leave it out: the model brings its weights and types as they were trained")
    }
  }

  /// The types that the model brings; inputs that it reads without a quantiser are of the type that is given, or of the widest usual one
  /// with which exact numbers behind them are not too wide.
  private func quantizeAsTrained(_ model: ModelGraph) throws -> AnalysedGraph {
    let implementation = try implementation()
    func quantized(_ input: FixedPointType?, _ log: DiagnosticLog) throws -> AnalysedGraph {
      try TrainedQuantizer.quantizeAnalysed(model, implementation: implementation, inputType: input, log: log)
    }
    guard let reader = TrainedQuantizer.unquantizedInput(of: model) else { return try quantized(nil, log) }
    if let given = options.inputPrecision {
      return try quantized(try type(given, option: .inputPrecision), log)
    }
    var types = TrainedQuantizer.usualInputTypes[...]
    while let input = types.popFirst() {
      let findings = DiagnosticLog()
      do {
        let result = try quantized(input, findings)
        reportFallback(input, reader)
        for finding in findings.all { log.report(finding) }
        return result
      } catch let refusal as Diagnostic where refusal.code == "too-wide" && !types.isEmpty {
        continue
      } catch {
        reportFallback(input, reader)
        throw error
      }
    }
    preconditionFailure("the last type is refused or taken")
  }

  private func reportFallback(_ input: FixedPointType, _ reader: ModelNode) {
    log.report(
      .warning(
        "unquantised-input",
        "'\(reader.name)' uses an input of the model that training gave no type; its port takes \(input.shortDescription)",
        at: reader.origin,
        hint: "state the inputs' type with \(option: .inputPrecision)"
      )
    )
  }

  private func quantizeNatively(_ model: ModelGraph, calibration: CalibrationData?) throws -> AnalysedGraph {
    try NativeQuantizer.quantizeAnalysed(model, options: nativeOptions(), calibration: calibration, log: log)
  }

  func nativeOptions() throws -> NativeOptions {
    var native = NativeOptions()
    native.inputType = try options.inputPrecision.map { try type($0, option: .inputPrecision) }
    native.precision = try options.precision.map { try type($0, option: .precision) }
    native.inputBits = options.quantization.inputBits ?? native.inputBits
    native.alignsPositions = options.hardware.io == .stream
    native.featureBits = options.quantization.featureBits
    native.weightBits = options.quantization.weightBits ?? native.weightBits
    native.activationBits = options.quantization.activationBits ?? native.activationBits
    native.coverage = options.quantization.coverage ?? native.coverage
    native.implementation = try implementation()
    return native
  }

  private func quantizeAsConifer(
    _ model: ModelGraph,
    configuration: ConiferConfiguration?
  ) throws -> FixedPointGraph {
    // conifer's own default.
    var settings = configuration ?? ConiferConfiguration(precision: .fixed(FixedPointType(width: 18, integerBits: 8)))
    if let precision = try options.precision.map({ try type($0, option: .precision) }) {
      settings.input = .fixed(precision)
      settings.threshold = .fixed(precision)
      settings.weight = .fixed(precision)
      settings.score = .fixed(precision)
    }
    if let precision = try options.inputPrecision.map({ try type($0, option: .inputPrecision) }) {
      settings.input = .fixed(precision)
      settings.threshold = .fixed(precision)
      settings.weight = .fixed(precision)
    }
    return try ConiferQuantizer.quantize(model, configuration: settings, log: log)
  }

  private func quantizeAsHLS4ML(_ model: ModelGraph, document: HLS4MLDocument?) throws -> FixedPointGraph {
    let fallback = FixedPointType(width: 16, integerBits: 6)
    let configuration = document?.configuration ?? HLS4MLConfiguration(defaultPrecision: fallback)
    var overrides = PrecisionOverrides(reuseFactor: options.hardware.reuseFactor)
    overrides.precision = try options.precision.map { try type($0, option: .precision) }
    overrides.inputPrecision = try options.inputPrecision.map { try type($0, option: .inputPrecision) }
    var choice: ImplementationChoice.Strategy?
    if let strategy = options.hardware.strategy {
      choice = try implementation(named: strategy)
      overrides.strategy = HLS4MLStrategy(hls4mlName: strategy)
    }
    var graph = try HLS4MLQuantizer.quantize(model, configuration: configuration, overrides: overrides, log: log)
    // hls4ml has no such strategy; its arithmetic stays that of the configuration.
    if let choice, choice.isOwn { graph.setImplementation(strategy: choice) }
    return graph
  }

  /// Tells what hls4ml's stepwise accumulators cost where they could not be proven to be exact sums.
  func reportStepwiseAccumulators(of graph: FixedPointGraph) {
    let stepwise = graph.nodes.filter { node in
      guard case .stepwise? = node.operation.denseKernel?.accumulation else { return false }
      return true
    }
    guard let first = stepwise.first else { return }
    log.report(
      Diagnostic(
        .note,
        "stepwise-accumulators",
        "the accumulators of \(stepwise.map { "'\($0.name)'" }.joined(separator: ", ")) round or overflow at each step, "
          + "so adders can be shared only among the products of one input",
        at: Origin(file: first.origin.file),
        hint:
          "give accum at least the fraction bits of input times weight and enough integer bits; exact sums take less"
      )
    )
  }

  private func type(_ text: String, option: DiagnosticOption) throws -> FixedPointType {
    do { return try FixedPointType(parsing: text) } catch let error as FixedPointTypeSyntaxError {
      throw Diagnostic.error(
        "bad-precision",
        "\(option: option): \(error)",
        hint: "write it like 'fixed<16,6,RND,SAT>'"
      )
    }
  }

  /// How all layers are built, as asked for.
  func implementation() throws -> ImplementationChoice {
    var choice = ImplementationChoice()
    if let strategy = options.hardware.strategy { choice.strategy = try implementation(named: strategy) }
    choice.reuseFactor = options.hardware.reuseFactor ?? 1
    return choice
  }

  private func implementation(named text: String) throws -> ImplementationChoice.Strategy {
    if let own = ImplementationChoice.Strategy(rawValue: text.lowercased()), own.isOwn { return own }
    switch HLS4MLStrategy(hls4mlName: text) {
    case .latency, .unrolled: return .latency
    case .resource: return .resource
    case .distributedArithmetic: return .distributedArithmetic
    case nil:
      let known = ImplementationChoice.Strategy.allCases.map(\.rawValue)
      throw Diagnostic.error(
        "unknown-strategy",
        "'\(text)' is no strategy",
        hint: nearestName(to: text, among: known).map { "did you mean '\($0)'?" }
          ?? "choose one of \(known.joined(separator: ", "))"
      )
    }
  }
}
