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

extension Compilation {
  /// hls4ml's default, 200 MHz.
  static let defaultClockPeriod = 5.0

  /// How adder graphs are sought.
  var loweringOptions: LoweringOptions {
    LoweringOptions(effort: options.hardware.effort.adderGraphEffort, seed: options.seed, threads: threadCount)
  }

  /// Lowers and pipelines.
  func pipeline() throws -> Hardware {
    let quantized = try quantized
    let part = try part(named: quantized.part)
    let period = clockPeriod(for: quantized)
    let netlist = try netlist
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
          hint: "lengthen \(option: .clockPeriod) or narrow the types"
        )
      )
    }
    return Hardware(circuit: circuit, part: part)
  }

  func clockPeriod(for quantized: QuantizedModel) -> Double {
    options.hardware.clockPeriod ?? quantized.clockPeriod ?? Self.defaultClockPeriod
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
