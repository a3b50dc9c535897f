import COpenBLAS

/// Products of row-major matrices without padding, in single precision.
enum Gemm {
  /// Which factor stands transposed in memory.
  enum Factor { case none, left, right }

  /// `C += A · B` with either factor read transposed.
  ///
  /// - Parameters:
  ///   - rows: of `C`.
  ///   - columns: of `C`.
  ///   - inner: what the sums run over.
  static func multiplyAdd(
    _ a: UnsafePointer<Float>,
    _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>,
    rows: Int,
    columns: Int,
    inner: Int,
    transposing factor: Factor = .none
  ) {
    guard rows > 0, columns > 0, inner > 0 else { return }
    let (m, n, k) = (blasint(rows), blasint(columns), blasint(inner))
    cblas_sgemm(
      CblasRowMajor,
      factor == .left ? CblasTrans : CblasNoTrans,
      factor == .right ? CblasTrans : CblasNoTrans,
      m,
      n,
      k,
      1,
      a,
      factor == .left ? m : k,
      b,
      factor == .right ? k : n,
      1,
      c,
      n
    )
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
