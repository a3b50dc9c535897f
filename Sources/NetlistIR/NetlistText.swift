import FixedPoint
import TextForm

extension ValueID: CustomStringConvertible {
  package var description: String { "%\(raw)" }
}

extension Instruction: CustomStringConvertible {
  /// The instruction as text, such as `%3 + (%4 << 2)`; ``init(parsing:valueCount:)`` reads it.
  package var description: String {
    func shifted(_ a: ValueID, _ places: UInt8) -> String { places == 0 ? "\(a)" : "(\(a) << \(places))" }
    switch self {
    case .input(let index): return "input \(index)"
    case .constant(let value): return "\(value)"
    case .add(let a, let s, let b, let t): return "\(shifted(a, s)) + \(shifted(b, t))"
    case .subtract(let a, let s, let b, let t): return "\(shifted(a, s)) - \(shifted(b, t))"
    case .addThree(let a, let b, let c):
      return [b, c].reduce(shifted(a.value, a.shift)) {
        "\($0) \($1.isNegative ? "-" : "+") \(shifted($1.value, $1.shift))"
      }
    case .multiply(let a, let b): return "\(a) * \(b)"
    case .accumulate(let sum, let factor, let digits, let place, let shift):
      return "accumulate \(sum) + \(factor) * \(digits) from \(place) << \(shift)"
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

extension NetlistPort: CustomStringConvertible {
  /// The port as text, such as `'x' [3] fixed<16,6>`, its range behind it where it has one; ``init(parsing:)`` reads it.
  package var description: String {
    "\(tensor.quotedName) [\(element)] \(type.shortDescription)" + (range.map { " in \($0)" } ?? "")
  }
}

extension Netlist: CustomStringConvertible {
  /// The whole netlist, a line per port, ROM, layer and value: ``init(parsing:file:)`` makes the same netlist of it.
  package var description: String { text { _ in "" } }

  /// The netlist with more said of every value.
  ///
  /// - Parameter suffix: what follows on the line of a value, by its index.
  package func text(suffix: (Int) -> String) -> String {
    var lines = ["netlist \(name.quotedName)"]
    for (index, port) in inputs.enumerated() { lines.append("input \(index) \(port)") }
    for (index, rom) in roms.enumerated() {
      lines.append("rom \(index) \(rom.name.quotedName) [" + rom.entries.map { "\($0)" }.joined(separator: ", ") + "]")
    }
    for (index, scope) in scopes.enumerated() {
      lines.append("layer \(index) \(scope.name.quotedName) \(scope.kind.kindText)")
    }
    var scope: ScopeID?
    for (index, value) in values.enumerated() {
      if value.scope != scope {
        scope = value.scope
        lines.append("values of layer \(value.scope.index)")
      }
      lines.append("  %\(index) = \(value)" + suffix(index))
    }
    for (port, value) in outputs { lines.append("output \(port) = \(value)") }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension NetlistValue: CustomStringConvertible {
  /// The instruction, the interval and the element, if any: `%3 + %4 in [0, 15] for [2]`.
  package var description: String { "\(instruction) in \(range)" + (element < 0 ? "" : " for [\(element)]") }
}
