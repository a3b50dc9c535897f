import CZip
import Diagnostics

/// A file inside a zip archive.
package struct ZipEntry: Hashable, Sendable {
  package var name: String
  /// Bytes after decompression, as the archive declares them.
  package var size: Int
}

/// A zip archive in memory, read by libzip.
///
/// Everything that an archive declares is checked before memory is reserved for it; nothing is written to disk.
package struct ZipArchive: ~Copyable {
  /// The archive as the user named it.
  package let file: String
  /// The archive's files in the archive's order.
  package let entries: [ZipEntry]

  private let handle: OpaquePointer
  private let image: UnsafeMutableRawBufferPointer

  /// The largest decompressed file that ``contents(of:limit:)`` reads unless told otherwise: 1 GiB.
  package static let defaultSizeLimit = 1 << 30

  /// The most files that an archive may hold.
  package static let maximumEntryCount = 1_000_000

  /// Opens an archive.
  ///
  /// - Throws: a ``Diagnostic`` if the bytes are not a zip archive.
  package init(bytes: [UInt8], file: String) throws {
    // libzip takes an empty buffer for an archive without files.
    guard !bytes.isEmpty else {
      throw Diagnostic.error("zip-unreadable", "not a readable zip archive: it is empty", at: Origin(file: file))
    }
    // libzip reads from this copy until the archive is discarded.
    let image = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    image.copyBytes(from: bytes)
    do {
      let handle = try Self.open(image, count: bytes.count, file: file)
      do {
        self.entries = try Self.listEntries(handle, file: file)
      } catch {
        zip_discard(handle)
        throw error
      }
      self.handle = handle
      self.image = image
      self.file = file
    } catch {
      image.deallocate()
      throw error
    }
  }

  deinit {
    zip_discard(handle)
    image.deallocate()
  }

  /// Whether the archive has a file of this name.
  package func contains(_ name: String) -> Bool {
    entries.contains { $0.name == name }
  }

  /// The decompressed bytes of a file; its checksum is verified.
  ///
  /// - Parameter limit: the most bytes to read; a file that declares more is refused.
  /// - Throws: a ``Diagnostic`` that names the file inside the archive.
  package func contents(of name: String, limit: Int = ZipArchive.defaultSizeLimit) throws -> [UInt8] {
    let origin = Origin(file: file, place: name)
    guard let index = entries.firstIndex(where: { $0.name == name }) else {
      throw Diagnostic.error("zip-missing-entry", "the archive has no file '\(name)'", at: Origin(file: file))
    }
    let size = entries[index].size
    guard size <= limit else {
      throw Diagnostic.error(
        "zip-entry-too-large",
        "'\(name)' unpacks to \(size) bytes, more than the \(limit) that are allowed",
        at: origin
      )
    }
    guard let stream = zip_fopen_index(handle, zip_uint64_t(index), 0) else {
      throw Self.unreadable(name, String(cString: zip_strerror(handle)), origin)
    }
    defer { zip_fclose(stream) }
    return try Self.read(stream, size: size, name: name, origin: origin)
  }

  private static func read(_ stream: OpaquePointer, size: Int, name: String, origin: Origin) throws -> [UInt8] {
    // Grown as data arrives, so that a lying header cannot reserve memory that its data never fills.
    let chunkSize = 1 << 20
    var contents: [UInt8] = []
    while true {
      let wanted = min(chunkSize, size - contents.count + 1)
      var received: zip_int64_t = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
        received = zip_fread(stream, buffer.baseAddress, zip_uint64_t(wanted))
        count = max(0, min(Int(received), wanted))
      }
      guard received >= 0 else {
        throw unreadable(name, String(cString: zip_file_strerror(stream)), origin)
      }
      if received == 0 { break }
      contents += chunk
      guard contents.count <= size else { throw unreadable(name, "it unpacks to more than it declares", origin) }
    }
    guard contents.count == size else { throw unreadable(name, "it ends early", origin) }
    return contents
  }

  private static func open(
    _ image: UnsafeMutableRawBufferPointer,
    count: Int,
    file: String
  ) throws -> OpaquePointer {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(image.baseAddress, zip_uint64_t(count), 0, &error) else {
      throw unreadableArchive(&error, file)
    }
    guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      zip_source_free(source)
      throw unreadableArchive(&error, file)
    }
    return handle
  }

  private static func listEntries(_ handle: OpaquePointer, file: String) throws -> [ZipEntry] {
    let count = Int(zip_get_num_entries(handle, 0))
    guard (0...maximumEntryCount).contains(count) else {
      throw Diagnostic.error("zip-unreadable", "the archive lists \(count) files", at: Origin(file: file))
    }
    return try (0..<count).map { index in
      var stat = zip_stat_t()
      zip_stat_init(&stat)
      let needed = zip_uint64_t(ZIP_STAT_NAME | ZIP_STAT_SIZE)
      guard zip_stat_index(handle, zip_uint64_t(index), 0, &stat) == 0, stat.valid & needed == needed,
        let name = stat.name, let size = Int(exactly: stat.size)
      else {
        throw Diagnostic.error(
          "zip-unreadable",
          "the archive does not describe its file number \(index)",
          at: Origin(file: file)
        )
      }
      return ZipEntry(name: String(cString: name), size: size)
    }
  }

  private static func unreadable(_ name: String, _ reason: String, _ origin: Origin) -> Diagnostic {
    .error(
      "zip-unreadable",
      "'\(name)' cannot be unpacked: \(reason)",
      at: origin,
      hint: "write the archive again; it is damaged, encrypted or uses an unusual compression"
    )
  }

  private static func unreadableArchive(_ error: inout zip_error_t, _ file: String) -> Diagnostic {
    let reason = String(cString: zip_error_strerror(&error))
    return .error(
      "zip-unreadable",
      "not a readable zip archive: \(reason)",
      at: Origin(file: file),
      hint: "check that the file is complete and really a zip archive"
    )
  }
}
