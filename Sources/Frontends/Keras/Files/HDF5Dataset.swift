import CHDF5
import Diagnostics
import ModelIR

extension HDF5File {
  /// Reads a dataset of 16, 32 or 64 bit floats.
  ///
  /// - Parameter shape: what the layer needs; another shape is refused before anything is read.
  /// - Throws: a ``Diagnostic`` if the dataset is missing, damaged, of another shape or not finite.
  func parameters(_ path: [String], shape: [Int], of weight: String) throws -> ParameterTensor {
    let place = origin(path)
    func damaged(_ reason: String) -> Diagnostic {
      .error(
        "hdf5-damaged",
        "\(weight) cannot be read: \(reason)",
        at: place,
        hint: "save the weights again, as plain float32 arrays"
      )
    }
    guard let dataset = object(path), H5Iget_type(dataset.id) == H5I_DATASET else {
      throw Diagnostic.error("missing-weight", "\(weight) is not in the file", at: place)
    }
    guard let space = HDF5Handle(H5Dget_space(dataset.id)), let type = HDF5Handle(H5Dget_type(dataset.id)),
      let extents = Self.extents(space)
    else { throw damaged("its description is broken") }
    guard extents == shape else {
      throw Diagnostic.error(
        "weight-shape",
        "\(weight) has shape \(extents), but the layer needs \(shape)",
        at: place,
        hint: "check that the weights belong to this model"
      )
    }
    guard let precision = Self.precision(type) else { throw damaged("it does not hold 16, 32 or 64 bit floats") }
    let count = shape.reduce(1, *)
    try Self.checkStorage(dataset, bytes: count * H5Tget_size(type.id), damaged)
    var values = [Double](repeating: 0, count: count)
    let all = tricot_h5s_all()
    // The conversion to double is exact for every float type that `precision` admits.
    guard H5Dread(dataset.id, tricot_h5t_native_double(), all, all, hid_t(H5P_DEFAULT), &values) >= 0 else {
      throw damaged("the library cannot read its data")
    }
    let tensor = ParameterTensor(shape: shape, values: values, precision: precision)
    if let index = tensor.firstNonFinite {
      throw Diagnostic.error(
        "non-finite-weight",
        "\(weight) holds \(values[index]) at element \(index)",
        at: place,
        hint: "training diverged or the file is damaged; use weights that are finite numbers"
      )
    }
    return tensor
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
