/// The C++ of one layer.
struct LayerCode {
  /// Constants of the configuration.
  var numbers: [(name: String, value: Int)] = []
  /// Types of the configuration.
  var types: [(name: String, type: String)] = []
  /// Further lines of the configuration.
  var members: [String] = []
  /// The library's header, without its ending.
  var library = "fixed_point"
  /// Further headers, which a kernel's layers need.
  var kernelLibraries: [String] = []
  /// What the layer is, after its name.
  var summary = ""
  /// Definitions before the function: weights, tables.
  var constants: [String] = []
  /// The function's body.
  var body: [CppStatement] = []
  /// Definitions that go into a file of their own, because there are many; the function is only declared then.
  var source: [CppDefinition]?
  /// Whether there is a configuration.
  var isConfigured = true
  /// Whether a kernel's layers share multipliers over cycles.
  var kernelSharesMultipliers = false

  var libraries: [String] { [library] + kernelLibraries }
  /// Whether multipliers are shared over cycles.
  var sharesMultipliers: Bool { kernelSharesMultipliers || body.contains { $0.calls(.denseResource) } }

  mutating func number(_ name: String, _ value: Int) { numbers.append((name, value)) }
  mutating func type(_ name: String, _ type: String) { types.append((name, type)) }
}
