import FixedPoint
import NetlistIR
import VerilogBackend

/// Raw values of events as the harness reads and writes them: 32-bit words, each bus padded to whole words.
enum EventWords {
  static func pack(_ events: [[Int128]], buses: [Bus]) -> [UInt8] {
    let count = buses.reduce(0) { $0 + $1.words }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(events.count * count * 4)
    var words = [UInt32](repeating: 0, count: count)
    for event in events {
      for index in words.indices { words[index] = 0 }
      var base = 0
      for bus in buses {
        for element in bus.elements where element.width > 0 {
          insert(event[element.flatIndex], width: element.width, at: base * 32 + element.offset, into: &words)
        }
        base += bus.words
      }
      for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
    }
    return bytes
  }

  /// The flat vectors of `events` events.
  static func unpack(_ bytes: [UInt8], events: Int, buses: [Bus]) -> [[Int128]] {
    let count = buses.reduce(0) { $0 + $1.words }
    let size = buses.reduce(0) { $0 + $1.elements.count }
    return (0..<events).map { event in
      let words = (0..<count).map { word(bytes, at: (event * count + $0) * 4) }
      var values = [Int128](repeating: 0, count: size)
      var base = 0
      for bus in buses {
        for element in bus.elements where element.width > 0 {
          let pattern = extract(words, width: element.width, at: base * 32 + element.offset)
          values[element.flatIndex] = element.port.type.isSigned ? signed(pattern, element.width) : Int128(pattern)
        }
        base += bus.words
      }
      return values
    }
  }

  private static func insert(_ value: Int128, width: Int, at position: Int, into words: inout [UInt32]) {
    var rest = UInt128(truncatingIfNeeded: value) & ((1 << width) - 1)
    var (index, shift) = (position / 32, position % 32)
    while rest != 0 {
      words[index] |= UInt32(truncatingIfNeeded: rest << shift)
      rest >>= 32 - shift
      index += 1
      shift = 0
    }
  }

  private static func extract(_ words: [UInt32], width: Int, at position: Int) -> UInt128 {
    var pattern: UInt128 = 0
    var taken = 0
    while taken < width {
      let (index, shift) = ((position + taken) / 32, (position + taken) % 32)
      pattern |= UInt128(words[index] >> shift) << taken
      taken += 32 - shift
    }
    return pattern & ((1 << width) - 1)
  }

  private static func signed(_ pattern: UInt128, _ width: Int) -> Int128 {
    Int128(truncatingIfNeeded: pattern << (128 - width)) >> (128 - width)
  }

  private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
      | UInt32(bytes[offset + 3]) << 24
  }
}
