import Diagnostics
import FoundationEssentials

/// Networks from elsewhere that a curve is drawn beside: of another tool, or of another search.
public struct ReferenceFront: Codable, Sendable, Hashable {
  /// One of them.
  public struct Point: Codable, Sendable, Hashable {
    public var adderBits: Int?
    public var lut: Int?
    /// The accuracy that is lost, as a fraction.
    public var loss: Double
  }

  public var name: String
  public var points: [Point]

  /// Reads a JSON file: `{"name": "HGQ2", "points": [{"adder_bits": 11678, "lut": 9089, "loss": 0.005}, …]}`.
  init(file: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let bytes = try FileReading.bytes(of: file)
    guard let front = try? decoder.decode(Self.self, from: Data(bytes)) else {
      throw Diagnostic.error(
        "bad-reference-front",
        "the file is no list of points to compare with",
        at: Origin(file: file),
        hint:
          "write it like '{\"name\": \"HGQ2\", \"points\": [{\"adder_bits\": 11678, \"lut\": 9089, \"loss\": 0.005}]}'"
      )
    }
    let sizes = front.points.map { [$0.adderBits, $0.lut] }
    let hasSizes = (0..<2).contains { size in
      sizes.allSatisfy { $0[size].map { (1...1_000_000_000).contains($0) } ?? false }
    }
    guard !front.points.isEmpty, hasSizes, front.points.allSatisfy({ $0.loss.magnitude <= 1 }) else {
      throw Diagnostic.error(
        "bad-reference-front",
        "not all points have a positive lut, or all an adder_bits, and a loss from -1 to 1",
        at: Origin(file: file),
        hint: "complete the points"
      )
    }
    self = front
  }
}
