import DataFiles
import Simulation

/// The contents of a trace folder: one array per layer, and an index by which Tricot knows its own folders.
struct TraceIndex: Codable {
  static let fileName = "trace.json"

  var tricot: String
  var layers: [Layer]

  struct Layer: Codable {
    var layer: String
    var file: String
    /// Events first.
    var shape: [Int]
  }

  /// The folder's files.
  static func files(of result: SimulationResult) throws -> [(path: String, bytes: [UInt8])] {
    var index = TraceIndex(tricot: TricotVersion.current, layers: [])
    var files: [(path: String, bytes: [UInt8])] = []
    for (position, traced) in result.trace.enumerated() {
      let number = String(position)
      let name =
        String(repeating: "0", count: max(0, 3 - number.count)) + number + "_" + safeName(traced.layer) + ".npy"
      let array = NumPyArray(shape: [result.samples] + traced.shape, values: traced.values.doubles)
      files.append((name, try array.npyBytes(file: name)))
      index.layers.append(Layer(layer: traced.layer, file: name, shape: array.shape))
    }
    files.append((fileName, Array(try jsonText(index).utf8)))
    return files
  }

  /// A layer's name without anything that means something in a path.
  private static func safeName(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "_" })
  }
}
