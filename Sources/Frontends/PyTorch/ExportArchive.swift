import DataFiles
import Diagnostics
import ModelIR
import ONNXFrontend

/// The zip archive of an exported program: its graph as JSON, and a file for every tensor.
struct ExportArchive: ~Copyable {
  /// The largest graph that is read, and the most bytes of tensors in all.
  static let graphLimit = 1 << 24
  static let tensorLimit = 1 << 28

  let file: String
  /// The program as the archive's JSON tells it.
  let program: DocumentValue

  private let archive: ZipArchive
  /// The folder of all entries, with a slash behind it.
  private let root: String
  private let weights: DocumentValue?
  private let constants: DocumentValue?
  private let isLittleEndian: Bool
  private var read = 0

  init(_ bytes: [UInt8], file: String) throws {
    let archive = try ZipArchive(bytes: bytes, file: file)
    let graph = "models/model.json"
    guard let name = archive.entries.map(\.name).first(where: { $0 == graph || $0.hasSuffix("/" + graph) }) else {
      throw Self.refusal(of: archive, file: file)
    }
    let root = String(name.dropLast(graph.count))
    let program = try Self.json(name, in: archive)
    let weights = try Self.configuration(root + "data/weights/model_weights_config.json", in: archive)
    let constants = try Self.configuration(root + "data/constants/model_constants_config.json", in: archive)
    let order = archive.contains(root + "byteorder") ? try archive.contents(of: root + "byteorder", limit: 16) : []
    self.file = file
    self.program = program
    self.root = root
    self.weights = weights
    self.constants = constants
    isLittleEndian = order.isEmpty || order.starts(with: Array("little".utf8))
    self.archive = archive
  }

  /// Where tensors lie, by name; nil where there are none of the kind.
  private static func configuration(_ name: String, in archive: borrowing ZipArchive) throws -> DocumentValue? {
    archive.contains(name) ? try json(name, in: archive).member("config") : nil
  }

  private static func json(_ name: String, in archive: borrowing ZipArchive) throws -> DocumentValue {
    let bytes = try archive.contents(of: name, limit: graphLimit)
    let origin = Origin(file: archive.file, place: name)
    return DocumentValue(try DocumentValue.Content(json: bytes, origin: origin), file: archive.file, path: name)
  }

  /// What to say of an archive that holds no graph where this one is looked for.
  private static func refusal(of archive: borrowing ZipArchive, file: String) -> Diagnostic {
    let names = archive.entries.map(\.name)
    if names.contains(where: { $0.hasSuffix("serialized_exported_program.json") }) {
      return Diagnostic.error(
        "unsupported-format",
        "this program was saved by PyTorch 2.8 or older, with its tensors pickled",
        at: Origin(file: file),
        hint: "save it again with PyTorch 2.9 or newer: torch.export.save(torch.export.load(path), path)"
      )
    }
    let isPickle = names.contains { $0.hasSuffix("data.pkl") }
    return Diagnostic.error(
      "bad-file",
      isPickle
        ? "this is a pickled PyTorch model or a TorchScript archive, not an exported program"
        : "this archive holds no program that PyTorch exported",
      at: Origin(file: file),
      hint: "export the model: torch.export.save(torch.export.export(model.eval(), (x,)), 'model.pt2'), or as ONNX"
    )
  }

  // MARK: - Tensors

  /// A parameter or buffer by the model's name for it.
  mutating func tensor(_ name: String, isConstant: Bool, asked origin: Origin) throws -> TranslatedTensor {
    guard let entry = (isConstant ? constants : weights)?[name] ?? (isConstant ? weights : constants)?[name] else {
      throw Diagnostic.error(
        "missing-value",
        "the archive lacks the tensor '\(name)'",
        at: origin,
        hint: "save the exported program again"
      )
    }
    if case .bool(true)? = entry["use_pickle"]?.content {
      throw entry.error("the tensor '\(name)' is pickled", hint: "export the model with plain dense tensors")
    }
    let meta = try entry.member("tensor_meta")
    guard let element = TranslatedTensor.Element(pyTorch: try meta.member("dtype").integer()) else {
      throw meta.error(
        "the tensor '\(name)' has elements that are no plain numbers",
        hint: "export the model with float32 weights"
      )
    }
    let shape = try Self.extents(meta.member("sizes"))
    guard let count = ShapeInference.elementCount(shape.map { $0 == 0 ? 1 : $0 }), count <= Self.tensorLimit else {
      throw meta.error("the tensor '\(name)' has the absurd shape \(shape)")
    }
    let folder = root + (isConstant && constants?[name] != nil ? "data/constants/" : "data/weights/")
    let path = folder + (try entry.member("path_name").string())
    guard archive.contains(path) else { throw entry.error("the archive has no file '\(path)'") }
    let bytes = try archive.contents(of: path, limit: Self.tensorLimit - read)
    read += bytes.count
    guard isLittleEndian else {
      throw entry.error("the tensors are big-endian", hint: "save the program on a machine of the usual byte order")
    }
    let strides = try Self.extents(meta.member("strides"))
    let start = try meta["storage_offset"].map { try $0.member("as_int").integer() } ?? 0
    guard let ordered = Self.rowMajor(bytes, element, shape: shape, strides: strides, start: start) else {
      throw entry.error("the tensor '\(name)' of shape \(shape) does not lie in its \(bytes.count) bytes")
    }
    return TranslatedTensor(shape: shape, element: element, bytes: ordered)
  }

  private static func extents(_ list: DocumentValue) throws -> [Int] {
    try list.list().map { try $0.member("as_int").integer() }
  }

  /// The elements one after the other, wherever strides say that they lie; nil if that is outside.
  private static func rowMajor(
    _ bytes: [UInt8],
    _ element: TranslatedTensor.Element,
    shape: [Int],
    strides: [Int],
    start: Int
  ) -> [UInt8]? {
    guard shape.count == strides.count, let count = ShapeInference.elementCount(shape), start >= 0 else { return nil }
    guard count > 0 else { return [] }
    let stored = bytes.count / element.size
    var last = start
    for (extent, stride) in zip(shape, strides) {
      let (reach, isTooFar) = (extent - 1).multipliedReportingOverflow(by: stride)
      guard stride >= 0, !isTooFar, reach < stored else { return nil }
      last += reach
    }
    guard last < stored, start < stored else { return nil }
    if start == 0, count == stored, strides == contiguous(shape) { return Array(bytes.prefix(count * element.size)) }
    var result: [UInt8] = []
    result.reserveCapacity(count * element.size)
    var index = shape.map { _ in 0 }
    for _ in 0..<count {
      let place = (start + zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }) * element.size
      result += bytes[place..<place + element.size]
      for axis in shape.indices.reversed() {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
      }
    }
    return result
  }

  private static func contiguous(_ shape: [Int]) -> [Int] {
    var strides: [Int] = []
    var stride = 1
    for extent in shape.reversed() {
      strides.append(stride)
      stride *= extent
    }
    return strides.reversed()
  }
}

extension TranslatedTensor.Element {
  /// By PyTorch's number of the type; nil for what holds no plain numbers.
  init?(pyTorch type: Int) {
    switch type {
    case 1: self = .uint8
    case 2: self = .int8
    case 3: self = .int16
    case 4: self = .int32
    case 5: self = .int64
    case 6: self = .float16
    case 7: self = .float32
    case 8: self = .float64
    case 12: self = .bool
    case 13: self = .bfloat16
    case 28: self = .uint16
    case 34: self = .uint32
    case 35: self = .uint64
    default: return nil
    }
  }
}
