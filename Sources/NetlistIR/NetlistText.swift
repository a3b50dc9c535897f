import FixedPoint

extension ValueID: CustomStringConvertible {
  package var description: String { "%\(raw)" }
}

extension Instruction: CustomStringConvertible {
  /// The instruction as text, such as `%3 + (%4 << 2)`.
  package var description: String {
    func shifted(_ a: ValueID, _ places: UInt8) -> String { places == 0 ? "\(a)" : "(\(a) << \(places))" }
    switch self {
    case .input(let index): return "input \(index)"
    case .constant(let value): return "\(value)"
    case .add(let a, let s, let b, let t): return "\(shifted(a, s)) + \(shifted(b, t))"
    case .subtract(let a, let s, let b, let t): return "\(shifted(a, s)) - \(shifted(b, t))"
    case .multiply(let a, let b): return "\(a) * \(b)"
    case .shiftLeft(let a, let places): return "\(a) << \(places)"
    case .shiftRight(let a, let places): return "\(a) >> \(places)"
    case .bits(let a, let low, let width): return "bits \(a) from \(low) width \(width)"
    case .wrap(let a, let width, let signed): return "wrap \(a) to \(signed ? "signed" : "unsigned") \(width)"
    case .clamp(let a, let lower, let upper): return "clamp \(a) to [\(lower), \(upper)]"
    case .less(let a, let b): return "\(a) < \(b)"
    case .equal(let a, let b): return "\(a) == \(b)"
    case .select(let condition, let a, let b): return "\(condition) ? \(a) : \(b)"
    case .and(let a, let b): return "\(a) & \(b)"
    case .or(let a, let b): return "\(a) | \(b)"
    case .not(let a): return "!\(a)"
    case .lookup(let rom, let address): return "rom \(rom.index)[\(address)]"
    }
  }
}

extension Netlist: CustomStringConvertible {
  /// The whole netlist, a line per value: deterministic, for people and for tests.
  package var description: String {
    var lines = ["netlist \(name)"]
    for (index, rom) in roms.enumerated() {
      lines.append("rom \(index) '\(rom.name)' [" + rom.entries.map { "\($0)" }.joined(separator: ", ") + "]")
    }
    var scope: ScopeID?
    for (index, value) in values.enumerated() {
      if value.scope != scope {
        scope = value.scope
        let layer = scopes[value.scope.index]
        lines.append("layer '\(layer.name)' \(layer.kind)")
      }
      let element = value.element < 0 ? "" : "  # \(value.element)"
      lines.append("  %\(index) = \(value.instruction) in \(value.range)\(element)")
    }
    for (port, value) in outputs {
      lines.append("output '\(port.tensor)' [\(port.element)] \(port.type.shortDescription) = \(value)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
