import CHDF5
import Diagnostics
import Synchronization

/// An HDF5 file in memory, read by libhdf5.
///
/// The library is not safe in several threads, so the file lives only inside ``withImage(_:file:_:)``, one at a time.
/// Links to other files are never followed, and every size is checked before memory is reserved for it.
final class HDF5File {
  /// The file as the user named it.
  let name: String
  /// The whole file.
  let image: [UInt8]
  /// The opaque type that texts of variable length are read as.
  let heapReference: hid_t
  private let handle: HDF5Handle

  private static let library = Mutex<hid_t?>(nil)

  /// Opens the bytes of an HDF5 file and calls `body` with it, while no one else uses the library.
  ///
  /// - Throws: a ``Diagnostic`` if the bytes are not HDF5, and what `body` throws.
  static func withImage<Result: Sendable>(
    _ bytes: [UInt8],
    file: String,
    _ body: (HDF5File) throws -> Result
  ) throws -> Result {
    try library.withLock { prepared in
      let heapReference = prepared ?? prepareLibrary()
      prepared = heapReference
      // Where the library knows threads, each has error messages of its own to turn off.
      tricot_h5_silence()
      guard bytes.starts(with: signature), let handle = open(bytes) else {
        throw Diagnostic.error(
          "hdf5-unreadable",
          "not a readable HDF5 file",
          at: Origin(file: file),
          hint: "check that the file is complete and that Keras wrote it"
        )
      }
      return try body(HDF5File(name: file, image: bytes, heapReference: heapReference, handle: handle))
    }
  }

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Returns the type that references into heaps are read as.
  private static func prepareLibrary() -> hid_t {
    // A damaged file may leave objects open, over which the library's own clean-up at exit never ends.
    H5dont_atexit()
    H5open()
    // A file must not make us load code or open other files.
    H5PLset_loading_state(0)
    H5Lunregister(H5L_TYPE_EXTERNAL)
    return tricot_h5_heap_reference_type()
  }

  private static func open(_ bytes: [UInt8]) -> HDF5Handle? {
    guard let access = HDF5Handle(H5Pcreate(tricot_h5p_file_access())) else { return nil }
    let growth = 1 << 16
    guard H5Pset_fapl_core(access.id, growth, false) >= 0, H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) >= 0 else {
      return nil
    }
    let isSet = bytes.withUnsafeBytes { buffer in
      // The library copies the image and does not write to it.
      H5Pset_file_image(access.id, UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count) >= 0
    }
    guard isSet else { return nil }
    return HDF5Handle(H5Fopen("weights in memory", tricot_h5f_read_only(), access.id))
  }

  private init(name: String, image: [UInt8], heapReference: hid_t, handle: consuming HDF5Handle) {
    self.name = name
    self.image = image
    self.heapReference = heapReference
    self.handle = handle
  }

  /// Whether every step of the path exists, down from the root; the empty path is the root.
  func contains(_ path: [String]) -> Bool {
    var prefix = ""
    for step in path {
      guard !step.isEmpty, step != ".", !step.contains("/") else { return false }
      prefix += "/" + step
      guard H5Lexists(handle.id, prefix, hid_t(H5P_DEFAULT)) > 0 else { return false }
    }
    return true
  }

  /// Opens a group or dataset; nil if it is not there.
  func object(_ path: [String]) -> HDF5Handle? {
    guard contains(path) else { return nil }
    return HDF5Handle(H5Oopen(handle.id, "/" + path.joined(separator: "/"), hid_t(H5P_DEFAULT)))
  }

  /// The names inside a group in alphabetical order; empty if there is no such group.
  func memberNames(_ path: [String]) -> [String] {
    guard let group = object(path), H5Iget_type(group.id) == H5I_GROUP else { return [] }
    var information = H5G_info_t()
    guard H5Gget_info(group.id, &information) >= 0 else { return [] }
    var names: [String] = []
    for index in 0..<min(information.nlinks, Self.maximumMembers) {
      let length = H5Lget_name_by_idx(group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, hid_t(H5P_DEFAULT))
      guard length > 0, length < 1 << 16 else { break }
      var text = [CChar](repeating: 0, count: length + 1)
      let read = H5Lget_name_by_idx(
        group.id,
        ".",
        H5_INDEX_NAME,
        H5_ITER_INC,
        index,
        &text,
        text.count,
        hid_t(H5P_DEFAULT)
      )
      guard read == length else { break }
      names.append(String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return names
  }

  private static let maximumMembers: hsize_t = 100_000

  func origin(_ path: [String]) -> Origin {
    Origin(file: name, place: "/" + path.joined(separator: "/"))
  }
}
