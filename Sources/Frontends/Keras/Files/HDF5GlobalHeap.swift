/// The heaps in which an HDF5 file keeps texts of variable length.
///
/// The library's own reading of them crashes on damaged files; here every step is checked.
struct HDF5GlobalHeap {
  private let image: [UInt8]

  init(image: [UInt8]) { self.image = image }

  /// The text that a reference of 16 bytes names: length, address of the heap, index in it, little endian.
  ///
  /// Returns nil if the reference does not lead to an object of the heap that is long enough.
  func text(_ reference: ArraySlice<UInt8>) -> String? {
    let start = reference.startIndex
    guard reference.count == 16, let length = Self.number(reference[start..<(start + 4)]),
      let address = Self.number(reference[(start + 4)..<(start + 12)]),
      let index = Self.number(reference[(start + 12)..<(start + 16)])
    else { return nil }
    if length == 0 { return "" }
    guard let object = object(index, at: address), object.count >= length else { return nil }
    return String(decoding: object.prefix(length).prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The bytes of an object of the heap at an address.
  private func object(_ index: Int, at address: Int) -> ArraySlice<UInt8>? {
    let headerSize = 16
    guard address <= image.count - headerSize, image[address...].starts(with: [0x47, 0x43, 0x4F, 0x4C, 1]),
      let size = Self.number(image[(address + 8)..<(address + 16)]), size <= image.count - address
    else { return nil }
    let end = address + size
    var position = address + headerSize
    while position <= end - headerSize {
      guard let found = Self.number(image[position..<(position + 2)]),
        let count = Self.number(image[(position + 8)..<(position + 16)]), found != 0
      else { return nil }
      position += headerSize
      guard count <= end - position else { return nil }
      if found == index { return image[position..<(position + count)] }
      // Objects start on multiples of eight bytes.
      position += (count + 7) & ~7
    }
    return nil
  }

  /// A little-endian number that no file's size can overflow; nil for larger ones.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value < 1 << 48 ? Int(value) : nil
  }
}
