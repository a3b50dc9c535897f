/// What a vendor's tool says of a design; nil where it says nothing of a thing.
package struct ToolReport: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable {
    /// An HLS tool's estimate after C synthesis.
    case highLevelSynthesis = "hls_synthesis"
    /// The RTL under the HLS tool's test bench.
    case cosimulation = "cosimulation"
    case utilization = "vivado_utilization"
    case timing = "vivado_timing"
  }

  package var kind: Kind
  /// The tool's verdict, where it gives one.
  package var status: String?
  package var top: String?
  /// In cycles.
  package var latency: ClosedRange<Int>?
  /// Cycles between events.
  package var interval: ClosedRange<Int>?
  /// In nanoseconds: what was asked for, and what the tool expects to reach.
  package var targetPeriod: Double?
  package var estimatedPeriod: Double?
  /// Worst slack in nanoseconds; negative where timing fails.
  package var slack: Double?
  package var resources = Resources()

  package init(kind: Kind) { self.kind = kind }

  package struct Resources: Sendable, Hashable {
    package var lut: Int?
    package var ff: Int?
    package var dsp: Int?
    /// In halves of 36 Kbit.
    package var bram18: Int?
    package var uram: Int?

    package init(lut: Int? = nil, ff: Int? = nil, dsp: Int? = nil, bram18: Int? = nil, uram: Int? = nil) {
      self.lut = lut
      self.ff = ff
      self.dsp = dsp
      self.bram18 = bram18
      self.uram = uram
    }
  }

  /// The report in a file, or nil where the file is none of those that are known.
  ///
  /// - Parameter name: the file's name without folders.
  /// - Throws: a `Diagnostic` for a file that has the name of a report and cannot be read as one.
  package static func read(_ bytes: [UInt8], name: String, file: String) throws -> ToolReport? {
    if name.hasSuffix("csynth.xml") { return try HLSSynthesisReport.read(bytes, file: file) }
    guard name.hasSuffix(".rpt") else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    if name.hasSuffix("_cosim.rpt") { return try CosimulationReport.read(text, file: file) }
    if text.contains("Utilization Design Information") { return try VivadoReports.utilization(text, file: file) }
    if text.contains("Design Timing Summary") { return try VivadoReports.timing(text, file: file) }
    return nil
  }
}
