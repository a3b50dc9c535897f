import FirmwareFiles
import FirmwareLibrary
import Testing

@testable import Verification

/// The models of AMD's primitives, beside what the family's libraries guide says of them bit by bit.
struct PrimitiveModelTests {
  /// Every seventh input of a chain of eight and one of four, and look-up tables with one truth table, bit by bit.
  private static let bench = """
    module bench;
      reg [7:0] s, d;
      reg ci, top;
      integer i, k, bad;
      wire [7:0] single_co, single_o, dual_co, dual_o;
      wire [3:0] four_co, four_o;
      CARRY8 single (.CI(ci), .CI_TOP(top), .DI(d), .S(s), .CO(single_co), .O(single_o));
      CARRY8 #(.CARRY_TYPE("DUAL_CY4")) dual (.CI(ci), .CI_TOP(top), .DI(d), .S(s), .CO(dual_co), .O(dual_o));
      CARRY4 four (.CI(ci), .CYINIT(top), .DI(d[3:0]), .S(s[3:0]), .CO(four_co), .O(four_o));
      wire [63:0] truth = 64'h8f3a55c0137e9b2d;
      wire lower, both, l6, l5, l4, l3, l2, l1;
      LUT6_2 #(.INIT(64'h8f3a55c0137e9b2d)) t62 (
        .I0(s[0]), .I1(s[1]), .I2(s[2]), .I3(s[3]), .I4(s[4]), .I5(s[5]), .O5(lower), .O6(both));
      LUT6 #(.INIT(64'h8f3a55c0137e9b2d)) t6 (
        .I0(s[0]), .I1(s[1]), .I2(s[2]), .I3(s[3]), .I4(s[4]), .I5(s[5]), .O(l6));
      LUT5 #(.INIT(32'h137e9b2d)) t5 (.I0(s[0]), .I1(s[1]), .I2(s[2]), .I3(s[3]), .I4(s[4]), .O(l5));
      LUT4 #(.INIT(16'h9b2d)) t4 (.I0(s[0]), .I1(s[1]), .I2(s[2]), .I3(s[3]), .O(l4));
      LUT3 #(.INIT(8'h2d)) t3 (.I0(s[0]), .I1(s[1]), .I2(s[2]), .O(l3));
      LUT2 #(.INIT(4'hd)) t2 (.I0(s[0]), .I1(s[1]), .O(l2));
      LUT1 #(.INIT(2'h1)) t1 (.I0(s[0]), .O(l1));
      reg carry, half, quarter;
      initial begin
        bad = 0;
        for (i = 0; i < 1 << 18; i = i + 7) begin
          {top, ci, s, d} = i;
          #1;
          carry = ci;
          half = ci;
          quarter = ci | top;
          for (k = 0; k < 8; k = k + 1) begin
            if (k == 4) half = top;
            if (single_o[k] !== (s[k] ^ carry) || dual_o[k] !== (s[k] ^ half)) bad = bad + 1;
            carry = s[k] ? carry : d[k];
            half = s[k] ? half : d[k];
            if (single_co[k] !== carry || dual_co[k] !== half) bad = bad + 1;
            if (k < 4) begin
              if (four_o[k] !== (s[k] ^ quarter)) bad = bad + 1;
              quarter = s[k] ? quarter : d[k];
              if (four_co[k] !== quarter) bad = bad + 1;
            end
          end
          if (lower !== truth[s[4:0]] || both !== truth[s[5:0]] || l6 !== truth[s[5:0]]) bad = bad + 1;
          if (l5 !== truth[s[4:0]] || l4 !== truth[s[3:0]] || l3 !== truth[s[2:0]]) bad = bad + 1;
          if (l2 !== truth[s[1:0]] || l1 !== truth[s[0]]) bad = bad + 1;
        end
        $display("%0d inputs checked, %0d differences", i / 7, bad);
      end
    endmodule

    """

  @Test(.enabled(if: ExternalTool.iverilog.isAvailable, "Icarus Verilog is not installed"))
  func `they compute what the guide says, whatever comes in`() async throws {
    let build = try BuildFolder.temporary()
    defer { build.discard() }
    try build.write([
      ProjectFile(path: "primitives.v", bytes: FirmwareLibrary.primitives),
      ProjectFile(path: "bench.v", text: Self.bench),
    ])
    let compiled = try await ExternalTool.iverilog.run(
      ["-g2005", "-o", "bench", "bench.v", "primitives.v"],
      in: build.path,
      limit: .seconds(600)
    )
    try #require(compiled.succeeded, "\(compiled.text)")
    let output = try await ExternalTool.vvp.run(["-n", "bench"], in: build.path, limit: .seconds(600))
    #expect(output.text.contains("37450 inputs checked, 0 differences"), "\(output.text)")
  }
}
