import FixedPoint
import FixedPointIR
import ModelIR
import Quantization

/// Who decided the type of a layer's results.
enum TypeOrigin: String, Sendable {
  /// The model's own quantiser, found in training.
  case trained
  /// The configuration, for this layer, its class or all.
  case configuration
  /// hls4ml's `auto`: from the types of what the layer reads.
  case inference
  /// An option of the command line.
  case option
  /// What the calibration data showed.
  case calibration
  /// The range that the results are proven to have.
  case proof
  /// The file holds the quantised model.
  case file
  /// Nobody: what is taken where nothing is said.
  case preset = "default"
}

/// Tells of each layer of a quantised model where its type is from.
struct TypeProvenance {
  let quantized: QuantizedModel
  let options: CompilationOptions
  let configuration: HLS4MLConfiguration?
  let isCalibrated: Bool
  /// By node of the trained model, the quantisers that it is or that read it.
  private var quantizers: [String: [TensorQuantizer]] = [:]

  init(
    _ quantized: QuantizedModel,
    options: CompilationOptions,
    configuration: HLS4MLConfiguration?,
    isCalibrated: Bool
  ) {
    self.quantized = quantized
    self.options = options
    self.configuration = configuration
    self.isCalibrated = isCalibrated
    guard let model = quantized.model else { return }
    var makers: [TensorID: String] = [:]
    for node in model.nodes {
      makers[node.output] = node.name
      guard case .quantize(let quantizer) = node.operation else { continue }
      for name in [node.name] + node.inputs.compactMap({ makers[$0] }) {
        quantizers[name, default: []].append(quantizer)
      }
    }
  }

  func origin(of node: FixedNode) -> TypeOrigin {
    let types = quantized.graph[node.output].types
    guard quantized.model != nil else { return .file }
    switch quantized.arithmetic {
    case .trained: return isTrained(node, types) ? .trained : .proof
    case .conifer: return configuration == nil && options.configuration == nil ? .preset : .configuration
    case .hls4ml: return configured(node)
    case .native: return chosen(node, types)
    }
  }

  /// Whether a quantiser asks for just these types; its rounding is left to those who make the number.
  private func isTrained(_ node: FixedNode, _ types: ElementTypes) -> Bool {
    (quantizers[node.name] ?? []).contains { quantizer in
      guard [1, types.count].contains(quantizer.types.count) else { return false }
      return (0..<types.count).allSatisfy { element in
        let (mine, trained) = (types[element], quantizer[element])
        return mine.width == 0 || (mine.fractionBits == trained.fractionBits && mine.width <= trained.width)
      }
    }
  }

  private func configured(_ node: FixedNode) -> TypeOrigin {
    if node.operation.isInput, options.inputPrecision != nil { return .option }
    guard let configuration else { return options.precision == nil ? .preset : .option }
    let sections = [
      configuration.section(forLayer: node.name), configuration.section(forType: node.kind), configuration.model,
    ]
    let setting = sections.lazy.compactMap { $0.flatMap { $0.precision["result"] ?? $0.precision["default"] } }.first
    guard let setting else { return .preset }
    return setting.isAuto ? .inference : .configuration
  }

  /// Native arithmetic rounds to nearest and saturates where it chose a type; what is exact keeps the type of the sum.
  private func chosen(_ node: FixedNode, _ types: ElementTypes) -> TypeOrigin {
    if node.operation.isInput {
      let isGiven = options.inputPrecision != nil || options.quantization.hasInputBits
      return isGiven ? .option : isCalibrated ? .calibration : .preset
    }
    let isRounded = types.all.contains { $0.rounding == .roundHalfUp && $0.overflow == .saturate }
    return isRounded && isCalibrated ? .calibration : .proof
  }
}

extension FixedOperation {
  fileprivate var isInput: Bool {
    if case .input = self { return true }
    return false
  }
}
