import FixedPoint

/// A network as the words that a reloadable machine takes.
package struct ReloadWords: Sendable, Hashable {
  /// Version, programs, checksum; each on the port's bits.
  package var words: [UInt128]
  package var dataBits: Int

  /// - Parameters:
  ///   - plan: a network that passed ``ReloadMap/check(_:file:)``.
  ///   - map: of the machine.
  package init(_ plan: MachinePlan, for map: ReloadMap, version: UInt32) {
    dataBits = map.dataBits
    words = [UInt128(version)]
    for (own, layer) in zip(map.layers, plan.layers) {
      for processor in layer.processors {
        for lane in 0..<own.lanes {
          words += processor.program.words.map { Self.pattern(Int128($0[lane].factor), bits: own.weightBits) }
        }
        words.append(Self.pattern(processor.program.start, bits: own.accumulatorBits))
      }
    }
    words.append(UInt128(Self.checksum(of: words, dataBits: dataBits)))
  }

  package var version: UInt32 { UInt32(truncatingIfNeeded: words.first ?? 0) }
  package var checksum: UInt32 { UInt32(truncatingIfNeeded: words.last ?? 0) }

  /// The low bits of a number in two's complement.
  private static func pattern(_ value: Int128, bits: Int) -> UInt128 {
    UInt128(truncatingIfNeeded: value) & ((1 << bits) - 1)
  }

  /// Two sums of 16 bits, as Fletcher's: `a` starts from 1 and takes the word's pieces of 16 bits, `b` takes every `a`.
  package static func checksum(of words: [UInt128], dataBits: Int) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for word in words {
      for bit in stride(from: 0, to: dataBits, by: 16) { low += UInt32(truncatingIfNeeded: word >> bit) & 0xffff }
      low &= 0xffff
      high = (high + low) & 0xffff
    }
    return high << 16 | low
  }

  /// A word a line, as `$readmemh` reads them.
  package var text: String {
    let digits = (dataBits + 3) / 4
    return words.map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: digits - text.count) + text + "\n"
    }.joined()
  }
}
