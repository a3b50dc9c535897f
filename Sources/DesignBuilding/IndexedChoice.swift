import NetlistIR

extension NetlistBuilder {
  /// The value of that index; beyond the last one any.
  package mutating func choice(_ values: [ValueID], _ index: ValueID) -> ValueID {
    var level = values
    var bit = 0
    while level.count > 1 {
      let selects = bits(index, low: bit, width: 1)
      level = stride(from: 0, to: level.count, by: 2).map { place in
        place + 1 < level.count ? select(selects, level[place + 1], level[place]) : level[place]
      }
      bit += 1
    }
    return level[0]
  }
}
