import TextForm

/// What `tricot passes` shows of a pass.
public struct PassListing: Sendable, Codable, Equatable {
  public var name: String
  /// The representation that it reads: `model`, `fixed-point` or `netlist`.
  public var level: String
  public var purpose: String

  /// All passes, from the trained model to the hardware.
  public static var all: [PassListing] {
    PassName.allCases.map { PassListing(name: $0.rawValue, level: $0.level.rawValue, purpose: $0.purpose) }
  }
}
