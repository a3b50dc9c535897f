/// Hand-written modules that generated firmware instantiates.
package enum FirmwareLibrary {
  /// A Verilog module and its source.
  package struct Module: Sendable {
    package var name: String
    package var bytes: [UInt8]
  }

  /// All modules, by name.
  package static let modules = [Module(name: "tricot_delay", bytes: PackageResources.tricot_delay_v)]
}
