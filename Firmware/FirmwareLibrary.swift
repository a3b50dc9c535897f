/// Hand-written modules that generated firmware instantiates.
package enum FirmwareLibrary {
  /// A Verilog module, or a C++ header, and its source.
  package struct Module: Sendable {
    package var name: String
    package var bytes: [UInt8]
  }

  /// All Verilog modules, by name.
  package static let modules = [Module(name: "tricot_delay", bytes: PackageResources.tricot_delay_v)]

  /// The HLS layer library, by file name.
  package static let headers = [
    Module(name: "activation.h", bytes: PackageResources.activation_h),
    Module(name: "adder_graph.h", bytes: PackageResources.adder_graph_h),
    Module(name: "dense.h", bytes: PackageResources.dense_h),
    Module(name: "fixed_point.h", bytes: PackageResources.fixed_point_h),
    Module(name: "softmax.h", bytes: PackageResources.softmax_h),
    Module(name: "table.h", bytes: PackageResources.table_h),
  ]
}
