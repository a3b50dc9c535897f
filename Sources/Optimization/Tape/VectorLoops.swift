/// Loops without branches: values of either sign come in no order, and mispredicted jumps would cost more than the arithmetic.
enum VectorLoops {
  private typealias Lanes = SIMD8<Float>
  private static let width = Lanes.scalarCount

  @inline(__always)
  private static func lanes(_ p: UnsafePointer<Float>, _ i: Int) -> Lanes {
    UnsafeRawPointer(p + i).loadUnaligned(as: Lanes.self)
  }

  /// `dx += dy` where `x` is positive.
  static func addWherePositive(
    _ x: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let whole = count / width * width
    for i in stride(from: 0, to: whole, by: width) {
      let passed = lanes(dy, i).replacing(with: 0, where: lanes(x, i) .<= 0)
      UnsafeMutableRawPointer(dx + i).storeBytes(of: lanes(dx, i) + passed, as: Lanes.self)
    }
    for i in whole..<max(count, whole) where x[i] > 0 { dx[i] += dy[i] }
  }

  /// `dx += dy` where `x` lies within bounds of its own, both included.
  static func addWhereInside(
    _ x: UnsafePointer<Float>,
    lower: UnsafePointer<Float>,
    upper: UnsafePointer<Float>,
    _ dy: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let whole = count / width * width
    for i in stride(from: 0, to: whole, by: width) {
      let x = lanes(x, i)
      let isOutside = (x .< lanes(lower, i)) .| (x .> lanes(upper, i))
      let passed = lanes(dy, i).replacing(with: 0, where: isOutside)
      UnsafeMutableRawPointer(dx + i).storeBytes(of: lanes(dx, i) + passed, as: Lanes.self)
    }
    for i in whole..<max(count, whole) where x[i] >= lower[i] && x[i] <= upper[i] { dx[i] += dy[i] }
  }
}
