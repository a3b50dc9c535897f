import Diagnostics
import FixedPointIR
import KerasFrontend
import ModelIR
import ONNXFrontend
import PyTorchFrontend
import Quantization
import TensorFlowFrontend

/// Reads models and configurations by the kind that their names tell.
struct ModelLoading {
  let options: CompilationOptions
  let log: DiagnosticLog
  private let inputs: InputFiles
  private var files: [InputFile] = []

  init(options: CompilationOptions, inputs: InputFiles = InputFiles(), log: DiagnosticLog) {
    self.options = options
    self.inputs = inputs
    self.log = log
  }

  /// The model and its configuration, verified.
  mutating func load() throws -> LoadedModel {
    var document: HLS4MLDocument?
    var conifer: ConiferConfiguration?
    if let path = options.configuration {
      let text = try inputs.text(of: path)
      if ConiferConfiguration.recognises(text, file: path) {
        note("configuration", path, Array(text.utf8))
        conifer = try ConiferConfiguration(parsing: text, file: path, log: log)
      } else {
        document = try readConfiguration(path)
      }
    }
    let graph: ModelGraph
    switch PathNames.pathExtension(options.model) {
    case "yml", "yaml":
      let named = try readConfiguration(options.model)
      graph = try modelNamed(by: named)
      // An own configuration stands above the one in the project's file, which still tells part and clock.
      if let override = document {
        document = named
        document?.configuration = override.configuration
        document?.part = override.part ?? named.part
        document?.clockPeriod = override.clockPeriod ?? named.clockPeriod
        document?.clockUncertainty = override.clockUncertainty ?? named.clockUncertainty
      } else {
        document = named
      }
    case Self.fixedPointExtension: return try readFixedPoint(options.model, document: document, conifer: conifer)
    case "onnx": graph = try readONNX(options.model, names: document == nil ? .file : .hls4ml)
    case "pb": graph = try TensorFlowFrontend.load(read(options.model, as: "model"), file: options.model, log: log)
    case "pt2": graph = try PyTorchFrontend.load(read(options.model, as: "model"), file: options.model, log: log)
    case "keras", "h5", "hdf5": graph = try readKeras(options.model)
    case "json":
      if let weights = options.weights {
        graph = try readKerasJSON(options.model, weights: weights)
      } else {
        graph = try readTrees(options.model)
      }
    case "ubj", "txt", "xml": graph = try readTrees(options.model)
    // Trees are often called anything; their contents tell. A folder is that of a search.
    case let other:
      if let chosen = try OptimizationFolder.chosenModel(in: options.model) {
        return try readFixedPoint(chosen, document: document, conifer: conifer)
      }
      guard let trees = try readUnnamedTrees(options.model) else { throw unknownFormat(other) }
      graph = trees
    }
    if options.weights != nil && PathNames.pathExtension(options.model) != "json" {
      throw Diagnostic.error(
        "unused-weights",
        "\(option: .weights) belongs to a Keras .json; this model brings its own",
        at: Origin(file: options.model),
        hint: "leave \(option: .weights) out"
      )
    }
    try ModelGraphVerifier.verify(graph)
    return LoadedModel(content: .trained(graph), document: document, conifer: conifer, files: files)
  }

  /// What files are called that hold a fixed-point graph as text.
  private static let fixedPointExtension = "tricot"

  private mutating func readFixedPoint(
    _ path: String,
    document: HLS4MLDocument?,
    conifer: ConiferConfiguration?
  ) throws -> LoadedModel {
    let bytes = try read(path, as: "model")
    let graph = try FixedPointGraph(parsing: try FileReading.text(of: bytes, file: path), file: path)
    return LoadedModel(content: .quantized(graph), document: document, conifer: conifer, files: files)
  }

  private mutating func readConfiguration(_ path: String) throws -> HLS4MLDocument {
    let text = try inputs.text(of: path)
    note("configuration", path, Array(text.utf8))
    return try HLS4MLDocument(parsing: text, file: path, log: log)
  }

