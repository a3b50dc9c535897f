import FixedPoint
import NetlistIR

/// Raw answers against the expected ones, bit for bit.
package struct VectorComparison: Sendable {
  /// Events compared.
  package let samples: Int
  /// Output elements, over all events, that differ.
  package let mismatches: Int
  /// The first of them.
  package let first: [Difference]

  /// One element of one event that differs.
  package struct Difference: Sendable, Hashable, CustomStringConvertible {
    package var sample: Int
    package var port: NetlistPort
    /// The layer that the element comes from.
    package var layer: String
    package var expected: Int128
    package var actual: Int128

    package var description: String {
      let (want, have) = (port.type.value(ofRaw: expected), port.type.value(ofRaw: actual))
      return "sample \(sample), layer '\(layer)', tensor '\(port.tensor)', element \(port.element):"
        + " \(actual) (\(have)) instead of \(expected) (\(want)), \(port.type.shortDescription)"
    }
  }

  package var isEqual: Bool { mismatches == 0 }

  /// Compares flat output vectors; a missing or short vector differs everywhere.
  ///
  /// - Parameter limit: how many differences are kept.
  package init(actual: [[Int128]], expected: [[Int128]], netlist: Netlist, limit: Int = 8) {
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
