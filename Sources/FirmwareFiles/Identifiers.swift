/// Hands out identifiers for emitted code: legal, unique, and no word of Verilog, SystemVerilog or C++.
package struct Identifiers {
  private var taken: Set<String>

  package init(reserved: [String] = []) { taken = Set(reserved) }

  /// A name like the wished one.
  ///
  /// - Parameter isWhole: whether the name stands alone; a part of a longer name may be a word of a language.
  package mutating func claim(_ wish: String, isWhole: Bool = true) -> String {
    let base = Self.sanitized(wish, isWhole: isWhole)
    var name = base
    var count = 2
    while !taken.insert(name).inserted {
      name = "\(base)_n\(count)"
      count += 1
    }
    return name
  }

  /// Letters, digits and single underscores, a letter first.
  ///
  /// Double underscores are kept out because Verilator writes them otherwise in C++.
  package static func sanitized(_ wish: String, isWhole: Bool = true) -> String {
    var name = ""
    for scalar in wish.unicodeScalars {
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      if isPlain { name.unicodeScalars.append(scalar) } else if !name.isEmpty && name.last != "_" { name += "_" }
      if name.utf8.count >= 200 { break }
    }
    while name.last == "_" { name.removeLast() }
    if name.first?.isNumber ?? true { name = "n" + name }
    return isWhole && isWord(name) ? name + "_n" : name
  }

  /// Whether a tool would read the name as a word of its language.
  package static func isWord(_ name: String) -> Bool { words.contains(name) || words.contains(name.lowercased()) }

  private static let words = Set(
    (verilogWords + " " + systemVerilogWords + " " + cppWords).split(separator: " ").map(String.init)
  )

  private static let verilogWords = """
    always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam \
    design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable \
    endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout \
    input instance integer join large liblist library localparam macromodule medium module nand negedge nmos nor \
    noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup \
    pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1 \
    scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0 \
    tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor
    """
  private static let systemVerilogWords = """
    accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle \
    checker class clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker \
    endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum eventually expect \
    export extends extern final first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies \
    import inside int interconnect interface intersect join_any join_none let local logic longint matches modport \
    nettype new nexttime null package packed priority program property protected pure rand randc randcase randsequence \
    ref reject_on restrict return s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal \
    soft solve static string strong struct super sync_accept_on sync_reject_on tagged this throughout timeprecision \
    timeunit type typedef union unique unique0 until until_with untyped var virtual void wait_order weak wildcard with \
    within
    """
  /// Words of C++, VHDL and the C library that Verilator or a mixed-language project trips over.
  private static let cppWords = """
    abort abs access after alignas alignof all and_eq architecture array asm atan atan2 atof atoi auto bitand bitor \
    block body bool buffer bus catch ceil char char16_t char32_t close compl complex component concept const_cast \
    constexpr cos decltype delete div double downto double_t dynamic_cast elsif entity errno error exit exp explicit \
    exp2 fabs false file float floor fmod free friend generic goto group guarded impure index inertial inline is label \
    linkage literal log log10 log2 long loop main malloc map max min mod mutable namespace next noexcept nullptr of on \
    open operator or_eq others out pow port printf private procedure process public range rand read record register \
    reinterpret_cast reject rem remove rename report rol ror round select severity shared short sin signal sin sinh size_t \
    sizeof sleep sqrt srand stat static_assert static_cast std stderr stdin stdout strlen subtype swap switch system tan \
    tanh template then thread_local throw to transport true try typeid typename unaffected units until using variable \
    volatile wchar_t when write xor_eq
    """
}
