import DataFiles
import FixedPoint
import TestSupport
import Testing

/// Every rounding and overflow mode against AMD's own `ap_fixed`, for every input.
@Suite(.enabled(if: SharedData.isAvailable, SharedData.absence))
struct ReferenceModesTests {
  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func equalsTheReference(rounding: Rounding, overflow: Overflow) throws {
    let path = "vectors/hls4ml/ap_fixed_modes/modes.npz"
    let archive = try NumPyArchive(npz: SharedData.bytes(path), file: path)
    for isSigned in [true, false] {
      let expected = try archive.array("\(isSigned ? "s" : "u") AP_\(rounding.rawValue) AP_\(overflow.rawValue)").values
      #expect(expected.count == 4096)
      let type = FixedPointType(
        width: 6,
        integerBits: 4,
        isSigned: isSigned,
        rounding: rounding,
        overflow: overflow
      )
      for pattern in 0..<4096 {
        let raw = Int128(pattern < 2048 ? pattern : pattern - 4096)
        let fromFixed = type.quantize(raw: raw, fractionBits: 6)
        let fromDouble = type.quantize(Double(raw) / 64)
        #expect(fromFixed == fromDouble)
        #expect(Double(fromFixed.raw & 63) == expected[pattern])
        #expect(type.rawRange.contains(fromFixed.raw))
      }
    }
  }
}
