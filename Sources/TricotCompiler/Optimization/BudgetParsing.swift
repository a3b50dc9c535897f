import Diagnostics
import Optimization

extension OptimizationGoal {
  /// The limits that the options name; without any, half a percent may be lost.
  init(_ options: OptimizationOptions) throws {
    self.init()
    loss = options.loss
    kl = options.kl
    agreement = options.agreement
    if let budget = options.budget { try add(budget) }
    if !isBudget && !limitsLoss { loss = Self.usualLoss }
  }

  /// What may be lost where nothing is said.
  private static let usualLoss = 0.005

  private static let keys = ["lut", "ff", "dsp", "latency"]

  private mutating func add(_ budget: String) throws {
    for part in budget.split(separator: ",") {
      let words = part.split(separator: "=", omittingEmptySubsequences: false).map { $0.trimmed.lowercased() }
      guard words.count == 2 else { throw Self.malformed(part.trimmed) }
      switch words[0] {
      case "lut", "luts": lut = try Self.count(words[1], part.trimmed)
      case "ff", "ffs": ff = try Self.count(words[1], part.trimmed)
      case "dsp", "dsps": dsp = try Self.count(words[1], part.trimmed)
      case "latency":
        if let number = words[1].number(before: "ns"), number > 0 {
          latencyNanoseconds = number
        } else if let cycles = words[1].number(before: "cycles") ?? words[1].number(before: ""), cycles >= 1 {
          latencyCycles = Int(min(cycles, 1e9))
        } else {
          throw Self.malformed(part.trimmed)
        }
      default:
        throw Diagnostic.error(
          "bad-budget",
          "a budget knows no '\(words[0])'",
          hint: nearestName(to: words[0], among: Self.keys).map { "did you mean '\($0)'?" }
            ?? "limit \(Self.keys.joined(separator: ", "))"
        )
      }
    }
    guard isBudget else { throw Self.malformed(budget) }
  }

  private static func count(_ text: String, _ part: String) throws -> Int {
    guard let value = Int(text), value >= 0, value <= 1_000_000_000 else { throw malformed(part) }
    return value
  }

  private static func malformed(_ text: String) -> Diagnostic {
    Diagnostic.error(
      "bad-budget",
      "'\(text)' is no limit of a budget",
      hint: "write it like 'lut=5000, latency=50ns, dsp=0'"
    )
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  fileprivate func number(before unit: String) -> Double? {
    guard hasSuffix(unit) else { return nil }
    guard let value = Double(String(dropLast(unit.count)).trimmed), value.isFinite else { return nil }
    return value
  }
}
