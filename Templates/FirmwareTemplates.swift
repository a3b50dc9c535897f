import Mustache

/// A project file that is text with `{{holes}}`.
package enum FirmwareTemplate: String, CaseIterable, Sendable {
  case verilatorHarness = "harness.cpp"
  case verilatorPorts = "verilator_ports.h"
  case verilatorTrace = "trace.cpp"
  case verilatorEvents = "events.cpp"
  case verilatorBeats = "beats.cpp"
  case verilogTestbench = "testbench.v"
  case vivadoScript = "vivado.tcl"
  case constraints = "constraints.xdc"
  case readme = "README.md"
  case hlsBuildScript = "build_prj.tcl"
  case hlsVivadoScript = "vivado_synth.tcl"
  case hlsTestbench = "hls_testbench.cpp"
  case hlsReadme = "hls_readme.md"
  case emulatorDriver = "emulator_driver.cpp"
  /// A page for a browser, with everything in it.
  case page = "page.html"
  case snakefile
  case runtimeCache = "runtime_cache.sh"

  /// The text with every hole filled.
  ///
  /// - Throws: ``TemplateDefect`` when the values are not exactly those that the template names.
  package func render(_ values: [String: String]) throws -> String {
    let holes = Self.holes(in: source)
    for name in holes where values[name] == nil {
      throw TemplateDefect(description: "template '\(rawValue)' needs a value for '\(name)'")
    }
    for name in values.keys.sorted() where !holes.contains(name) {
      throw TemplateDefect(description: "template '\(rawValue)' has no hole '\(name)'")
    }
    return try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + source).render(values)
  }

  private var source: String {
    let bytes =
      switch self {
      case .verilatorHarness: PackageResources.harness_cpp_mustache
      case .verilatorPorts: PackageResources.verilator_ports_h_mustache
      case .verilatorTrace: PackageResources.trace_cpp_mustache
      case .verilatorEvents: PackageResources.events_cpp_mustache
      case .verilatorBeats: PackageResources.beats_cpp_mustache
      case .verilogTestbench: PackageResources.testbench_v_mustache
      case .vivadoScript: PackageResources.vivado_tcl_mustache
      case .constraints: PackageResources.constraints_xdc_mustache
      case .readme: PackageResources.README_md_mustache
      case .hlsBuildScript: PackageResources.build_prj_tcl_mustache
      case .hlsVivadoScript: PackageResources.vivado_synth_tcl_mustache
      case .hlsTestbench: PackageResources.hls_testbench_cpp_mustache
      case .hlsReadme: PackageResources.hls_readme_md_mustache
      case .emulatorDriver: PackageResources.emulator_driver_cpp_mustache
      case .page: PackageResources.page_html_mustache
      case .snakefile: PackageResources.snakefile_mustache
      case .runtimeCache: PackageResources.runtime_cache_sh_mustache
      }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The names between double braces, each once.
  private static func holes(in text: String) -> [String] {
    var names: [String] = []
    for part in text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst() {
      let name = String(part.prefix { $0 != "}" })
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}

/// A template and its values do not fit: a defect of Tricot.
package struct TemplateDefect: Error, CustomStringConvertible {
  package var description: String
}
