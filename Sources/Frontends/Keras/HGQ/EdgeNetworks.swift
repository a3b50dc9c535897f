import Diagnostics
import FixedPoint
import ModelIR

/// The small networks that HGQ trains for the edges of a table layer: of one number each, in double precision.
///
/// `g(c) = last(f(W₁ c + b₁) …)`, then the batch normalisation, if there is one, divided by the root of the number of terms.
struct EdgeNetworks {
  /// One layer of all networks: a matrix and maybe biases for each element of the kernel.
  struct Layer {
    var inputs: Int
    var outputs: Int
    var weights: [Double]
    var bias: [Double]?
  }

  /// A line that follows the networks.
  struct Line {
    var scale: Double
    var shift: Double
    /// The square root of the number of terms.
    var root: Double
  }

  var layers: [Layer]
  var activation: (Double) -> Double
  /// By channel; empty: nothing follows.
  var lines: [Line]

  /// How near to a rounding tie of its table an entry lies, relative to its terms, if the framework's float32 may round it to
  /// the other side.
  private static let doubt = 0x1p-20

  /// A table and how many of its entries are doubtful.
  struct Tabulated {
    var table: TableSum.Table
    var doubtful = 0
  }

  /// All that the network of an edge gives for the codes of a type, in another type; by pattern.
  func table(of edge: Int, channel: Int, argument: FixedPointType, result: FixedPointType) -> Tabulated {
    guard result.width > 0 else {
      return Tabulated(
        table: TableSum.Table(entries: [Int64](repeating: 0, count: 1 << argument.width), fractionBits: 0)
      )
    }
    var doubtful = 0
    let entries = (0..<1 << argument.width).map { pattern -> Int64 in
      let raw = argument.wrapped(Int128(pattern))
      let (value, size) = self.value(at: argument.value(ofRaw: raw), edge: edge, channel: channel)
      let entry = result.quantize(value).raw
      let distance = size * Self.doubt
      if result.quantize(value - distance).raw != entry || result.quantize(value + distance).raw != entry {
        doubtful += 1
      }
      return Int64(truncatingIfNeeded: entry)
    }
    let table = TableSum.Table(entries: entries, fractionBits: result.fractionBits)
    return Tabulated(table: table.reduced, doubtful: doubtful)
  }

  /// A network's result, and the sum of the magnitudes of its last terms.
  private func value(at x: Double, edge: Int, channel: Int) -> (value: Double, size: Double) {
    var values = [x]
    var size = abs(x)
    for (index, layer) in layers.enumerated() {
      let first = edge * layer.inputs * layer.outputs
      let isLast = index == layers.count - 1
      size = 0
      values = (0..<layer.outputs).map { output in
        var sum = layer.bias?[edge * layer.outputs + output] ?? 0
        size += abs(sum)
        for input in 0..<layer.inputs {
          // A single number meets all rows of a kernel that has several.
          let product =
            values[values.count == 1 ? 0 : input] * layer.weights[first + input * layer.outputs + output]
          sum += product
          size += abs(product)
        }
        return isLast ? sum : activation(sum)
      }
    }
    guard !lines.isEmpty else { return (values[0], size) }
    let line = lines[channel]
    return (
      (values[0] * line.scale + line.shift) / line.root, (size * abs(line.scale) + abs(line.shift)) / line.root
    )
  }
}
