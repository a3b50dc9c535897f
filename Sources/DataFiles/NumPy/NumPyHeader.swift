import Diagnostics

/// What stands before the numbers of a `.npy` file.
struct NumPyHeader: Equatable {
  var elementType: NumPyElementType
  var isBigEndian: Bool
  /// Fastest axis first in the file.
  var isFortranOrder: Bool
  var shape: [Int]
  /// The product of the shape.
  var count: Int
  /// Where the numbers begin.
  var dataOffset: Int
}

extension NumPyHeader {
  /// Reads the magic, the version and the dictionary of versions 1 to 3.
  init(parsing bytes: [UInt8], file: String) throws {
    func refuse(_ message: String, hint: String? = nil) -> Diagnostic {
      .error("npy-header", message, at: Origin(file: file, place: "header"), hint: hint)
    }
    guard bytes.count >= 10, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw refuse("not a NumPy array file", hint: "write it with numpy.save; '.npz' archives hold several arrays")
    }
    let version = Int(bytes[6])
    guard (1...3).contains(version) else { throw refuse("version \(version).\(bytes[7]) of the format is not known") }
    let lengthBytes = version == 1 ? 2 : 4
    guard bytes.count >= 8 + lengthBytes else { throw refuse("the file ends inside its header") }
    var length = 0
    for place in (0..<lengthBytes).reversed() { length = length << 8 | Int(bytes[8 + place]) }
    let start = 8 + lengthBytes
    guard length <= Self.maximumLength else { throw refuse("the header claims \(length) bytes") }
    guard start + length <= bytes.count else { throw refuse("the file ends inside its header") }
    var parser = PythonLiteralParser(bytes[start..<(start + length)])
    guard let fields = parser.parseDictionary() else { throw refuse("the header is not a NumPy dictionary") }
    guard fields.count == 3, let order = fields["fortran_order"], let description = fields["descr"],
      case .tuple(let extents)? = fields["shape"], case .bool(let isFortranOrder) = order
    else { throw refuse("the header must name 'descr', 'fortran_order' and 'shape'") }
    guard case .string(let code) = description else {
      throw refuse("structured arrays are not supported", hint: "save a plain array of numbers")
    }
    (elementType, isBigEndian) = try Self.elementType(of: code, refuse)
    self.isFortranOrder = isFortranOrder
    shape = extents
    guard let count = Self.product(extents), count <= Self.maximumCount else {
      throw refuse("the shape \(extents) is too large")
    }
    self.count = count
    dataOffset = start + length
  }

  /// NumPy pads headers to a few hundred bytes; a longer one is damage.
  private static let maximumLength = 1 << 16
  private static let maximumCount = 1 << 40

  private static func elementType(
    of code: String,
    _ refuse: (String, String?) -> Diagnostic
  ) throws -> (NumPyElementType, isBigEndian: Bool) {
    var rest = code[...]
    var isBigEndian = false
    if let mark = rest.first, "<>=|".contains(mark) {
      isBigEndian = mark == ">"
      rest.removeFirst()
    }
    if rest == "?" { return (.bool, false) }
    if let type = NumPyElementType(code: rest) { return (type, isBigEndian) }
    let kind =
      switch rest.first {
      case "O": "Python objects"
      case "c": "complex numbers"
      case "U", "S": "text"
      case "M", "m": "dates"
      default: "elements of type '\(code)'"
      }
    throw refuse("\(kind) are not supported", "save real numbers, for example with x.astype('float64')")
  }

  /// The product, zero if any extent is, or nil where it leaves 63 bits.
  private static func product(_ extents: [Int]) -> Int? {
    if extents.contains(0) { return 0 }
    var count = 1
    for extent in extents {
      let (value, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      count = value
    }
    return count
  }
}
