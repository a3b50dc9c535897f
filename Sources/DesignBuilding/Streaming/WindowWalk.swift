import DesignIR
import FixedPoint
import FixedPointIR
import NetlistIR

/// Where a stage is on its walk over an event, and whether it makes a step.
struct WindowWalk {
  /// The stage makes a step.
  private(set) var steps: ValueID
  /// The step takes a token of each operand.
  private(set) var takes: ValueID
  /// The step hands out a result.
  private(set) var produces: ValueID
  let row: Place
  let column: Place

  /// A place on one axis: a counter from 0, and the positions that it stands for.
  struct Place {
    let axis: WindowRaster.Axis
    let index: ValueID
    /// What the counter is in the next cycle.
    fileprivate(set) var next: ValueID
    fileprivate let register: RegisterID?

    var isFixed: Bool { register == nil }

    /// Counts the walk's positions, where they are more than one.
    ///
    /// - Parameter isUniform: whether all positions are alike, so that nobody need count.
    fileprivate init(_ builder: inout ModuleBuilder, _ axis: WindowRaster.Axis, _ name: String, isUniform: Bool) {
      self.axis = axis
      let last = isUniform ? 0 : axis.walk.count - 1
      let register = last > 0 ? builder.register(name, range: Interval(0, Int128(last)), reset: 0) : nil
      self.register = register
      index = register.map { builder.value(of: $0) } ?? builder.logic.constant(0)
      next = index
    }

    /// Moves on where asked; whether this place is the last one.
    fileprivate mutating func advance(_ builder: inout ModuleBuilder, when moves: ValueID) -> ValueID {
      let last = Int128(axis.walk.count - 1)
      guard let register else { return builder.logic.constant(1) }
      let following = builder.following(index, last: last)
      builder.setNext(register, following, enable: moves)
      next = builder.logic.select(moves, following, index)
      return builder.logic.equal(index, builder.logic.constant(last))
    }

    /// A condition on the position, given for all of the walk.
    func holds(_ builder: inout ModuleBuilder, _ condition: (Int) -> Bool) -> ValueID {
      let truths = axis.walk.map(condition)
      guard let first = truths.firstIndex(of: true) else { return builder.logic.constant(0) }
      let last = truths.lastIndex(of: true) ?? first
      if truths[first...last].allSatisfy({ $0 }) {
        var result = builder.logic.constant(1)
        if first == last && truths.count > 1 {
          return builder.logic.equal(index, builder.logic.constant(Int128(first)))
        }
        if first > 0 {
          result = builder.logic.not(builder.logic.less(index, builder.logic.constant(Int128(first))))
        }
        if last < truths.count - 1 {
          result = builder.logic.and(result, builder.logic.less(index, builder.logic.constant(Int128(last + 1))))
        }
        return result
      }
      let rom = builder.logic.rom(Rom(name: "places", entries: truths.map { $0 ? 1 : 0 }))
      return builder.logic.lookup(rom, address: index)
    }
  }

  /// - Parameters:
  ///   - valid: a token of each operand is there.
  ///   - room: there is a place for each result.
  ///   - interval: cycles between firings.
  init(_ builder: inout ModuleBuilder, _ stage: StreamStage, valid: ValueID, room: ValueID, interval: Int) {
    let raster = stage.raster
    let isUniform = stage.isUniform
    var row = Place(&builder, raster.rows, "row", isUniform: isUniform)
    var column = Place(&builder, raster.columns, "column", isUniform: isUniform)
    func both(_ condition: (WindowRaster.Axis, Int) -> Bool) -> ValueID {
      let rows = row.holds(&builder) { condition(raster.rows, $0) }
      let columns = column.holds(&builder) { condition(raster.columns, $0) }
      return builder.logic.and(rows, columns)
    }
    let isInside = both { $0.isInside($1) }
    let isProducing: ValueID
    let isFiring: ValueID
    if stage.onlyLastProduces {
      isProducing = both { $1 == $0.walk.upperBound }
      isFiring = builder.logic.constant(1)
    } else {
      isProducing = both { $0.fires(at: $1) }
      isFiring = isProducing
    }
    let gap = interval > 1 ? builder.register("gap", range: Interval(0, Int128(interval - 1)), reset: 0) : nil
    let isFree = gap.map { builder.logic.equal(builder.value(of: $0), builder.logic.constant(0)) }

    // No event begins before it is there, though its first windows may lie outside.
    let takesFirst = raster.rows.walk.lowerBound == 0 && raster.columns.walk.lowerBound == 0
    let needsToken = takesFirst ? isInside : builder.logic.or(isInside, both { $1 == $0.walk.lowerBound })
    let hasToken = builder.logic.or(builder.logic.not(needsToken), valid)
    let hasRoom = builder.logic.or(builder.logic.not(isProducing), room)
    steps = builder.logic.and(hasToken, hasRoom)
    if let isFree {
      steps = builder.logic.and(steps, builder.logic.or(builder.logic.not(isFiring), isFree))
    }
    takes = builder.logic.and(steps, isInside)
    produces = builder.logic.and(steps, isProducing)
    if let gap {
      let fires = builder.logic.and(steps, isFiring)
      let rest = Interval(0, Int128(interval - 1))
      let less = builder.logic.difference(builder.value(of: gap), builder.logic.constant(1))
      let restart = builder.logic.constant(rest.upper)
      builder.setNext(gap, builder.logic.select(fires, restart, builder.logic.clamp(less, to: rest)))
    }
    let isRowEnd = column.advance(&builder, when: steps)
    _ = row.advance(&builder, when: builder.logic.and(steps, isRowEnd))
    (self.row, self.column) = (row, column)
  }
}

extension StreamStage {
  /// Whether every step does the same.
  fileprivate var isUniform: Bool {
    !onlyLastProduces && raster.isPointwise
  }
}
