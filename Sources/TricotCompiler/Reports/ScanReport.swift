/// What `tricot scan` prints, and what stands in `scan.json`.
public struct ScanReport: Codable, Sendable {
  public var scan: String
  /// What tells points apart, in the order of the file.
  public var options: [String]
  /// Whether quality is the `accuracy` on labels, the `agreement` with the float model, or `none` is known.
  public var quality: String
  /// In the order of the file.
  public var points: [Point]

  /// One model with one combination of options.
  public struct Point: Codable, Sendable {
    /// The name of its file; of the contents of what was read, the options and Tricot's version.
    public var key: String
    public var model: String
    /// A value for each of the report's options; empty where the point has none.
    public var values: [String]
    public var estimate: Estimate?
    /// As yosys counted, where it was asked.
    public var yosysLut: Int?
    public var events: Int?
    /// The share of events that keep the float model's choice.
    public var agreement: Double?
    /// Of outputs from those of the float model, which is not pruned.
    public var meanDifference: Double?
    public var largestDifference: Double?
    /// With labels.
    public var accuracy: Double?
    /// The mean over classes of the area under the curve of efficiencies.
    public var area: Double?
    /// Why the point has no numbers.
    public var failure: String?
    /// Of this point alone; what it shared with others counts where it was computed.
    public var seconds: Double
    /// Whether no other point is both smaller and better, or both faster and better.
    public var isOnLutFront: Bool
    public var isOnLatencyFront: Bool
  }

  /// Before any tool.
  public struct Estimate: Codable, Sendable, Hashable {
    public var lut: Int
    public var ff: Int
    public var dsp: Int
    public var bram36: Int
    public var adderBits: Int
    public var latencyCycles: Int
    public var latencyNs: Double
    public var initiationInterval: Int
    public var worstStageNs: Double
  }
}

extension ScanReport.Point {
  /// The larger, the better.
  public var quality: Double? { accuracy ?? agreement }
}

extension ScanReport.Estimate {
  init(_ report: EstimationReport) {
    self.init(
      lut: report.resources.lut,
      ff: report.resources.ff,
      dsp: report.resources.dsp,
      bram36: report.resources.bram36,
      adderBits: report.layers.reduce(0) { $0 + $1.adderBits },
      latencyCycles: report.latencyCycles,
      latencyNs: report.latencyNs,
      initiationInterval: report.initiationInterval,
      worstStageNs: report.worstStageNs
    )
  }
}

extension [ScanReport.Point] {
  /// Marks the points that no other beats.
  mutating func markFronts() {
    func front(_ size: (ScanReport.Estimate) -> Double) -> Set<Int> {
      let known = indices.compactMap { index -> (index: Int, size: Double, quality: Double)? in
        guard let estimate = self[index].estimate, let quality = self[index].quality else { return nil }
        return (index, size(estimate), quality)
      }
      return Set(
        known.filter { point in
          !known.contains {
            ($0.size < point.size && $0.quality >= point.quality)
              || ($0.size <= point.size && $0.quality > point.quality)
          }
        }.map(\.index)
      )
    }
    let (small, fast) = (front { Double($0.lut) }, front { $0.latencyNs })
    for index in indices {
      self[index].isOnLutFront = small.contains(index)
      self[index].isOnLatencyFront = fast.contains(index)
    }
  }
}
