import AddressTables
import Basics
import DesignIR
import Devices
import Estimation
import FirmwareFiles
import FixedPoint
import FixedPointIR
import Fuzzing
import Lowering
import NetlistIR
import NetlistPasses
import Verification
import VerilogBackend

/// The packing of features as firmware.
struct TableEncoder {
  private static let top = "address_encoder"
  private static let randomEvents = 4096

  private let specification: AddressSpecification
  private let circuit: Circuit
  private let files: [ProjectFile]
  private let inputRanges: [Interval]
  private let seed: UInt64

  /// A pipeline whose netlist has answered random events like the specification itself before.
  init(_ specification: AddressSpecification, options: TableOptions) throws {
    self.specification = specification
    seed = options.seed
    let part = try PartCatalogue.requirePart(named: options.part ?? PartCatalogue.defaultName)
    let graph = specification.encoder(named: Self.top)
    try FixedPointGraphVerifier.verify(graph)
    inputRanges = graph[graph.inputs[0]].types.all.map(\.rawRange)
    let netlist = try Lowering.lower(graph)
    circuit = PipelineScheduler.schedule(
      netlist,
      delays: DelayModel.of(part.family),
      options: PipelineOptions(clockPeriod: options.clockPeriod)
    )
    files = try VerilogBackend.emit(circuit, options: VerilogOptions(top: Self.top, part: part))
    let interpreter = NetlistInterpreter(netlist)
    for x in random(256) {
      let expected = specification.address { x[$0] }
      precondition(
        interpreter.outputs(for: x.map { Int128($0) }) == [Int128(expected)],
        "the encoder is its specification"
      )
    }
  }

  func write(to folder: TableFolder) throws {
    let modules = files.filter(\.isSynthesised)
    try FileWriting.replace(folder.file(TableFolder.encoder), with: modules.flatMap { $0.bytes + [0x0A] })
  }

  func report(_ verification: TableReport.Verification?) -> TableReport.Encoder {
    TableReport.Encoder(
      latencyCycles: circuit.latency,
      resources: ResourceReport(DesignEstimate(Design(circuit)).total),
      verification: verification
    )
  }

  /// Drives the Verilog with random features, with both sides of every code's borders, and with events.
  func verify(with rows: [[Double]]) async throws -> TableReport.Verification {
    let given = rows.map { row in
      inputRanges.indices.map { Int(min(row[$0], Double(inputRanges[$0].upper))) }
    }
    let features = random(Self.randomEvents) + borders() + given
    let answer = try await runVerilator(
      Design(circuit),
      files: files,
      top: Self.top,
      inputs: features.map { x in x.map { Int128($0) } }
    )
    var result = TableReport.Verification(
      events: features.count,
      mismatches: 0,
      latencyCycles: answer.latency,
      differences: []
    )
    for (x, found) in zip(features, answer.outputs) {
      let expected = specification.address { x[$0] }
      guard found != [Int128(expected)] else { continue }
      result.mismatches += 1
      if result.differences.count < 10 {
        result.differences.append(.init(features: x, expected: expected, found: Int(truncatingIfNeeded: found[0])))
      }
    }
    return result
  }

  private func random(_ count: Int) -> [[Int]] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      inputRanges.map { Int(Int128.random(in: $0.lower...$0.upper, using: &random)) }
    }
  }

  /// The ends of every code's interval, one feature at a time, with all others low, and with all others high.
  private func borders() -> [[Int]] {
    var events = [inputRanges.map { Int($0.lower) }, inputRanges.map { Int($0.upper) }]
    let (low, high) = (events[0], events[1])
    let widths = specification.featureWidths
    for field in specification.fields where field.coding != .constant {
      for range in Set(FieldCodes(field, widths: widths).alternatives.joined().joined()).sorted(by: { $0.isBefore($1) })
      {
        for (rest, end) in [(low, range.lower), (low, range.upper), (high, range.lower), (high, range.upper)] {
          var event = rest
          event[range.feature] = end
          events.append(event)
        }
      }
    }
    return events
  }
}

extension FieldCodes.FeatureRange {
  fileprivate func isBefore(_ other: Self) -> Bool {
    (feature, lower, upper) < (other.feature, other.lower, other.upper)
  }
}