  private mutating func modelNamed(by document: HLS4MLDocument) throws -> ModelGraph {
    // hls4ml names files as seen from the folder that it ran in, and puts a copy of the model beside the configuration.
    func path(_ name: String) -> String {
      let beside = PathNames.resolve(name, besides: options.model)
      let copy = PathNames.resolve(String(PathNames.lastComponent(name)), besides: options.model)
      return [beside, name, copy].first(where: inputs.contains) ?? beside
    }
    switch document.model {
    case .kerasJSON(let architecture, let weights):
      return try readKerasJSON(path(architecture), weights: path(weights))
    case .kerasH5(let name), .kerasModel(let name): return try readKeras(path(name))
    case .onnx(let name): return try readONNX(path(name), names: .hls4ml)
    case nil:
      throw Diagnostic.error(
        "no-model",
        "the YAML names no model",
        at: Origin(file: options.model),
        hint: "add KerasModel, KerasH5, KerasJson or OnnxModel, or give the model and this file with \(option: .config)"
      )
    }
  }

  /// hls4ml's configurations know layers by hls4ml's names.
  private mutating func readONNX(_ path: String, names: ONNXLayerNames) throws -> ModelGraph {
    let bytes = try read(path, as: "model")
    return try ONNXFrontend.load(bytes, file: path, names: names, log: log)
  }

  private mutating func readKeras(_ path: String) throws -> ModelGraph {
    let bytes = try read(path, as: "model")
    // Some people save archives under the other name: the contents decide.
    return bytes.starts(with: Array("PK".utf8))
      ? try KerasFrontend.load(kerasArchive: bytes, file: path, log: log)
      : try KerasFrontend.load(h5: bytes, file: path, log: log)
  }

  private mutating func readTrees(_ path: String) throws -> ModelGraph {
    let files = inputs
    var reading = TreeModelReading(file: path, output: options.treeOutput)
    reading.neighbour = { try? files.bytes(of: $0) }
    return try reading.graph(try read(path, as: "model"))
  }

  /// Trees in a file of any name; nil where the file is none of theirs.
  private mutating func readUnnamedTrees(_ path: String) throws -> ModelGraph? {
    guard let bytes = try? inputs.bytes(of: path) else { return nil }
    let reading = TreeModelReading(file: path, output: options.treeOutput)
    guard try reading.recognises(bytes) else { return nil }
    note("model", path, bytes)
    return try reading.graph(bytes)
  }

  private mutating func readKerasJSON(_ path: String, weights: String) throws -> ModelGraph {
    let architecture = try read(path, as: "model")
    let numbers = try read(weights, as: "weights")
    return try KerasFrontend.load(
      architectureJSON: architecture,
      jsonFile: path,
      weightsH5: numbers,
      weightsFile: weights,
      log: log
    )
  }

  private mutating func read(_ path: String, as role: String) throws -> [UInt8] {
    let bytes = try inputs.bytes(of: path)
    note(role, path, bytes)
    return bytes
  }

  private mutating func note(_ role: String, _ path: String, _ bytes: [UInt8]) {
    files.append(InputFile(role: role, name: String(PathNames.lastComponent(path)), sha256: contentHash(bytes)))
  }

  private func unknownFormat(_ found: String) -> Diagnostic {
    let known = [".onnx", ".keras", ".h5", ".pb", ".pt2", ".json", ".ubj", ".txt", ".xml", ".yml", ".tricot"]
    let near = nearestName(to: ".\(found)", among: known)
    return Diagnostic.error(
      "unknown-model-format",
      found.isEmpty ? "the model's name has no extension" : "'.\(found)' is no model format that Tricot reads",
      at: Origin(file: options.model),
      hint: near.map { "use a \($0) file?" } ?? "give one of \(known.joined(separator: ", "))"
    )
  }
}
