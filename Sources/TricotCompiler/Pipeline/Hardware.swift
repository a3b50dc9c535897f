import AdderGraphs
import DesignBuilding
import DesignIR
import Devices
import Diagnostics
import FixedPointIR
import LogicMapping
import Lowering
import NetlistPasses

/// The quantised model as hardware for a part: how it is computed.
package struct Hardware {
  var design: Design
  var part: Part
  /// How the logic of pipelines is written.
  var logic: LogicStyle = .expressions
  /// Whether sums of three are instances of the part's primitives.
  var usesPrimitives = false
  /// Between the stages of a streaming design.
  var queues: [StreamQueue] = []
}

extension Compilation {
  /// hls4ml's default, 200 MHz.
  static let defaultClockPeriod = 5.0

  /// How adder graphs are sought.
  var loweringOptions: LoweringOptions {
    LoweringOptions(
      effort: options.hardware.effort.adderGraphEffort,
      seed: options.seed,
      threads: threadCount,
      extraDepth: options.hardware.extraDepth ?? LoweringOptions.standardExtraDepth
    )
  }

  /// How layers are built.
  func designOptions(for quantized: QuantizedModel, part: Part) -> DesignOptions {
    let period = clockPeriod(for: quantized)
    return DesignOptions(
      lowering: loweringOptions,
      pipeline: PipelineOptions(
        clockPeriod: period,
        margin: (clockUncertainty(for: quantized) ?? .standard).share(of: period),
        latency: options.hardware.latency,
        joinsSums: quantized.adders(options.hardware) != .binary
      ),
      delays: DelayModel.of(part.family),
      hierarchy: options.hardware.hierarchy.choice,
      recurrence: options.hardware.recurrence.choice,
      parallelPositions: options.hardware.parallelPositions
    )
  }

  /// The model as hardware: one pipeline where no layer asks for another form.
  func makeHardware() throws -> Hardware {
    let quantized = try quantized
    let part = try part(named: quantized.part)
    let design = designOptions(for: quantized, part: part)
    let live = try liveGraph
    func hardware(_ design: Design, queues: [StreamQueue] = []) -> Hardware {
      Hardware(
        design: design,
        part: part,
        logic: quantized.logic(options.hardware.logic),
        usesPrimitives: quantized.adders(options.hardware) == .primitives,
        queues: queues
      )
    }
    if isStreamed(quantized) {
      if options.hardware.parallelPositions != nil {
        throw Diagnostic.error(
          "option-without-effect",
          "\(option: .parallelPositions) has no effect on a stream, which brings a position at a time",
          hint: "leave it out, or give \(option: .io, "parallel")"
        )
      }
      let made = try clock.measure("lower", "building modules") {
        try DesignMaker.streamed(live.graph, options: design)
      }
      return hardware(made.design, queues: made.queues)
    }
    let made =
      DesignMaker.isOnePipeline(live.graph, options: design)
      ? Design(try pipeline(design))
      : try clock.measure("lower", "building modules") { try DesignMaker.composed(live.graph, options: design) }
    if let wish = options.hardware.latency, made.interface.latency > wish {
      log.report(
        .warning(
          "latency-raised",
          "a latency of \(wish) cycles cannot be reached; the least is \(made.interface.latency)",
          hint: "lengthen \(option: .clockPeriod) or narrow the types"
        )
      )
    }
    return hardware(made)
  }

  /// Whether events stream through position by position.
  func isStreamed(_ quantized: QuantizedModel) -> Bool {
    options.hardware.io.map { $0 == .stream } ?? quantized.isStreamed
  }

  /// Lowers and pipelines.
  private func pipeline(_ design: DesignOptions) throws -> Circuit {
    let netlist = try netlist
    return clock.measure("schedule", "placing pipeline registers") {
      PipelineScheduler.schedule(netlist, delays: design.delays, options: design.pipeline)
    }
  }

  func clockPeriod(for quantized: QuantizedModel) -> Double {
    options.hardware.clockPeriod ?? quantized.clockPeriod ?? Self.defaultClockPeriod
  }

  /// What the user asks for; nil: what the tools take.
  func clockUncertainty(for quantized: QuantizedModel) -> ClockUncertainty? {
    options.hardware.clockUncertainty.flatMap(ClockUncertainty.init(parsing:)) ?? quantized.clockUncertainty
  }

  func part(named configured: String?) throws -> Part {
    try PartCatalogue.requirePart(named: options.hardware.part ?? configured ?? PartCatalogue.defaultName)
  }
}

extension PartCatalogue {
  /// The part of a name or ordering code.
  static func requirePart(named name: String) throws -> Part {
    if let part = part(named: name) { return part }
    let known = all.map(\.name)
    let near = nearestName(to: String(name.prefix { $0 != "-" }), among: known)
    throw Diagnostic.error(
      "unknown-part",
      "'\(name)' is no part that Tricot knows",
      hint: near.map { "did you mean '\($0)'?" } ?? "choose one of \(known.joined(separator: ", "))"
    )
  }
}

extension HardwareChoices.Effort {
  var adderGraphEffort: AdderGraphs.Effort {
    switch self {
    case .fast: .fast
    case .normal: .normal
    case .high: .high
    }
  }
}

extension HardwareChoices.Hierarchy {
  fileprivate var choice: HierarchyChoice {
    switch self {
    case .automatic: .automatic
    case .flat: .flat
    case .shared: .shared
    }
  }
}

extension HardwareChoices.Recurrence {
  fileprivate var choice: RecurrenceChoice {
    switch self {
    case .unrolled: .unrolled
    case .sequential: .sequential
    }
  }
}
