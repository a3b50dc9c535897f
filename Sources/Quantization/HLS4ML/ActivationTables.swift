import FixedPoint
import FixedPointIR
import Glibc

/// hls4ml's activation tables: the same C float arithmetic, entry by entry.
enum ActivationTables {
  /// What decides the contents of a table.
  enum Function {
    case sigmoid, tanh, softplus, softsign
    /// `exp(x) - 1` for negative arguments.
    case elu
    /// The negative branch of SELU, its constants included.
    case selu
    /// The exponential of hls4ml's `legacy` softmax.
    case legacyExponential

    /// The table reaches over `[-2^rangeLog2 / 2, 2^rangeLog2 / 2)`, or down to `-2^rangeLog2` from zero.
    var rangeLog2: Int {
      switch self {
      case .sigmoid, .softplus, .softsign, .legacyExponential: 4
      case .tanh, .elu, .selu: 3
      }
    }

    /// Whether the table stands over `-x`, for negative arguments.
    var isForNegatives: Bool {
      switch self {
      case .elu, .selu: true
      case .sigmoid, .tanh, .softplus, .softsign, .legacyExponential: false
      }
    }

    /// The function as hls4ml's C++ computes it: `float` in and out, `double` where its constants are.
    func value(_ x: Float) -> Float {
      switch self {
      case .sigmoid: Float(1.0 / Double(1 + expf(-x)))
      case .tanh: tanhf(x)
      case .softplus: Float(log(Double(expf(x)) + 1.0))
      case .softsign: Float(Double(x) / (Double(abs(x)) + 1.0))
      case .elu: Float(Double(expf(x)) - 1.0)
      case .selu:
        Float(1.0507009873554804934193349852946 * (1.6732632423543772848170429916717 * (Double(expf(x)) - 1.0)))
      case .legacyExponential: expf(x)
      }
    }
  }

  /// A table of a function over its whole range, addressed by the scaled argument.
  static func scaled(_ function: Function, size: Int, type: FixedPointType) throws -> AddressedTable {
    let reach = Double(1 << function.rangeLog2)
    let values = (0..<size).map { index in
      let argument =
        function.isForNegatives
        ? -reach * Double(index) / Double(size) : reach * (Double(index) - Double(size) / 2) / Double(size)
      return Double(function.value(Float(argument)))
    }
    return AddressedTable(
      table: try lookupTable(values, type),
      addressing: .scaled(
        ScaledAddressing(
          multiplier: Int64(function.isForNegatives ? -size : size),
          rangeLog2: function.rangeLog2,
          offset: function.isForNegatives ? 0 : Int64((size << (function.rangeLog2 - 1)) >> function.rangeLog2)
        )
      )
    )
  }

  /// `1/x` over `[0, 64)`, hls4ml's `legacy` reciprocal.
  static func legacyReciprocal(size: Int, type: FixedPointType) throws -> AddressedTable {
    let values = (0..<size).map { index in
      index == 0 ? 0 : 1.0 / Double(Float(64.0 * Double(index) / Double(Float(size))))
    }
    return AddressedTable(
      table: try lookupTable(values, type),
      addressing: .scaled(ScaledAddressing(multiplier: Int64(size), rangeLog2: 6, offset: 0))
    )
  }

  /// A table addressed by the leading bits of an argument's type, evaluated at the left edge of every step.
  ///
  /// - Parameter size: a power of two, at most two to the type's width.
  static func leadingBits(
    of argument: FixedPointType,
    size: Int,
    type: FixedPointType,
    _ function: (Float) -> Float
  ) throws -> AddressedTable {
    let bits = size.trailingZeroBitCount
    let values = (0..<size).map { index in
      let raw = argument.wrapped(Int128(index) << (argument.width - bits))
      return Double(function(Float(argument.value(ofRaw: raw))))
    }
    return AddressedTable(
      table: try lookupTable(values, type),
      addressing: .leadingBits(bits: bits, width: argument.width)
    )
  }

  /// Quantises a table's values; infinities saturate, or become zero where the type wraps.
  private static func lookupTable(_ values: [Double], _ type: FixedPointType) throws -> LookupTable {
    LookupTable(
      entries: try values.map { value in
        guard let entry = Int64(exactly: type.quantize(value).raw) else { throw TableTooWide(type: type) }
        return entry
      },
      type: type
    )
  }
}

/// A table type whose entries do not fit 64 bits.
struct TableTooWide: Error {
  let type: FixedPointType
}
