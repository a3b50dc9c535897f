import Diagnostics

/// What a command makes, as far as options mean anything for it.
enum Product {
  case verilog, hls
  /// C++ that is compiled here and run.
  case compiledHLS

  init(backend: String, isCompiled: Bool = false) {
    self = backend == "hls" ? isCompiled ? .compiledHLS : .hls : .verilog
  }
}

extension Compiler {
  /// Refuses options that were given and would be ignored.
  func refuseIdleOptions(for product: Product) throws {
    let isHLS = product != .verilog
    let given: [(option: String, isIdle: Bool, hint: String)] = [
      ("--latency", isHLS && options.hardware.latency != nil, "an HLS tool decides the latency; leave it out"),
      ("--firmware-version", !isHLS && options.hls.firmwareVersion != nil, "it belongs to --backend hls"),
      ("--interface", !isHLS && options.hls.interface != nil, "it belongs to --backend hls"),
      (
        "--ap-types", product != .compiledHLS && options.hls.apTypes != nil,
        "it is for what compiles C++: 'tricot verify --backend hls' and 'tricot emulator'"
      ),
    ]
    for option in given where option.isIdle { throw idle(option.option, option.hint) }
  }

  private func idle(_ option: String, _ hint: String) -> Diagnostic {
    Diagnostic.error("option-without-effect", "\(option) has no effect here", hint: hint)
  }
}
