import DesignIR
import FixedPoint
import NetlistIR

/// The tokens that windows still need: rows in memories, the window itself in registers.
///
/// A step moves the window on by a column: the token that comes, and those above it, which the memories show since the step
/// before. The rows above move up a row at the same time. Nothing outside the operand is ever stored: what the buffer
/// holds there, left from before, is told by the walk's place and replaced.
struct WindowBuffer {
  let raster: WindowRaster
  /// By element of a token.
  let words: [FixedPointType]

  /// One element of the window, a cycle after the step that completed it.
  struct Tap {
    var value: ValueID
    /// Whether it stands inside the operand; nil where it always does.
    var isInside: ValueID?
  }

  /// The window's elements, tap by tap.
  func taps(_ builder: inout ModuleBuilder, token: [ValueID], walk: WindowWalk) -> [Tap] {
    let lines = lines(&builder, token: token, walk: walk)
    let (rows, columns) = (raster.rows, raster.columns)
    let isRowInside = inside(&builder, walk.row, "row")
    let isColumnInside = inside(&builder, walk.column, "column")
    var taps: [Tap] = []
    for row in 0..<rows.size {
      var behind = lines[(rows.size - 1 - row) * rows.dilation]
      // By columns back.
      let window = (0...columns.span).map { back in
        behind = behind.enumerated().map { element, value in
          builder.registered(value, "window\(row)_\(back)_\(element)", enable: walk.steps)
        }
        return behind
      }
      for column in 0..<columns.size {
        let here = [isRowInside[row], isColumnInside[column]].compactMap { $0 }
        let isInside = here.dropFirst().reduce(here.first) { both, one in both.map { builder.logic.and($0, one) } }
        for value in window[(columns.size - 1 - column) * columns.dilation] {
          taps.append(Tap(value: value, isInside: isInside))
        }
      }
    }
    return taps
  }

  /// By tap of an axis, whether it stands inside in the window of the last step; nil where that is always so.
  private func inside(_ builder: inout ModuleBuilder, _ place: WindowWalk.Place, _ name: String) -> [ValueID?] {
    let axis = place.axis
    return (0..<axis.size).map { tap in
      guard axis.isOutside(tap: tap) else { return nil }
      let back = (axis.size - 1 - tap) * axis.dilation
      let condition = place.holds(&builder) { !axis.fires(at: $0) || axis.isInside($0 - back) }
      return builder.registered(condition, "\(name)_inside_\(tap)")
    }
  }

  /// By rows back, the elements of the column at which the walk stands; the first is the token that comes.
  private func lines(_ builder: inout ModuleBuilder, token: [ValueID], walk: WindowWalk) -> [[ValueID]] {
    let count = raster.rows.span
    guard count > 0 else { return [token] }
    let columns = raster.columns
    let all = (0..<count).flatMap { _ in words }
    let isInside = walk.column.holds(&builder) { columns.isInside($0) }
    let moves = builder.logic.and(walk.steps, isInside)
    var shown: [ValueID]
    if columns.extent == 1 {
      let registers = all.enumerated().map { builder.register("line\($0)", type: $1, range: $1.wordRange) }
      shown = registers.map { builder.value(of: $0) }
      for (register, value) in zip(registers, token + shown) { builder.setNext(register, value, enable: moves) }
    } else {
      let packing = WordPacking(all)
      let memories = packing.memories(&builder, "rows", depth: columns.extent)
      // Memories show a word the cycle after its address: that of the column at which the walk will stand.
      let next = address(&builder, walk.column, walk.column.next)
      let data = memories.map { builder.read($0, address: next) }
      shown = packing.unpacked(&builder, data)
      let here = address(&builder, walk.column, walk.column.index)
      for (memory, word) in zip(memories, packing.packed(&builder, token + shown.dropLast(words.count))) {
        builder.write(memory, address: here, data: word, enable: moves)
      }
    }
    return [token] + (0..<count).map { line in Array(shown[line * words.count..<(line + 1) * words.count]) }
  }

  /// The memories' word of a place: its column, or any where it stands outside.
  private func address(_ builder: inout ModuleBuilder, _ place: WindowWalk.Place, _ index: ValueID) -> ValueID {
    let first = Int128(place.axis.walk.lowerBound)
    let column = builder.logic.sum(index, builder.logic.constant(first))
    return builder.logic.clamp(column, to: Interval(0, Int128(place.axis.extent - 1)))
  }
}
