/// How many nonzero signed binary digits numbers need.
enum DigitCount {
  /// Nonzero digits of the canonical form: those of `v` and `3v` that differ.
  @inline(__always)
  static func of(_ value: Int64) -> Int { (value ^ (3 &* value)).nonzeroBitCount }
}
