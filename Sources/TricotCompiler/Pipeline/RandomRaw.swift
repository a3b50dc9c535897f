import Basics
import FixedPoint
import Fuzzing

extension EventBatch {
  /// A raw value of a type that a `Double` holds exactly.
  static func randomRaw(of type: FixedPointType, using generator: inout SeededGenerator) -> Int128 {
    let (least, greatest) = (type.minimumRaw, type.maximumRaw)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: return [least, greatest, 0, min(1, greatest), max(-1, least)].randomElement(using: &generator) ?? 0
    case 1, 2:
      // A few low bits: small numbers, which uniform ones almost never are.
      let bits = Int.random(in: 0...max(type.width / 2, 1), using: &generator)
      let magnitude = Int128.random(in: 0...(Int128(1) << bits), using: &generator)
      return min(max(Bool.random(using: &generator) ? magnitude : -magnitude, least), greatest)
    default:
      let raw = Int128.random(in: least...greatest, using: &generator)
      // Beyond 53 bits the low ones are cleared, so that the number is exact.
      let excess = max(0, type.width - 53)
      return (raw >> excess) << excess
    }
  }
}
