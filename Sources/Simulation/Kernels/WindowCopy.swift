import FixedPoint

/// Neighbouring rows of a kernel's input, and what fills them for one firing.
struct WindowCopy: Sendable, Hashable {
  enum Source: Sendable, Hashable {
    /// Neighbouring rows of the operand, shifted to the kernel's grid.
    case rows(first: Int, lift: Int)
    /// What stands outside the tensor, on the kernel's grid.
    case constant(Int128)
  }

  /// The operand.
  var input: Int
  var kernelInput: Int
  /// The first row of the kernel's input.
  var row: Int
  var count: Int
  var source: Source

  /// Joins single rows into runs.
  static func joined(_ rows: [WindowCopy]) -> [WindowCopy] {
    var runs: [WindowCopy] = []
    for next in rows {
      if let last = runs.last, last.input == next.input, last.kernelInput == next.kernelInput,
        last.row + last.count == next.row, last.isContinued(by: next)
      {
        runs[runs.count - 1].count += next.count
      } else {
        runs.append(next)
      }
    }
    return runs
  }

  private func isContinued(by next: WindowCopy) -> Bool {
    switch (source, next.source) {
    case (.rows(let first, let lift), .rows(let second, let otherLift)): first + count == second && lift == otherLift
    case (.constant(let value), .constant(let other)): value == other
    case (.rows, .constant), (.constant, .rows): false
    }
  }

  /// The same, whatever rows of the operand they are.
  var shape: WindowCopy {
    guard case .rows(_, let lift) = source else { return self }
    var shape = self
    shape.source = .rows(first: 0, lift: lift)
    return shape
  }

  /// The first row of the operand that is copied, or nil for a constant.
  var first: Int? {
    switch source {
    case .rows(let first, _): first
    case .constant: nil
    }
  }

  /// Fills the rows.
  ///
  /// - Parameter operand: the rows of the operand's tensor.
  func run(from operand: LaneRows, to kernelInput: LaneRows, kernel tile: Tile) {
    let target = kernelInput.from(row)
    switch source {
    case .rows(let first, 0):
      operand.from(first).convert(to: target, count: count * tile.lanes, scratch: tile.scratch)
    case .rows(let first, let lift):
      let values = tile.scratch.assumingMemoryBound(to: Int128.self)
      for row in 0..<count {
        loadRows(operand.from(first + row), into: values, count: tile.lanes, lift: lift)
        storeRows(values, to: target.from(row), count: tile.lanes)
      }
    case .constant(let value):
      let values = tile.scratch.assumingMemoryBound(to: Int128.self)
      values.update(repeating: value, count: tile.lanes)
      for row in 0..<count { storeRows(values, to: target.from(row), count: tile.lanes) }
    }
  }
}

extension Tile {
  /// The tile of a kernel that is fired inside this one: its memory is part of this tile's scratch memory.
  ///
  /// - Parameters:
  ///   - positions: firings side by side; only without counters, or in a full tile, may there be several.
  ///   - reserved: bytes per lane that the firing operation keeps for itself.
  func kernelTile(of body: SimulationPlan, positions: Int = 1, after reserved: Int = 0) -> Tile {
    let lanes = lanes * positions
    return Tile(
      memory: scratch + reserved * lanes,
      scratch: scratch + (reserved + body.memorySize) * lanes,
      places: body.places,
      lanes: lanes,
      samples: positions == 1 ? samples : lanes,
      counters: counters
    )
  }
}
