extension ProjectFile {
  /// Whether synthesis reads it: Verilog that becomes hardware.
  package var isSynthesised: Bool { path.hasPrefix("rtl/") }

  /// Whether simulators read it: the same, and models of a part's primitives.
  package var isSimulated: Bool { isSynthesised || path.hasPrefix("sim/") }
}
