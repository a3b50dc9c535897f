import DesignIR
import FixedPoint
import NetlistIR

/// Values side by side in words of memories that are read and written together.
struct WordPacking {
  /// Bits of a word: those of a block memory's port.
  static let wordBits = 72

  /// By word: the values in it, the first at the lowest bits.
  private(set) var words: [[Int]] = []
  private let types: [FixedPointType]

  init(_ types: [FixedPointType]) {
    self.types = types
    var width = 0
    for (index, type) in types.enumerated() where type.width > 0 {
      if words.isEmpty || width + type.width > Self.wordBits {
        words.append([])
        width = 0
      }
      words[words.count - 1].append(index)
      width += type.width
    }
  }

  private func width(_ word: [Int]) -> Int { word.reduce(0) { $0 + types[$1].width } }

  /// Adds a memory for each word.
  func memories(_ builder: inout ModuleBuilder, _ name: String, depth: Int) -> [MemoryID] {
    words.enumerated().map { number, word in
      let width = width(word)
      let type = FixedPointType(width: width, integerBits: width, isSigned: false)
      return builder.memory("\(name)\(number)", depth: depth, type: type)
    }
  }

  /// The words of values.
  func packed(_ builder: inout ModuleBuilder, _ values: [ValueID]) -> [ValueID] {
    words.map { word in
      var sum = builder.logic.constant(0)
      var offset = 0
      for index in word {
        let bits = builder.logic.bits(values[index], low: 0, width: types[index].width)
        sum = builder.logic.sum(sum, builder.logic.shiftLeft(bits, offset))
        offset += types[index].width
      }
      return sum
    }
  }

  /// The values of words.
  func unpacked(_ builder: inout ModuleBuilder, _ data: [ValueID]) -> [ValueID] {
    var values = types.map { _ in builder.logic.constant(0) }
    for (word, value) in zip(words, data) {
      var offset = 0
      for index in word {
        let bits = builder.logic.bits(value, low: offset, width: types[index].width)
        values[index] = builder.logic.wrap(bits, width: types[index].width, signed: types[index].isSigned)
        offset += types[index].width
      }
    }
    return values
  }
}
