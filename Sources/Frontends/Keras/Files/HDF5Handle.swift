import CHDF5

/// An open object of libhdf5, closed at the end of its life.
struct HDF5Handle: ~Copyable {
  let id: hid_t

  /// Takes over an identifier that a library call returned; nil if the call failed.
  init?(_ id: hid_t) {
    guard id >= 0 else { return nil }
    self.id = id
  }

  deinit { H5Idec_ref(id) }
}
