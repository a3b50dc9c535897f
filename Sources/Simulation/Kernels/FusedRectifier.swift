import FixedPoint

/// The commonest layers in one pass: `max(x, 0)` or nothing, then a shift that rounds down or half up, then a fit; between
/// 32-bit storages.
enum FusedRectifier {
  /// Runs the program if it is of this form.
  static func run(_ program: ElementProgram, from source: LaneRows, to destination: LaneRows, count: Int) -> Bool {
    guard program.work == .int32, program.rule.lift == 0, source.storage.size == 4, destination.storage.size == 4,
      program.function == .relu || program.function == .copy(lift: 0),
      program.rule.rounding == .truncate || program.rule.rounding == .roundHalfUp || program.rule.drop == 0
    else { return false }
    if source.storage == .float32 {
      run(program, source.base.assumingMemoryBound(to: Float.self), destination, count)
    } else {
      run(program, source.base.assumingMemoryBound(to: Int32.self), destination, count)
    }
    return true
  }

  private static func run<S: Lane>(
    _ program: ElementProgram,
    _ source: UnsafeMutablePointer<S>,
    _ destination: LaneRows,
    _ count: Int
  ) {
    if destination.storage == .float32 {
      run(program, source, destination.base.assumingMemoryBound(to: Float.self), count)
    } else {
      run(program, source, destination.base.assumingMemoryBound(to: Int32.self), count)
    }
  }

  private static func run<S: Lane, D: Lane>(
    _ program: ElementProgram,
    _ source: UnsafeMutablePointer<S>,
    _ destination: UnsafeMutablePointer<D>,
    _ count: Int
  ) {
    let rule = program.rule
    let shift = Int32(min(rule.drop, 31))
    let half: Int32 = rule.drop > 0 && rule.rounding == .roundHalfUp ? 1 &<< (shift &- 1) : 0
    let floor: Int32 = program.function == .relu ? 0 : Int32.min
    let low = Int32(truncatingIfNeeded: rule.bounds.lower)
    let high = Int32(truncatingIfNeeded: rule.bounds.upper)
    let unused = Int32(truncatingIfNeeded: 32 - rule.width)
    switch rule.fit {
    case .none:
      map(source, destination, count) { (max($0, floor) &+ half) &>> shift }
    case .wrapUnsigned:
      map(source, destination, count) { ((max($0, floor) &+ half) &>> shift) & high }
    case .wrapSigned where rule.width == 0:
      map(source, destination, count) { _ in 0 }
    case .wrapSigned:
      map(source, destination, count) { (((max($0, floor) &+ half) &>> shift) &<< unused) &>> unused }
    case .saturate:
      map(source, destination, count) { min(max((max($0, floor) &+ half) &>> shift, low), high) }
    case .zero:
      map(source, destination, count) {
        let value = (max($0, floor) &+ half) &>> shift
        return value < low || value > high ? 0 : value
      }
    }
  }

  @inline(__always)
  private static func map<S: Lane, D: Lane>(
    _ source: UnsafeMutablePointer<S>,
    _ destination: UnsafeMutablePointer<D>,
    _ count: Int,
    _ body: (Int32) -> Int32
  ) {
    for i in 0..<count { destination[i] = D(integer: body(source[i].integer(as: Int32.self))) }
  }
}
