import DesignBuilding
import Diagnostics
import FirmwareFiles
import FixedPoint
import FixedPointIR

/// Names and types of everything in the C++ of a streamed network.
struct StreamNames {
  /// What a stream carries.
  struct Stream {
    /// The type of a token: all its bits.
    var word: String
    /// The type of a token's elements.
    var element: String
    var container: FixedPointType
    var elements: Int
    var positions: Int
    /// Whether tokens are whole bytes, as ports want them.
    var isPort: Bool

    /// Bits that AMD's integers have without being asked for more.
    private static let widestWord = 1024

    var wordType: String {
      let bits = elements * max(container.width, 1)
      if bits > Self.widestWord { return "tricot::wide_token<\(element), \(elements)>" }
      return "ap_uint<\(isPort ? (bits + 7) / 8 * 8 : max(bits, 1))>"
    }

    /// `word` of an array from an element on.
    func pack(_ array: String) -> String { "tricot::pack<\(elements), \(word), \(element)>(\(array))" }
  }

  /// By stream of the plan.
  let streams: [Stream]
  /// By stage: its function, from which its other names are made.
  let stages: [String]
  /// By stage: the namespace of its kernel, its configuration, its weights and biases.
  let kernels: [String]
  let configurations: [String]
  let weights: [String]
  let biases: [String]
  /// By queue: the stream between two stages; that of a port where it is one.
  let edges: [String]
  /// By input: the function that hands its tokens to several readers.
  let splits: [String]
  /// The function that takes an event as arrays.
  let event: String

  init(_ plan: StreamPlan, network: NetworkPlan, origin: Origin) throws {
    let ports = network.ports
    let derived = ports.flatMap { port in
      let stem = String(port.typeName.dropLast(2))
      return [port.name, port.typeName, "\(stem)_elements", "\(port.name)_shifts"]
    }
    var names = Identifiers(
      reserved: derived + [network.top, network.namespace, "tricot", "ap", "hls", "x", "y", "row", "column", "token"]
    )
    event = names.claim("\(network.top)_event")
    let outside = Set(plan.inputs + plan.outputs)
    streams = try plan.streams.enumerated().map { index, stream in
      let types = ElementTypes(each: stream.types).withoutSymmetricBits
      guard let container = FixedPointType.container(of: types.all) else {
        throw Diagnostic.error(
          "too-wide",
          "the elements of '\(stream.name)' lie too far apart for one array of ap_fixed",
          at: origin,
          hint: "bring their binary points closer, or use \(option: .backend, "verilog")"
        )
      }
      return Stream(
        word: names.claim("\(stream.name)_token"),
        element: names.claim("\(stream.name)_element"),
        container: container,
        elements: stream.elements,
        positions: stream.positions,
        isPort: outside.contains { $0.index == index }
      )
    }
    let stages = plan.stages.map { names.claim($0.name) }
    self.stages = stages
    kernels = stages.map { names.claim("\($0)_body") }
    configurations = stages.map { names.claim("\($0)_walk") }
    weights = stages.map { names.claim("\($0)_weights") }
    biases = stages.map { names.claim("\($0)_bias") }
    splits = plan.inputs.map { names.claim("\(plan[$0].name)_split") }
    let inputs = Dictionary(
      zip(plan.inputs.map(\.index), ports.map(\.name)),
      uniquingKeysWith: { first, _ in first }
    )
    let outputs = ports.dropFirst(plan.inputs.count).map(\.name)
    let all = plan.edges
    edges = all.map { edge in
      let isAlone = all.count { $0.stream == edge.stream } == 1
      switch edge.reader {
      case .output(let output): return outputs[output]
      case .stage(let reader, _):
        if isAlone, let port = inputs[edge.stream.index] { return port }
        let maker = plan.stages.firstIndex { $0.outputs.contains(edge.stream) }
        return names.claim("\(maker.map { stages[$0] } ?? plan[edge.stream].name)_to_\(stages[reader])")
      }
    }
  }
}
