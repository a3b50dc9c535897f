import DesignIR
import Devices
import Diagnostics
import Estimation
import FixedPoint
import FixedPointIR
import NetlistIR
import NetlistPasses

extension Compilation {
  /// Everything that is to be seen of a model: layers, types, resources, stages, and how near it comes to its float model.
  ///
  /// ``ModelReport/html`` is the same as a page; ``writeReport(to:backend:input:labels:replacing:)`` writes it.
  ///
  /// - Parameters:
  ///   - backend: Whose hardware; nil: Verilog.
  ///   - input: A `.npy` of typical events, `[events, inputs]`; nil: the calibration data, if given.
  ///   - labels: A `.npy` with the class of each event of `input`, or a column for each class.
  public func modelReport(backend: String? = nil, input: String? = nil, labels: String? = nil) throws -> ModelReport {
    let maker = try BackendRegistry.backend(named: backend)
    try maker.refuseIdleOptions(options, for: .project)
    return try modelReport(of: maker, input: input, labels: labels)
  }

  /// The same with yosys's counts of the Verilog beside the estimate.
  public func modelReport(
    synthesize: Bool,
    backend: String? = nil,
    input: String? = nil,
    labels: String? = nil
  ) async throws -> ModelReport {
    var report = try modelReport(backend: backend, input: input, labels: labels)
    if synthesize { report.estimation = try await estimate(synthesize: true, backend: backend) }
    return report
  }

  /// Writes the page of a model: one HTML file that needs nothing else.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - backend: Whose hardware; nil: Verilog.
  ///   - input: A `.npy` of typical events, `[events, inputs]`; nil: the calibration data, if given.
  ///   - labels: A `.npy` with the class of each event of `input`, or a column for each class.
  ///   - replacing: Whether a file that is there may be replaced.
  /// - Returns: what the page shows.
  @discardableResult
  public func writeReport(
    to path: String,
    backend: String? = nil,
    input: String? = nil,
    labels: String? = nil,
    replacing: Bool = false
  ) throws -> ModelReport {
    try FileWriting.check(path, replacing: replacing)
    let report = try modelReport(backend: backend, input: input, labels: labels)
    try FileWriting.replace(path, with: Array(try report.html.utf8))
    return report
  }

  func modelReport(of backend: any Backend, input: String? = nil, labels: String? = nil) throws -> ModelReport {
    let quantized = try quantized
    let hardware = try backend.hardware(of: self)
    let estimation = try backend.estimate(of: self)
    let inspection = try inspect(input: input)
    return try clock.measure("report", "drawing the report") {
      let events = try ReportEvents(self, input: input, labels: labels)
      let observed = try events.map { try ObservedModel(self, events: $0) }
      return ModelReport(
        tricot: TricotVersion.current,
        backend: backend.name,
        inspection: inspection,
        estimation: estimation,
        device: ModelReport.Device(hardware.part, total: estimation.resources),
        provenance: try provenance(of: quantized),
        network: ModelReport.network(of: quantized),
        profiles: WeightProfiles.profiles(of: quantized) + (observed?.profiles ?? []),
        pipelines: ModelReport.pipelines(of: hardware),
        comparison: observed?.comparison,
        efficiency: try events?.efficiency(of: self)
      )
    }
  }

  private func provenance(of quantized: QuantizedModel) throws -> ModelReport.Provenance {
    let given = Manifest.Options(options, arithmetic: quantized.arithmetic)
    return ModelReport.Provenance(
      arithmetic: quantized.arithmetic.rawValue,
      types: words(on: quantized),
      files: quantized.files.map { .init(role: $0.role, name: $0.name, sha256: $0.sha256) },
      options: try given.list
    )
  }

  /// Where the types come from.
  private func words(on quantized: QuantizedModel) -> String {
    switch quantized.arithmetic {
    case .native:
      options.quantization.calibration == nil
        ? "Native arithmetic without calibration data: activations hold whatever the inputs' types can lead to, by proof."
        : "Native arithmetic: sums are exact, activations hold the range of the calibration data, round and saturate."
    case .hls4ml:
      quantized.files.contains { $0.role == "configuration" }
        ? "hls4ml's arithmetic: types of the configuration, and hls4ml's own inference where it says 'auto' or nothing."
        : "hls4ml's arithmetic: the default precision for every layer."
    case .conifer: "conifer's arithmetic: types of its configuration, and stepwise sums."
    case .trained:
      quantized.model == nil
        ? "A model that was quantised before: its own types."
        : "The types that the model was trained with; sums are exact."
    }
  }
}

extension Manifest.Options {
  /// What was given, by name.
  fileprivate var list: [ModelReport.Provenance.Option] {
    get throws {
      // The lines of its JSON, so that a new option is here, too: `  "key" : value,`.
      try jsonText(self).split(separator: "\n").compactMap { line in
        guard let colon = line.firstRange(of: " : ") else { return nil }
        let name = line[..<colon.lowerBound].filter { $0 != "\"" && $0 != " " }
        let value = line[colon.upperBound...].filter { $0 != "\"" }
        return .init(name: String(name), value: value.hasSuffix(",") ? String(value.dropLast()) : String(value))
      }
    }
  }
}

extension ModelReport.Device {
  init(_ part: Part, total: ResourceReport) {
    let regions = max(part.superLogicRegions, 1)
    func share(_ whole: Int) -> Int { whole / regions }
    let capacity = part.capacity
    let used = ResourceCount(lut: total.lut, ff: total.ff, dsp: total.dsp, bram18: total.bram36 * 2)
    self.init(
      name: part.name,
      family: part.family.rawValue,
      superLogicRegions: part.superLogicRegions,
      capacity: ResourceReport(capacity),
      regionUtilization: UtilizationReport(
        used,
        of: ResourceCount(
          lut: share(capacity.lut),
          ff: share(capacity.ff),
          dsp: share(capacity.dsp),
          bram18: share(capacity.bram18)
        )
      )
    )
  }
}

extension ModelReport {
  /// Layers, what they read, and what their types do to what they compute.
  fileprivate static func network(of quantized: QuantizedModel) -> [NetworkNode] {
    let graph = quantized.graph
    var makers: [FixedTensorID: Int] = [:]
    return graph.nodes.enumerated().map { index, node in
      makers[node.output] = index
      let types = graph[node.output].types
      let exact = quantized.analysis.exact[index]
      let rounds = exact.indices.contains { exact[$0].fractionBits > types[$0].fractionBits }
      let isInput = node.operation.kind == .input
      return NetworkNode(
        name: node.name,
        kind: node.kind,
        type: types.shortSummary,
        inputs: node.inputs.compactMap { makers[$0] },
        keeps: isInput ? "" : rounds ? "rounds" : "exact"
      )
    }
  }

  /// The pipelines of a design, the largest first.
  fileprivate static func pipelines(of hardware: Hardware) -> [Pipeline] {
    let design = hardware.design
    let delays = DelayModel.of(hardware.part.family)
    let found = zip(design.modules, design.instanceCounts).compactMap { module, count -> Pipeline? in
      guard count > 0, case .pipeline(let leaf) = module else { return nil }
      return Pipeline(
        name: leaf.name,
        instances: count,
        stageNs: StageDelays.picoseconds(of: leaf.circuit, delays: delays).map { Double($0) / 1000 },
        layers: zip(leaf.circuit.netlist.scopes, leaf.circuit.layerStages).map { scope, stages in
          .init(name: scope.name, firstStage: stages.lowerBound, lastStage: stages.upperBound)
        }
      )
    }
    return found
  }
}
