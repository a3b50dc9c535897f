import Diagnostics
import FoundationEssentials

/// AMD's C++ types `ap_int` and `ap_fixed`: open headers that HLS tools bring, and that wheels and repositories carry.
package struct ApTypes: Sendable, Hashable {
  /// The folder with `ap_fixed.h`.
  package let folder: String

  /// The headers, if they are where they may be.
  ///
  /// Looked for in the named folder alone; else where `TRICOT_AP_TYPES` says, in the HLS tool of the environment or of the
  /// search path, and where `scripts/install-ap-types.sh` puts them.
  package static func find(in named: String? = nil) -> ApTypes? {
    candidates(named).first { FileManager.default.fileExists(atPath: "\($0)/ap_fixed.h") }.map(ApTypes.init)
  }

  /// - Throws: a `Diagnostic` that says where they may come from.
  package static func require(in named: String? = nil) throws -> ApTypes {
    if let found = find(in: named) { return found }
    throw Diagnostic.error(
      "ap-types-missing",
      named == nil
        ? "AMD's headers 'ap_fixed.h' and 'ap_int.h' were not found, which HLS C++ is compiled with"
        : "there is no 'ap_fixed.h' in that folder",
      at: named.map { Origin(file: $0) },
      hint: """
        run scripts/install-ap-types.sh once, or name a folder that has them by \(option: .apTypes), such as the include \
        folder of a Vitis HLS installation
        """
    )
  }

  private static func candidates(_ named: String?) -> [String] {
    if let named { return [named, "\(named)/include", "\(named)/ap_types"] }
    let environment = ProcessInfo.processInfo.environment
    var places: [String] = []
    if let folder = environment["TRICOT_AP_TYPES"] { places.append(folder) }
    for tool in ["XILINX_HLS", "XILINX_VITIS"] {
      if let root = environment[tool] { places.append("\(root)/include") }
    }
    for folder in (environment["PATH"] ?? "").split(separator: ":") {
      let isTool = ["vitis_hls", "vitis-run", "vivado_hls"].contains {
        FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
      }
      if isTool { places.append("\(folder)/../include") }
    }
    if let cache = environment["XDG_CACHE_HOME"] ?? environment["HOME"].map({ "\($0)/.cache" }) {
      places.append("\(cache)/tricot/ap_types")
    }
    return places
  }
}
