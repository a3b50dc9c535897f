import CSimulationKernels
import FixedPoint

/// Firings of a map that differ in nothing but the rows they read and write.
struct FiringGroup: Sendable {
  /// Their numbers, ascending.
  var firings: [Int] = []
  /// What fills the kernel's inputs.
  var copies: [WindowCopies]
  /// What the results go through.
  var results: [RowRun]
  /// The first row of each firing's results.
  var resultRows: [Int32] = []
}

/// The same rows of the windows of several firings.
struct WindowCopies: Sendable {
  /// The first firing's.
  var copy: WindowCopy
  /// The first row of the operand for every firing; empty for constants.
  var firsts: [Int32] = []

  /// Fills the rows for some of the firings, whose samples lie side by side.
  ///
  /// - Parameter operand: the rows of the operand's tensor.
  func run(_ firings: Range<Int>, from operand: LaneRows, to kernelInput: LaneRows, kernel tile: Tile) {
    let target = kernelInput.from(copy.row)
    let positions = firings.count
    switch copy.source {
    case .rows(_, 0) where operand.storage == target.storage:
      firsts.withUnsafeBufferPointer { firsts in
        guard let firsts = firsts.baseAddress else { return }
        let bytes = operand.lanes * operand.storage.size
        tricot_gather_rows(operand.base, firsts + firings.lowerBound, positions, copy.count, bytes, target.base)
      }
    case .rows(_, let lift):
      let values = tile.scratch.assumingMemoryBound(to: Int128.self)
      for row in 0..<copy.count {
        for (position, firing) in firings.enumerated() {
          loadRows(operand.from(Int(firsts[firing]) + row), into: values, count: operand.lanes, lift: lift)
          let offset = (row * positions + position) * operand.lanes * target.storage.size
          let rows = LaneRows(base: target.base + offset, storage: target.storage, lanes: operand.lanes)
          storeRows(values, to: rows, count: operand.lanes)
        }
      }
    case .constant(let value):
      let values = tile.scratch.assumingMemoryBound(to: Int128.self)
      values.update(repeating: value, count: tile.lanes)
      for row in 0..<copy.count { storeRows(values, to: target.from(row), count: tile.lanes) }
    }
  }
}
