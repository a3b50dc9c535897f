import FixedPointIR

/// The order in which a stage takes the tokens of one operand and fires its kernel over windows of them.
///
/// The stage walks over all positions of the operand, row by row. Where windows reach beyond the last column or the last row (or
/// end before the first), it walks over positions outside, too, for which no token comes: each costs a step, and so a
/// window at the border never waits for the next event.
package struct WindowRaster: Hashable {
  /// One axis of the walk.
  package struct Axis: Hashable {
    /// Positions of the operand.
    package var extent = 1
    package var size = 1
    package var stride = 1
    package var dilation = 1
    package var before = 0
    /// Firings.
    package var domain = 1

    /// Where the window of a firing ends: the walk's position that completes it.
    package func end(of firing: Int) -> Int { firing * stride + span - before }
    /// Positions between the first tap and the last.
    package var span: Int { (size - 1) * dilation }
    /// The positions of the walk.
    package var walk: ClosedRange<Int> { min(0, end(of: 0))...max(extent - 1, end(of: domain - 1)) }
    /// Whether a window ends at a position of the walk.
    func fires(at position: Int) -> Bool {
      let distance = position - end(of: 0)
      return distance >= 0 && distance.isMultiple(of: stride) && distance / stride < domain
    }
    /// Whether a token stands at a position of the walk.
    func isInside(_ position: Int) -> Bool { (0..<extent).contains(position) }
    /// Whether a tap of some firing lies outside the operand.
    func isOutside(tap: Int) -> Bool {
      (0..<domain).contains { !isInside($0 * stride + tap * dilation - before) }
    }
  }

  package var rows: Axis
  package var columns: Axis

  /// Every position by itself.
  static func each(_ positions: Int) -> WindowRaster {
    WindowRaster(rows: Axis(), columns: Axis(extent: positions, domain: positions))
  }

  /// All positions at once.
  static func whole(_ positions: Int) -> WindowRaster {
    WindowRaster(rows: Axis(), columns: Axis(extent: positions, size: positions))
  }

  /// Whether every token fires the kernel by itself.
  package var isPointwise: Bool { self == .each(columns.extent) }
  var taps: Int { rows.size * columns.size }
  /// Tokens that an event brings.
  var tokens: Int { rows.extent * columns.extent }
  /// Firings of an event.
  package var firings: Int { rows.domain * columns.domain }
  /// Steps of an event.
  package var steps: Int { rows.walk.count * columns.walk.count }

  /// Calls `body` for every step of an event.
  func forEachStep(_ body: (_ takes: Bool, _ fires: Bool) -> Void) {
    for row in rows.walk {
      for column in columns.walk {
        body(
          rows.isInside(row) && columns.isInside(column),
          rows.fires(at: row) && columns.fires(at: column)
        )
      }
    }
  }
}
