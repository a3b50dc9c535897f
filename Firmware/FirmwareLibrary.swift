/// Hand-written modules that generated firmware instantiates.
package enum FirmwareLibrary {
  /// A C++ header and its source.
  package struct Module: Sendable {
    package var name: String
    package var bytes: [UInt8]
  }

  /// The Verilog module of delays.
  package static let delay = PackageResources.tricot_delay_v
  /// The Verilog module of sums of three words, made of a part's primitives.
  package static let ternarySum = PackageResources.tricot_sum3_v
  /// Models of these primitives, for simulation alone.
  package static let primitives = PackageResources.tricot_primitives_v

  /// The HLS layer library, by file name.
  package static let headers = [
    Module(name: "activation.h", bytes: PackageResources.activation_h),
    Module(name: "adder_graph.h", bytes: PackageResources.adder_graph_h),
    Module(name: "dense.h", bytes: PackageResources.dense_h),
    Module(name: "fixed_point.h", bytes: PackageResources.fixed_point_h),
    Module(name: "softmax.h", bytes: PackageResources.softmax_h),
    Module(name: "stream.h", bytes: PackageResources.stream_h),
    Module(name: "table.h", bytes: PackageResources.table_h),
  ]
}
