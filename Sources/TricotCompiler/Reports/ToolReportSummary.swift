import Estimation

/// What `tricot report` found in a project folder.
public struct ToolReportSummary: Codable, Sendable {
  public var folder: String
  /// Tricot's own estimate first, if the project has one; then what the tools say.
  public var rows: [Row]

  /// One report.
  public struct Row: Codable, Sendable {
    /// `tricot`, `hls_synthesis`, `cosimulation`, `vivado_utilization` or `vivado_timing`.
    public var source: String
    /// Relative to the folder.
    public var file: String
    public var status: String?
    public var latencyCyclesMin: Int?
    public var latencyCyclesMax: Int?
    public var initiationIntervalMin: Int?
    public var initiationIntervalMax: Int?
    /// The longest path or the estimated period, in nanoseconds.
    public var periodNs: Double?
    /// Worst slack in nanoseconds.
    public var slackNs: Double?
    public var lut: Int?
    public var ff: Int?
    public var dsp: Int?
    public var bram18: Int?
    public var uram: Int?
  }
}

extension ToolReportSummary.Row {
  init(_ report: ToolReport, file: String) {
    self.init(
      source: report.kind.rawValue,
      file: file,
      status: report.status,
      latencyCyclesMin: report.latency?.lowerBound,
      latencyCyclesMax: report.latency?.upperBound,
      initiationIntervalMin: report.interval?.lowerBound,
      initiationIntervalMax: report.interval?.upperBound,
      periodNs: report.estimatedPeriod,
      slackNs: report.slack,
      lut: report.resources.lut,
      ff: report.resources.ff,
      dsp: report.resources.dsp,
      bram18: report.resources.bram18,
      uram: report.resources.uram
    )
  }

  init(_ estimate: EstimationReport, file: String) {
    self.init(
      source: "tricot",
      file: file,
      latencyCyclesMin: estimate.latencyCycles,
      latencyCyclesMax: estimate.latencyCycles,
      initiationIntervalMin: estimate.initiationInterval,
      initiationIntervalMax: estimate.initiationInterval,
      periodNs: estimate.worstStageNs,
      lut: estimate.resources.lut,
      ff: estimate.resources.ff,
      dsp: estimate.resources.dsp,
      bram18: estimate.resources.bram36 * 2
    )
  }
}
