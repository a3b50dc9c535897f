import CHDF5
import Diagnostics
import ModelIR

/// Numbers of a dataset, whatever their type in the file.
struct StoredArray: Sendable {
  var shape: [Int]
  /// Row-major; each value is exactly what the file holds.
  var values: [Double]
  var isInteger: Bool
  var precision: ParameterTensor.Precision

  /// Refuses NaN and infinity.
  func requireFinite(_ name: String, at origin: Origin) throws {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw Diagnostic.error(
      "non-finite-weight",
      "\(name) holds \(values[index]) at element \(index)",
      at: origin,
      hint: "training diverged or the file is damaged; use weights that are finite numbers"
    )
  }
}

extension HDF5File {
  /// Reads a dataset of 16, 32 or 64 bit floats.
  ///
  /// - Parameter shape: what the layer needs; another shape is refused before anything is read.
  /// - Throws: a ``Diagnostic`` if the dataset is missing, damaged, of another shape or not finite.
  func parameters(_ path: [String], shape: [Int], of weight: String) throws -> ParameterTensor {
    let stored = try array(path, of: weight) { extents in
      guard extents != shape else { return }
      throw Diagnostic.error(
        "weight-shape",
        "\(weight) has shape \(extents), but the layer needs \(shape)",
        at: origin(path),
        hint: "check that the weights belong to this model"
      )
    }
    guard !stored.isInteger else {
      throw damaged(weight, "it does not hold 16, 32 or 64 bit floats", at: origin(path))
    }
    try stored.requireFinite(weight, at: origin(path))
    return ParameterTensor(shape: shape, values: stored.values, precision: stored.precision)
  }

  /// Reads a dataset of numbers.
  ///
  /// - Parameter check: refuses extents before anything is read.
  /// - Throws: a ``Diagnostic`` if the dataset is missing or damaged.
  func array(_ path: [String], of weight: String, check: ([Int]) throws -> Void) throws -> StoredArray {
    let place = origin(path)
    guard let dataset = object(path), H5Iget_type(dataset.id) == H5I_DATASET else {
      throw Diagnostic.error("missing-weight", "\(weight) is not in the file", at: place)
    }
    guard let space = HDF5Handle(H5Dget_space(dataset.id)), let type = HDF5Handle(H5Dget_type(dataset.id)),
      let extents = Self.extents(space)
    else { throw damaged(weight, "its description is broken", at: place) }
    try check(extents)
    let isInteger = H5Tget_class(type.id) == H5T_INTEGER && H5Tget_size(type.id) <= 4
    guard let precision = isInteger ? .float64 : Self.precision(type) else {
      throw damaged(weight, "it does not hold 16, 32 or 64 bit floats", at: place)
    }
    guard let count = ShapeInference.elementCount(extents), count <= Self.maximumElements else {
      throw damaged(weight, "its shape is \(extents)", at: place)
    }
    try Self.checkStorage(dataset, bytes: count * H5Tget_size(type.id)) { damaged(weight, $0, at: place) }
    var values = [Double](repeating: 0, count: count)
    let all = tricot_h5s_all()
    // The conversion to double is exact for all these types.
    guard H5Dread(dataset.id, tricot_h5t_native_double(), all, all, hid_t(H5P_DEFAULT), &values) >= 0 else {
      throw damaged(weight, "the library cannot read its data", at: place)
    }
    return StoredArray(shape: extents, values: values, isInteger: isInteger, precision: precision)
  }

  /// More numbers than any layer of a trigger's network has.
  private static let maximumElements = 1 << 26

  private func damaged(_ weight: String, _ reason: String, at place: Origin) -> Diagnostic {
    .error(
      "hdf5-damaged",
      "\(weight) cannot be read: \(reason)",
      at: place,
      hint: "save the weights again, as plain float32 arrays"
    )
  }

  private static func extents(_ space: borrowing HDF5Handle) -> [Int]? {
    let rank = Int(H5Sget_simple_extent_ndims(space.id))
    guard (0...32).contains(rank) else { return nil }
    var extents = [hsize_t](repeating: 0, count: max(rank, 1))
    guard H5Sget_simple_extent_dims(space.id, &extents, nil) >= 0 else { return nil }
    var shape: [Int] = []
    for extent in extents.prefix(rank) {
      guard let extent = Int(exactly: extent) else { return nil }
      shape.append(extent)
    }
    return shape
  }

  private static func precision(_ type: borrowing HDF5Handle) -> ParameterTensor.Precision? {
    guard H5Tget_class(type.id) == H5T_FLOAT else { return nil }
    switch H5Tget_size(type.id) {
    case 2, 4: return .float32
    case 8: return .float64
    default: return nil
    }
  }

  /// Refuses data that lies in other files, is not there, or does not fill the dataset.
  private static func checkStorage(
    _ dataset: borrowing HDF5Handle,
    bytes: Int,
    _ damaged: (String) -> Diagnostic
  ) throws {
    guard let creation = HDF5Handle(H5Dget_create_plist(dataset.id)), H5Pget_external_count(creation.id) == 0 else {
      throw damaged("its data lie in another file")
    }
    let stored = H5Dget_storage_size(dataset.id)
    switch H5Pget_layout(creation.id) {
    case H5D_COMPACT, H5D_CONTIGUOUS:
      guard stored == bytes else { throw damaged("\(stored) bytes are stored where \(bytes) are needed") }
    case H5D_CHUNKED:
      guard stored > 0 || bytes == 0 else { throw damaged("no data are stored") }
    default:
      throw damaged("its layout is not supported")
    }
  }
}
