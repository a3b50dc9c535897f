import FixedPoint
import Fuzzing
import NetlistIR

/// Netlists of sums of a few inputs of all widths, most with one reader: what matrices become.
package enum RandomSums {
  /// - Parameter terms: how many sums and differences.
  package static func netlist(terms: Int, _ generator: inout SeededGenerator) -> Netlist {
    func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var builder = NetlistBuilder(name: "sums")
    builder.beginScope(NetlistScope(name: "layer", kind: "Dense"))
    var open = (0..<8).map { index in
      let type = FixedPointType(width: int(1...9), integerBits: 4, isSigned: int(0...2) > 0)
      return builder.input(NetlistPort(tensor: "x", element: index, type: type))
    }
    open += [-7, 12].map { builder.constant($0) }
    var results: [ValueID] = []
    for _ in 0..<terms {
      let (p, q) = (int(0...open.count - 1), int(0...open.count - 1))
      let (s, t) = (int(0...3), int(0...3))
      let id =
        int(0...1) == 0
        ? builder.sum(open[p], shift: s, open[q], shift: t) : builder.difference(open[p], shift: s, open[q], shift: t)
      // A wide sum, or one that somebody reads only in part, ends its tree.
      switch int(0...9) {
      case 0: results.append(builder.wrap(id, width: 6, signed: true))
      case 1: results.append(builder.shiftRight(id, 3))
      default: if builder.range(id).bitWidth > 24 { results.append(id) } else { open[q] = id }
      }
    }
    for (index, id) in (results + open).enumerated() {
      let type = FixedPointType(width: 48, integerBits: 48)
      builder.output(id, as: NetlistPort(tensor: "y", element: index, type: type))
    }
    return builder.netlist
  }

  /// Random inputs, with the extremes first.
  package static func events(_ count: Int, of netlist: Netlist, _ generator: inout SeededGenerator) -> [[Int128]] {
    let ranges = netlist.inputs.map(\.type.rawRange)
    return [ranges.map(\.lower), ranges.map(\.upper)]
      + (0..<count).map { _ in ranges.map { Int128.random(in: $0.lower...$0.upper, using: &generator) } }
  }
}
