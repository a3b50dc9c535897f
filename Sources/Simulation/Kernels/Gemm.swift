import COpenBLAS
import CSimulationKernels

/// A float in which OpenBLAS multiplies matrices of small integers exactly.
protocol GemmLane: Lane {
  /// Integers up to this magnitude are exact, and so are sums in any order that never pass it.
  static var exactLimit: Int128 { get }
  init(_ integer: Int128)

  /// Fills every row with a value of its own.
  static func fill(_ rows: UnsafeMutablePointer<Self>, with values: [Self], lanes: Int)

  /// `C += A · B` for row-major matrices without padding.
  static func multiplyAdd(
    rows: Int,
    columns: Int,
    inner: Int,
    _ a: UnsafePointer<Self>,
    _ b: UnsafePointer<Self>,
    _ c: UnsafeMutablePointer<Self>
  )
}

extension Float: GemmLane {
  static var exactLimit: Int128 { 1 << 24 }

  static func fill(_ rows: UnsafeMutablePointer<Float>, with values: [Float], lanes: Int) {
    tricot_fill_f32(rows, values, values.count, lanes)
  }

  static func multiplyAdd(
    rows: Int,
    columns: Int,
    inner: Int,
    _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    cblas_sgemm(
      CblasRowMajor,
      CblasNoTrans,
      CblasNoTrans,
      blasint(rows),
      blasint(columns),
      blasint(inner),
      1,
      a,
      blasint(inner),
      b,
      blasint(columns),
      1,
      c,
      blasint(columns)
    )
  }
}

extension Double: GemmLane {
  static var exactLimit: Int128 { 1 << 53 }

  static func fill(_ rows: UnsafeMutablePointer<Double>, with values: [Double], lanes: Int) {
    tricot_fill_f64(rows, values, values.count, lanes)
  }

  static func multiplyAdd(
    rows: Int,
    columns: Int,
    inner: Int,
    _ a: UnsafePointer<Double>,
    _ b: UnsafePointer<Double>,
    _ c: UnsafeMutablePointer<Double>
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    cblas_dgemm(
      CblasRowMajor,
      CblasNoTrans,
      CblasNoTrans,
      blasint(rows),
      blasint(columns),
      blasint(inner),
      1,
      a,
      blasint(inner),
      b,
      blasint(columns),
      1,
      c,
      blasint(columns)
    )
  }
}

/// OpenBLAS as the simulator uses it: one thread per call, since the tiles are what runs in parallel.
enum OpenBLAS {
  static let useOneThread: Void = openblas_set_num_threads(1)
}
