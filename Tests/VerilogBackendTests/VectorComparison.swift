import FixedPoint
import NetlistIR

/// Raw answers against the expected ones, bit for bit.
struct VectorComparison: Sendable {
  /// Events compared.
  let samples: Int
  /// Output elements, over all events, that differ.
  let mismatches: Int
  /// The first of them.
  let first: [Difference]

  /// One element of one event that differs.
  struct Difference: Sendable, Hashable, CustomStringConvertible {
    var sample: Int
    var port: NetlistPort
    /// The layer that the element comes from.
    var layer: String
    var expected: Int128
    var actual: Int128

    var description: String {
      let (want, have) = (port.type.value(ofRaw: expected), port.type.value(ofRaw: actual))
      return "sample \(sample), layer '\(layer)', tensor '\(port.tensor)', element \(port.element):"
        + " \(actual) (\(have)) instead of \(expected) (\(want)), \(port.type.shortDescription)"
    }
  }

  var isEqual: Bool { mismatches == 0 }

  /// Compares flat output vectors; a missing or short vector differs everywhere.
  ///
  /// - Parameter limit: how many differences are kept.
  init(actual: [[Int128]], expected: [[Int128]], netlist: Netlist, limit: Int = 8) {
    var (mismatches, first) = (0, [Difference]())
    for (sample, want) in expected.enumerated() {
      let have = sample < actual.count ? actual[sample] : []
      if have == want { continue }
      for (index, output) in netlist.outputs.enumerated() where index < want.count {
        let value = index < have.count ? have[index] : nil
        if value == want[index] { continue }
        mismatches += 1
        if first.count == limit { continue }
        let scope = netlist[output.value].scope.index
        first.append(
          Difference(
            sample: sample,
            port: output.port,
            layer: netlist.scopes[scope].name,
            expected: want[index],
            actual: value ?? 0
          )
        )
      }
    }
    samples = expected.count
    self.mismatches = mismatches
    self.first = first
  }
}
