import COpenBLAS

/// Products of row-major matrices without padding, in single precision.
enum Gemm {
  /// `C += A · B`.
  static func multiply(
    _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    inner: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    let (m, n, k) = (blasint(rows), blasint(columns), blasint(inner))
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 1, c, n)
  }

  /// `C += Aᵀ · B` for `A` of `rows × inner` and `B` of `rows × columns`.
  static func multiplyLeftTransposed(
    _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    rows: Int,
    _ inner: Int,
    _ columns: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    let (m, n, k) = (blasint(inner), blasint(columns), blasint(rows))
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, 1, a, m, b, n, 1, c, n)
  }

  /// `C += A · Bᵀ` for `A` of `rows × columns` and `B` of `inner × columns`.
  static func multiplyRightTransposed(
    _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    rows: Int,
    _ inner: Int,
    _ columns: Int
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    let (m, n, k) = (blasint(rows), blasint(inner), blasint(columns))
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, k, b, k, 1, c, n)
  }

  /// The upper triangle of `C = Aᵀ · A` for `A` of `rows × size`.
  static func gram(_ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, rows: Int, size: Int) {
    guard rows > 0, size > 0 else { return }
    cblas_ssyrk(
      CblasRowMajor,
      CblasUpper,
      CblasTrans,
      blasint(size),
      blasint(rows),
      1,
      a,
      blasint(size),
      0,
      c,
      blasint(size)
    )
  }
}
