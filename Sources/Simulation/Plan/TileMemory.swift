import FixedPoint
import FixedPointIR

extension SimulationPlan {
  /// Chooses storages that save conversions: the floats of OpenBLAS beside dense layers, else the narrowest integers.
  mutating func assignStorage(_ graph: FixedPointGraph) {
    var wishes = [[LaneStorage]](repeating: [], count: places.count)
    var kernel = 0
    for (index, node) in graph.nodes.enumerated() where kernelsUntilNode[index] > kernel {
      if let wish = kernels[kernel].preferredInput {
        for input in node.inputs { wishes[tensors[input.index].place].append(wish) }
      }
      if let wish = kernels[kernel].naturalOutput { wishes[tensors[node.output.index].place].append(wish) }
      kernel = kernelsUntilNode[index]
    }
    for tensor in tensors where tensor.place >= 0 {
      let all = tensor.ranges.dropFirst().reduce(tensor.ranges.first ?? Interval(0)) { $0.union($1) }
      if let wish = wishes[tensor.place].first(where: { $0.holds(all) }) { places[tensor.place].storage = wish }
    }
  }

  /// Gives every place its memory; what is no longer read makes room.
  mutating func assignOffsets(_ graph: FixedPointGraph) {
    var lastUse = [Int](repeating: -1, count: places.count)
    for (index, node) in graph.nodes.enumerated() {
      for id in node.inputs + [node.output] { lastUse[tensors[id.index].place] = index }
    }
    for id in graph.outputs { lastUse[tensors[id.index].place] = graph.nodes.count }
    var memory = TileMemory()
    var isPlaced = [Bool](repeating: false, count: places.count)
    // Inputs are read before the first kernel runs.
    for input in inputs.map(\.place) + kernelInputs {
      places[input].offset = memory.take(places[input].size)
      isPlaced[input] = true
    }
    var kernel = 0
    for (index, node) in graph.nodes.enumerated() {
      let output = tensors[node.output.index].place
      if kernelsUntilNode[index] > kernel {
        if kernels[kernel].canRunInPlace, let input = node.inputs.first.map({ tensors[$0.index].place }),
          lastUse[input] == index, places[input].size == places[output].size,
          places[input].rows == places[output].rows
        {
          places[output].offset = places[input].offset
          isPlaced[output] = true
          // The output frees it.
          lastUse[input] = -1
        }
        kernel = kernelsUntilNode[index]
      }
      if !isPlaced[output] {
        places[output].offset = memory.take(places[output].size)
        isPlaced[output] = true
      }
      for id in Set(node.inputs + [node.output]).sorted() {
        let place = tensors[id.index].place
        guard lastUse[place] == index else { continue }
        memory.free(places[place].offset, places[place].size)
        // Aliases must not free it again.
        lastUse[place] = -1
      }
    }
    memorySize = memory.size
  }
}

/// The free stretches of a tile's memory, in bytes per lane.
private struct TileMemory {
  private var holes: [(offset: Int, size: Int)] = []
  private(set) var size = 0

  /// The first hole that is large enough, or new memory.
  ///
  /// Everything is aligned to the widest integer.
  mutating func take(_ bytes: Int) -> Int {
    let need = rounded(bytes)
    if let index = holes.firstIndex(where: { $0.size >= need }) {
      let offset = holes[index].offset
      holes[index].offset += need
      holes[index].size -= need
      if holes[index].size == 0 { holes.remove(at: index) }
      return offset
    }
    defer { size += need }
    return size
  }

  mutating func free(_ offset: Int, _ bytes: Int) {
    let stretch = (offset: offset, size: rounded(bytes))
    guard stretch.size > 0 else { return }
    let index = holes.firstIndex { $0.offset > offset } ?? holes.count
    holes.insert(stretch, at: index)
    if index + 1 < holes.count, stretch.offset + stretch.size == holes[index + 1].offset {
      holes[index].size += holes.remove(at: index + 1).size
    }
    if index > 0, holes[index - 1].offset + holes[index - 1].size == holes[index].offset {
      holes[index - 1].size += holes.remove(at: index).size
    }
  }

  private func rounded(_ bytes: Int) -> Int { (bytes + 15) & ~15 }
}
