/// Zip archives of uncompressed entries, made in memory: for tests that change what is inside.
package enum StoredZip {
  package static func bytes(of entries: [(name: String, contents: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, contents) in entries {
      let start = archive.count
      // Version, no flags, stored, time, date; then checksum and sizes.
      let sizes = little(checksum(contents), 4) + little(UInt32(contents.count), 4) + little(UInt32(contents.count), 4)
      let common =
        little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) + sizes + little(UInt32(name.utf8.count), 2)
      archive += little(0x0403_4b50, 4) + common + little(0, 2) + Array(name.utf8) + contents
      directory += little(0x0201_4b50, 4) + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 2)
      directory += little(0, 2) + little(0, 4) + little(UInt32(start), 4) + Array(name.utf8)
    }
    let end =
      little(0x0605_4b50, 4) + little(0, 4) + little(UInt32(entries.count), 2) + little(UInt32(entries.count), 2)
    let place = little(UInt32(directory.count), 4) + little(UInt32(archive.count), 4) + little(0, 2)
    return archive + directory + end + place
  }

  private static func little(_ number: UInt32, _ bytes: UInt32) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// CRC-32.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = ~UInt32(0)
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
    }
    return ~sum
  }
}
