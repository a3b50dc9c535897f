import AdderGraphs
import CircuitIR
import Devices
import Diagnostics
import FixedPointIR
import Lowering
import NetlistPasses

/// The quantised model as a pipeline for a part: how it is computed.
struct Hardware {
  var circuit: Circuit
  var part: Part
}

extension Compiler {
  /// hls4ml's default, 200 MHz.
  static let defaultClockPeriod = 5.0

  /// How adder graphs are sought.
  var loweringOptions: LoweringOptions {
    LoweringOptions(effort: options.hardware.effort.adderGraphEffort, seed: options.seed, threads: threadCount)
  }

  /// Lowers and pipelines.
  func hardware(for quantized: QuantizedModel) throws -> Hardware {
    let part = try part(named: quantized.part)
    let period = clockPeriod(for: quantized)
    let netlist = try clock.measure("lower", "building adder graphs") {
      try Lowering.lower(quantized.graph, options: loweringOptions)
    }
    let circuit = clock.measure("schedule", "placing pipeline registers") {
      PipelineScheduler.schedule(
        netlist,
        delays: DelayModel.of(part.family),
        options: PipelineOptions(clockPeriod: period, latency: options.hardware.latency)
      )
    }
    if let wish = options.hardware.latency, circuit.latency > wish {
      log.report(
        .warning(
          "latency-raised",
          "a latency of \(wish) cycles cannot be reached; the least is \(circuit.latency)",
          hint: "lengthen --clock-period or narrow the types"
        )
      )
    }
    return Hardware(circuit: circuit, part: part)
  }

  func clockPeriod(for quantized: QuantizedModel) -> Double {
    options.hardware.clockPeriod ?? quantized.clockPeriod ?? Self.defaultClockPeriod
  }

  func part(named configured: String?) throws -> Part {
    try Self.part(named: options.hardware.part ?? configured ?? PartCatalogue.defaultName)
  }

  /// The part of a name or ordering code.
  static func part(named name: String) throws -> Part {
    if let part = PartCatalogue.part(named: name) { return part }
    let known = PartCatalogue.all.map(\.name)
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
