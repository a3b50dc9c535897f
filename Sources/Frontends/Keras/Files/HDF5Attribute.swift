import CHDF5
import Diagnostics

extension HDF5File {
  /// The texts of an attribute: fixed or variable length, one or several; nil if there is no such attribute.
  ///
  /// h5py writes an empty list as an empty array of numbers; it reads as no texts.
  func strings(attribute name: String, of path: [String]) throws -> [String]? {
    guard let object = object(path), H5Aexists(object.id, name) > 0 else { return nil }
    func damaged() -> Diagnostic {
      .error("hdf5-damaged", "the attribute '\(name)' cannot be read", at: origin(path))
    }
    guard let attribute = HDF5Handle(H5Aopen(object.id, name, hid_t(H5P_DEFAULT))),
      let space = HDF5Handle(H5Aget_space(attribute.id)), let type = HDF5Handle(H5Aget_type(attribute.id))
    else { throw damaged() }
    let count = Int(H5Sget_simple_extent_npoints(space.id))
    if count == 0 { return [] }
    guard count > 0, count <= Self.maximumStrings, H5Tget_class(type.id) == H5T_STRING else { throw damaged() }
    let isVariable = H5Tis_variable_str(type.id) > 0
    let texts = isVariable ? variableStrings(attribute, count: count) : Self.fixedStrings(attribute, type, count: count)
    guard let texts else { throw damaged() }
    return texts
  }

  /// The first text of an attribute, or nil.
  func string(attribute name: String, of path: [String]) throws -> String? {
    try strings(attribute: name, of: path)?.first
  }

  /// The texts of an attribute that Keras splits into `name0`, `name1` … when it is too long for one.
  func splitStrings(attribute name: String, of path: [String]) throws -> [String]? {
    if let whole = try strings(attribute: name, of: path) { return whole }
    var texts: [String] = []
    var part = 0
    while let more = try strings(attribute: "\(name)\(part)", of: path) {
      texts += more
      part += 1
    }
    return part == 0 ? nil : texts
  }

  private static let maximumStrings = 1 << 20
  private static let maximumBytes = 1 << 28

  private static func fixedStrings(
    _ attribute: borrowing HDF5Handle,
    _ type: borrowing HDF5Handle,
    count: Int
  ) -> [String]? {
    let size = H5Tget_size(type.id)
    guard size > 0, size <= maximumBytes / count else { return nil }
    var buffer = [UInt8](repeating: 0, count: size * count)
    guard H5Aread(attribute.id, type.id, &buffer) >= 0 else { return nil }
    return (0..<count).map { index in
      let text = buffer[(index * size)..<((index + 1) * size)]
      return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private func variableStrings(_ attribute: borrowing HDF5Handle, count: Int) -> [String]? {
    guard heapReference >= 0 else { return nil }
    let size = 16
    var references = [UInt8](repeating: 0, count: size * count)
    guard H5Aread(attribute.id, heapReference, &references) >= 0 else { return nil }
    let heap = HDF5GlobalHeap(image: image)
    var texts: [String] = []
    for start in stride(from: 0, to: references.count, by: size) {
      guard let text = heap.text(references[start..<(start + size)]) else { return nil }
      texts.append(text)
    }
    return texts
  }
}
