import DataFiles
import Diagnostics
import ONNXFrontend

/// One node of an exported program: gives out its arguments by name and type.
struct ProgramNode: TranslatableNode {
  let origin: Origin
  /// The operator without its overload and whether it changes its first tensor, such as `aten.relu`; and with both.
  let operation: String
  let target: String
  /// Whether the result is stored where the first tensor was.
  let isInPlace: Bool
  /// The names of its results; empty where it makes no tensor.
  let outputs: [String]
  /// What its layer is called: the module of the model that it stands for, or else the node.
  let label: String

  var layerName: String { label }
  var valueName: String { outputs.first ?? "" }

  private let arguments: [String: DocumentValue]

  init(_ value: DocumentValue, file: String) throws {
    let target = try value.member("target").string()
    let prefix = "torch.ops."
    self.target = target.hasPrefix(prefix) ? String(target.dropFirst(prefix.count)) : target
    let parts = self.target.split(separator: ".")
    let name = parts.prefix(2).joined(separator: ".")
    isInPlace = name.hasSuffix("_") && !name.hasSuffix("__")
    operation = isInPlace ? String(name.dropLast()) : name
    outputs = try value.member("outputs").list().flatMap { output in
      if let tensor = output["as_tensor"] { return [try tensor.member("name").string()] }
      return try output["as_tensors"]?.list().map { try $0.member("name").string() } ?? []
    }
    let module = Self.module(try value["metadata"]?["nn_module_stack"]?.string() ?? "")
    label = module ?? outputs.first ?? self.target
    let result = outputs.first ?? ""
    origin = Origin(
      file: file,
      place: "node '\(result)' (\(self.target)\(module.map { $0 == result ? "" : " of '\($0)'" } ?? ""))"
    )
    var arguments: [String: DocumentValue] = [:]
    for argument in try value.member("inputs").list() {
      arguments[try argument.member("name").string()] = try argument.member("arg")
    }
    self.arguments = arguments
  }

  /// The path of the innermost module, if it is one of PyTorch's own layers: `key,path,class;…`.
  private static func module(_ stack: String) -> String? {
    guard let last = stack.split(separator: ";").last else { return nil }
    let parts = last.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[1].isEmpty, parts[2].hasPrefix("torch.nn.modules."),
      !parts[2].contains(".container.")
    else { return nil }
    return String(parts[1])
  }

  func has(_ name: String) -> Bool { arguments[name].map { $0["as_none"] == nil } ?? false }

  /// The name of a tensor; nil where it is left out.
  func optionalTensor(_ name: String) throws -> String? {
    try arguments[name]?["as_tensor"].map { try $0.member("name").string() }
  }

  func tensor(_ name: String) throws -> String {
    guard let tensor = try optionalTensor(name) else {
      throw error("bad-arity", "'\(label)' (\(target)) lacks its tensor '\(name)'")
    }
    return tensor
  }

  /// The names of all tensors that it reads.
  var tensorNames: [String] {
    arguments.values.flatMap { argument -> [String] in
      if let tensor = argument["as_tensor"] { return [(try? tensor.member("name").string()) ?? ""] }
      return ((try? argument["as_tensors"]?.list()) ?? []).map { (try? $0.member("name").string()) ?? "" }
    }
  }

  func tensors(_ name: String) throws -> [String] {
    guard let list = arguments[name]?["as_tensors"] else {
      throw error("bad-arity", "'\(label)' (\(target)) lacks its tensors '\(name)'")
    }
    return try list.list().map { try $0.member("name").string() }
  }

  func integer(_ name: String) throws -> Int? {
    guard let argument = arguments[name], argument["as_none"] == nil else { return nil }
    return try integer(argument["as_sym_int"] ?? argument, name)
  }

  func integer(_ name: String, default value: Int) throws -> Int { try integer(name) ?? value }

  /// Whole numbers; a number that depends on the batch is nil.
  func extents(_ name: String) throws -> [Int?]? {
    if let list = arguments[name]?["as_ints"] { return try list.integers() }
    if let list = arguments[name]?["as_sym_ints"] {
      return try list.list().map { $0["as_int"] == nil ? nil : try integer($0, name) }
    }
    return try integer(name).map { [$0] }
  }

  func integers(_ name: String) throws -> [Int]? {
    guard let list = try extents(name) else { return nil }
    let numbers = list.compactMap { $0 }
    guard numbers.count == list.count else { throw dynamic(name) }
    return numbers
  }

  /// A number, whole or not.
  func number(_ name: String) throws -> Double? {
    guard let argument = arguments[name] else { return nil }
    if let float = argument["as_float"] { return try float.number() }
    if let integer = argument["as_int"] { return try integer.number() }
    return nil
  }

  func number(_ name: String, default value: Double) throws -> Double { try number(name) ?? value }

  /// PyTorch's number of an element type; nil where it is left out.
  func scalarType(_ name: String) throws -> Int? { try arguments[name]?["as_scalar_type"].map { try $0.integer() } }

  func flag(_ name: String, default value: Bool = false) -> Bool {
    if case .bool(let flag)? = arguments[name]?["as_bool"]?.content { return flag }
    return value
  }

  func text(_ name: String) throws -> String? { try arguments[name]?["as_string"].map { try $0.string() } }

  func error(_ code: String, _ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic.error(code, message, at: origin, hint: hint)
  }

  private func integer(_ value: DocumentValue, _ name: String) throws -> Int {
    guard let integer = value["as_int"] else { throw dynamic(name) }
    // The end of a slice is often the largest number of 64 bits, which no Double holds.
    let number = try integer.number()
    return number.magnitude < 0x1p53 ? try integer.integer() : number < 0 ? Self.least : Self.greatest
  }

  /// Beyond any extent.
  static let greatest = Int(Int32.max)
  static let least = -greatest

  private func dynamic(_ name: String) -> Diagnostic {
    error(
      "dynamic-shape",
      "'\(name)' of '\(label)' (\(target)) depends on the shape of the input",
      hint: "export the model with fixed shapes; only the batch, the first dimension, may be open"
    )
  }
}
