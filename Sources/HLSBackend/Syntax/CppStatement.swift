/// A statement of the C++ that this backend writes; ``CppPrinter`` lays it out.
///
/// Expressions are text; what is decided about code is decided on statements, calls and pragmas.
indirect enum CppStatement: Hashable, Sendable {
  /// A call for its effects, with a comment behind it.
  case call(CppCall, comment: String? = nil)
  /// `type name[count];`
  case array(type: String, name: String, count: Int)
  /// `type name[rows][columns];`
  case matrix(type: String, name: String, rows: Int, columns: Int)
  /// `type name;`
  case object(type: String, name: String)
  /// `type name = value;`; a long value is broken between words where it may be.
  case variable(type: String, name: String, value: String, isBroken: Bool = false)
  /// `type name[count] = {`, a line for each element, `};`
  case list(type: String, name: String, elements: [String])
  /// `place = value;`
  case assignment(to: String, value: String)
  /// `if (condition) place = value;`
  case conditional(String, assign: String, value: String)
  /// `if (condition) {`, statements, `}`
  case when(String, [CppStatement])
  case returning(String)
  case loop(CppLoop)
  case pragma(CppPragma)
  case blank

  /// Whether it calls a function of the library, itself or inside.
  func calls(_ function: CppLibrary) -> Bool {
    switch self {
    case .call(let call, _): call.function == function.name
    case .loop(let loop): loop.body.contains { $0.calls(function) }
    case .when(_, let body): body.contains { $0.calls(function) }
    case .array, .matrix, .object, .variable, .list, .assignment, .conditional, .returning, .pragma, .blank: false
    }
  }
}

/// A call of a function.
struct CppCall: Hashable, Sendable {
  var function: String
  var templateArguments: [String] = []
  var arguments: [String]

  var text: String {
    let parameters = templateArguments.isEmpty ? "" : "<\(templateArguments.joined(separator: ", "))>"
    return "\(function)\(parameters)(\(arguments.joined(separator: ", ")))"
  }
}

/// Functions of the shipped library (`Firmware/hls`), one for each way of building a layer.
enum CppLibrary: String, CaseIterable, Sendable {
  case affine, relu, rectifier, argmax, lookup, requantize, place
  case limitedRectifier = "limited_rectifier"
  case clampedLine = "clamped_line"
  case exponentialUnit = "exponential_unit"
  case softmaxLatency = "softmax_latency"
  case softmaxStable = "softmax_stable"
  case softmaxPairwise = "softmax_pairwise"
  /// Loops that are unrolled.
  case denseLatency = "dense_latency"
  /// Loops that share multipliers.
  case denseResource = "dense_resource"

  /// With the namespace.
  var name: String { "tricot::\(rawValue)" }
}

/// A labelled loop with a constant trip count, unrolled whole unless it says otherwise; its counter is `i`.
struct CppLoop: Hashable, Sendable {
  /// Where the label stands beside the loop.
  enum Layout: Hashable, Sendable {
    /// The loop stands one level to the right of its label.
    case hanging
    /// The label stands one level to the left of the other statements.
    case outdented
    /// Both stand in line.
    case flush
  }

  var label: String
  var count: Int
  var layout = Layout.hanging
  /// What the tool makes of it; nil: a turn after the other.
  var pragma: CppPragma? = .unroll
  var body: [CppStatement]
}

/// What an HLS tool is told.
enum CppPragma: Hashable, Sendable {
  case inline
  case unroll
  case dataflow
  case pipeline(interval: Int)
  /// - Parameter dimension: the one that is cut, from 1; nil: all of an array that has one.
  case arrayPartition(String, dimension: Int? = nil)
  case arrayReshape(String)
  case interface(String, port: String)
  /// Tokens that a stream has room for.
  case stream(String, depth: Int)

  var text: String {
    switch self {
    case .inline: "#pragma HLS INLINE"
    case .unroll: "#pragma HLS UNROLL"
    case .dataflow: "#pragma HLS DATAFLOW"
    case .pipeline(let interval): "#pragma HLS PIPELINE II=\(interval)"
    case .arrayPartition(let name, let dimension):
      "#pragma HLS ARRAY_PARTITION variable=\(name) complete" + (dimension.map { " dim=\($0)" } ?? "")
    case .arrayReshape(let name): "#pragma HLS ARRAY_RESHAPE variable=\(name) complete dim=0"
    case .interface(let kind, let port): "#pragma HLS INTERFACE \(kind) port=\(port)"
    case .stream(let name, let depth): "#pragma HLS STREAM variable=\(name) depth=\(depth)"
    }
  }
}

/// A function with its body.
struct CppFunction: Hashable, Sendable {
  /// Up to the closing parenthesis.
  var signature: String
  var body: [CppStatement]
}

/// What stands outside of functions.
enum CppDefinition: Hashable, Sendable {
  case comment(String)
  /// `constexpr` numbers, as ``CppText`` spells them.
  case constant([String])
  case function(CppFunction)
  /// Types and configurations, as lines.
  case types([String])
  /// Definitions in a namespace of their own.
  indirect case namespace(String, [CppDefinition])
  case blank
}
