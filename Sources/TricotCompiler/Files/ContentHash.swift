import CCrypto

/// SHA-256 of bytes, in lower-case hexadecimal.
func contentHash(_ bytes: [UInt8]) -> String {
  var hash = RunningHash()
  hash.add(bytes)
  return hash.text()
}

/// A SHA-256 over bytes that come in pieces.
struct RunningHash: ~Copyable {
  private let context = EVP_MD_CTX_new()

  init() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }

  deinit { EVP_MD_CTX_free(context) }

  mutating func add(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

  /// The digest; nothing can be added afterwards.
  consuming func digest() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return digest
  }

  /// The digest in lower-case hexadecimal.
  consuming func text() -> String {
    digest().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
