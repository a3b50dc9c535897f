import FirmwareFiles
import FixedPoint
import FixedPointIR

/// The network as a shared library with a small C interface.
struct EmulatorFiles {
  let plan: NetworkPlan
  let version: String
  /// The function of the network that takes arrays.
  let function: String

  private var inputPorts: [NetworkPlan.Port] { plan.ports.filter(\.isInput) }
  private var outputPorts: [NetworkPlan.Port] { plan.ports.filter { !$0.isInput } }
  var inputs: [HLSProject.PortFormat] { inputPorts.map(\.format) }
  var outputs: [HLSProject.PortFormat] { outputPorts.map(\.format) }

  var files: [ProjectFile] {
    [
      ProjectFile(path: "emulator/\(plan.top)_emulator.h", lines: header),
      ProjectFile(path: "emulator/\(plan.top)_emulator.cpp", lines: source),
    ]
  }

  private var symbol: String { plan.namespace }

  private var header: [String] {
    let (s, x, y) = (symbol, inputs.reduce(0) { $0 + $1.elements }, outputs.reduce(0) { $0 + $1.elements })
    return [
      "// C interface of the emulator of \(plan.top), version \(version.singleLine). Symbols carry name and version."
    ]
      + IncludeGuard.open("emulator", plan.namespace)
      + [
        "#include <stdint.h>", "", "#ifdef __cplusplus", "extern \"C\" {", "#endif", "",
        "// An emulator holds no state between events; one serves any number of threads.",
        "typedef struct \(s)_emulator \(s)_emulator;", "",
        "\(s)_emulator *\(s)_create(void);", "void \(s)_destroy(\(s)_emulator *emulator);",
        "const char *\(s)_version(void);",
        "int \(s)_input_count(void);   // \(x)", "int \(s)_output_count(void);  // \(y)", "",
        "// All inputs of an event one after the other, and all outputs. Each raw number is a 128-bit integer in two words,",
        "// the low one first: value * 2^(fraction bits of its type).",
        "void \(s)_predict_raw(\(s)_emulator *emulator, const int64_t *x, int64_t *y);", "",
        "// The same in numbers: inputs are rounded and fitted to their types as the firmware's types say.",
        "void \(s)_predict_double(\(s)_emulator *emulator, const double *x, double *y);", "",
        "#ifdef __cplusplus", "}", "#endif", "", "#endif",
      ]
  }

  private var source: [String] {
    let s = symbol
    let (x, y) = (inputs.reduce(0) { $0 + $1.elements }, outputs.reduce(0) { $0 + $1.elements })
    return [
      "#include \"\(plan.top)_emulator.h\"", "", "#include \"../firmware/\(plan.top).h\"", "",
      "#define EXPORTED __attribute__((visibility(\"default\")))", "", "namespace {", "",
      "using namespace \(plan.namespace);", "",
    ] + conversions + [
      "extern \"C\" {", "",
      "struct \(s)_emulator {};", "",
      "EXPORTED \(s)_emulator *\(s)_create(void) { return new \(s)_emulator(); }",
      "EXPORTED void \(s)_destroy(\(s)_emulator *emulator) { delete emulator; }",
      "EXPORTED const char *\(s)_version(void) { return \"\(version.singleLine.filter { $0 != "\"" })\"; }",
      "EXPORTED int \(s)_input_count(void) { return \(x); }", "EXPORTED int \(s)_output_count(void) { return \(y); }",
      "",
      "EXPORTED void \(s)_predict_raw(\(s)_emulator *, const int64_t *x, int64_t *y) {",
    ] + arrays
      + transfer(inputPorts, "x") { port, offset in
        "\(port.name)[i] = read_raw<\(port.typeName)>(x + 2 * (i\(offset))\(shift(of: port)));"
      } + [call]
      + transfer(outputPorts, "y") { port, offset in
        "write_raw(\(port.name)[i], y + 2 * (i\(offset))\(shift(of: port)));"
      }
      + ["}", "", "EXPORTED void \(s)_predict_double(\(s)_emulator *, const double *x, double *y) {"] + arrays
      + transfer(inputPorts, "x") { port, offset in
        let isUniform = port.types.uniform.map { $0.width > 0 } == true
        let quantize =
          isUniform ? "tricot::uniform_result<\(port.typeName)>" : port.typeName.dropLast(2) + "_elements"
        return "\(port.name)[i] = \(quantize)::quantize(i, x[i\(offset)]);"
      } + [call] + transfer(outputPorts, "y") { port, offset in "y[i\(offset)] = \(port.name)[i].to_double();" } + [
        "}", "", "}",
      ]
  }

  /// Between the two words of a raw number, the low one first, and the bits of a number whose array may have a finer grid.
  private var conversions: [String] {
    let tables = plan.ports.filter { !$0.isOnOneGrid }.flatMap { port in
      CppText.constant(
        "\(port.name)_shifts",
        port.types.all.map { $0.width > 0 ? Int64(port.container.fractionBits - $0.fractionBits) : 0 },
        isArray: true
      ) + [""]
    }
    return [
      "template <class T>", "T read_raw(const int64_t *words, int shift = 0) {",
      "  const ap_int<128> raw = (ap_int<128>(words[1]) << 64) | ap_int<128>(ap_uint<64>((unsigned long long)words[0]));",
      "  return tricot::from_raw<T>(ap_int<T::width + 128>(raw) << shift);", "}", "",
      "template <class T>", "void write_raw(const T &x, int64_t *words, int shift = 0) {",
      "  const ap_int<T::width + 128> raw = tricot::raw(x);",
      "  words[0] = ap_int<T::width + 128>(raw >> shift).to_int64();",
      "  words[1] = ap_int<T::width + 128>(raw >> (shift + 64)).to_int64();", "}", "",
    ] + tables + ["}  // namespace", ""]
  }

  private func shift(of port: NetworkPlan.Port) -> String { port.isOnOneGrid ? "" : ", \(port.name)_shifts[i]" }

  private var arrays: [String] { plan.ports.map { "  \($0.typeName) \($0.name)[\($0.count)];" } }
  private var call: String {
    "  \(plan.namespace)::\(function)(\(plan.ports.map(\.name).joined(separator: ", ")));"
  }

  private func transfer(
    _ ports: [NetworkPlan.Port],
    _ array: String,
    _ statement: (NetworkPlan.Port, String) -> String
  ) -> [String] {
    var offset = 0
    return ports.map { port in
      defer { offset += port.count }
      return "  for (int i = 0; i < \(port.count); i++) \(statement(port, offset == 0 ? "" : " + \(offset)"))"
    }
  }
}
