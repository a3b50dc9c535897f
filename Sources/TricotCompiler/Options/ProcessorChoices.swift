/// What only machines of processors take; none of it changes a bit of what is computed.
public struct ProcessorChoices: Sendable, Hashable {
  /// Multiply-accumulates that a processor makes in a cycle; nil: one.
  public var unroll: Unroll?
  /// Programs of shifts and additions instead of multipliers.
  public var multiplierless = false
  /// Programs in memories that can be written while the machine runs.
  public var reloadable = false

  public enum Unroll: Sendable, Hashable {
    case lanes(Int)
    /// As many as there are operands: an event every cycle.
    case full

    /// A number, or `full`.
    public init?(_ text: String) {
      if text == "full" {
        self = .full
      } else if let lanes = Int(text), (1...4096).contains(lanes) {
        self = .lanes(lanes)
      } else {
        return nil
      }
    }

    /// As it is read.
    public var text: String {
      switch self {
      case .lanes(let number): String(number)
      case .full: "full"
      }
    }
  }

  public init() {}
}
