import FixedPoint
import NetlistIR
import TextForm

extension Design: CustomStringConvertible {
  /// The design as text, a module after those that it instantiates; ``init(parsing:file:)`` makes the same of it.
  package var description: String {
    var lines = [
      "design \(name.quotedName) \(interface.handshake.rawValue) latency \(interface.latency) "
        + "interval \(interface.interval) period \(interface.clockPeriod)"
    ]
    lines += interface.channels.map {
      "channel \($0.direction.rawValue) \($0.name.quotedName) of \($0.port.quotedName) beats \($0.beats)"
        + ($0.isPlanar ? " planar" : "")
    }
    for module in modules {
      switch module {
      case .pipeline(let leaf):
        lines.append("pipeline \(leaf.name.quotedName)" + (leaf.hasValid ? " valid" : ""))
        lines.append(leaf.circuit.description)
      case .module(let module):
        lines.append("module \(module.name.quotedName)")
        lines += module.inputs.map { "in \($0)" } + module.outputs.map { "out \($0)" }
        lines += module.registers.map(\.description) + module.memories.map(\.description)
        lines += module.instances.map { instance in
          "inst \(instance.name.quotedName) of \(modules[instance.module.index].name.quotedName)"
        }
        lines.append(module.logic.description)
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension DesignPort: CustomStringConvertible {
  /// The port as text: `'x' {2 fixed<8,4>}`, ranges behind where they are narrower than the types.
  package var description: String {
    let narrow = ranges == elements.map(\.rawRange) ? "" : " ranges [" + ranges.map(\.description).list + "]"
    return "\(name.quotedName) \(elements.listText)\(narrow)"
  }
}

extension Register: CustomStringConvertible {
  /// The register as text: `reg 'count' ufixed<4,4> in [0, 9] reset 0 enable`.
  package var description: String {
    "reg \(name.quotedName) \(type.shortDescription) in \(range)" + (reset.map { " reset \($0)" } ?? "")
      + (hasEnable ? " enable" : "") + (depth > 1 ? " depth \(depth)" : "")
  }
}

extension Memory: CustomStringConvertible {
  /// The memory as text: `mem 'w' 16 fixed<8,4> in [-128, 127] block read read_enable write contents […]`.
  package var description: String {
    "mem \(name.quotedName) \(depth) \(type.shortDescription) in \(range) \(style.rawValue)"
      + readEnables.map { $0 ? " read_enable" : " read" }.joined() + (isWritten ? " write" : "")
      + (contents.map { " contents [" + $0.map(\.description).list + "]" } ?? "")
  }
}

extension [String] {
  fileprivate var list: String { joined(separator: ", ") }
}
