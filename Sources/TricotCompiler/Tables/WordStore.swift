import CCrypto
import Diagnostics
import Glibc

/// A file that grows.
final class AppendedFile {
  let path: String
  fileprivate let descriptor: Int32

  /// - Parameter keeping: goes on with what is there.
  init(_ path: String, keeping: Bool = false) throws {
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (keeping ? 0 : O_TRUNC), 0o666)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws {
    guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw Self.failure(path) }
    try bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw Self.failure(path) }
        offset += count
      }
    }
  }

  /// What stands at a place; fewer bytes at the end of the file.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw Self.failure(path) }
      if got == 0 { break }
      filled += got
    }
    return Array(bytes[..<filled])
  }

  fileprivate static func failure(_ path: String) -> Diagnostic {
    Diagnostic.error(
      "unwritable-output",
      "the file cannot be written: \(systemMessage())",
      at: Origin(file: path),
      hint: "check that its folder exists, and that there is room"
    )
  }
}

/// The words computed so far, on disk, with what they were computed from: an interrupted run goes on from them.
struct WordStore {
  private let file: AppendedFile
  private let header: Int
  private(set) var count: Int

  init(path: String, identity: String) throws {
    let head = Array(identity.utf8)
    header = head.count
    file = try AppendedFile(path, keeping: true)
    if try file.bytes(at: 0, count: header) == head {
      let size = Int(lseek(file.descriptor, 0, SEEK_END))
      count = (size - header) / 4
      guard ftruncate(file.descriptor, header + 4 * count) == 0 else { throw AppendedFile.failure(path) }
    } else {
      guard ftruncate(file.descriptor, 0) == 0 else { throw AppendedFile.failure(path) }
      try file.append(head)
      count = 0
    }
  }

  func append(_ words: [UInt32]) throws {
    try file.append(words.withUnsafeBytes { Array($0) })
  }

  func words(from first: Int, count: Int) throws -> [UInt32] {
    let bytes = try file.bytes(at: header + 4 * first, count: 4 * count)
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
    }
  }

  func remove() throws {
    guard unlink(file.path) == 0 else { throw AppendedFile.failure(file.path) }
  }
}

/// A SHA-256 over bytes that come in pieces.
struct RunningHash: ~Copyable {
  private let context = EVP_MD_CTX_new()

  init() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }

  deinit { EVP_MD_CTX_free(context) }

  mutating func add(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

  var text: String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
