// What AMD's primitives compute, for simulators that have no library of them. Never read by synthesis.

/* verilator lint_off DECLFILENAME */

// A look-up table of six inputs and two outputs; O5 is that of the lower half.
module LUT6_2 #(
  parameter [63:0] INIT = 64'h0
) (
  input  wire I0, I1, I2, I3, I4, I5,
  output wire O5, O6
);
  wire [4:0] address = {I4, I3, I2, I1, I0};
  assign O5 = INIT[{1'b0, address}];
  assign O6 = INIT[{I5, address}];
endmodule

// Four bits of a carry chain of 7-series parts.
module CARRY4 (
  input  wire CI, CYINIT,
  input  wire [3:0] DI, S,
  output wire [3:0] CO, O
);
  wire first = CI | CYINIT;
  wire c0 = S[0] ? first : DI[0];
  wire c1 = S[1] ? c0 : DI[1];
  wire c2 = S[2] ? c1 : DI[2];
  wire c3 = S[3] ? c2 : DI[3];
  assign O = S ^ {c2, c1, c0, first};
  assign CO = {c3, c2, c1, c0};
endmodule

// Eight bits of a carry chain of UltraScale and UltraScale+ parts; as two chains of four, the upper one begins at CI_TOP.
module CARRY8 #(
  parameter CARRY_TYPE = "SINGLE_CY8"
) (
  input  wire CI, CI_TOP,
  input  wire [7:0] DI, S,
  output wire [7:0] CO, O
);
  wire c0 = S[0] ? CI : DI[0];
  wire c1 = S[1] ? c0 : DI[1];
  wire c2 = S[2] ? c1 : DI[2];
  wire c3 = S[3] ? c2 : DI[3];
  wire middle = CARRY_TYPE == "DUAL_CY4" ? CI_TOP : c3;
  wire c4 = S[4] ? middle : DI[4];
  wire c5 = S[5] ? c4 : DI[5];
  wire c6 = S[6] ? c5 : DI[6];
  wire c7 = S[7] ? c6 : DI[7];
  assign O = S ^ {c6, c5, c4, middle, c2, c1, c0, CI};
  assign CO = {c7, c6, c5, c4, c3, c2, c1, c0};
endmodule

// Look-up tables of one to six inputs.
module LUT1 #(
  parameter [1:0] INIT = 2'h0
) (
  input  wire I0,
  output wire O
);
  assign O = INIT[I0];
endmodule

module LUT2 #(
  parameter [3:0] INIT = 4'h0
) (
  input  wire I0, I1,
  output wire O
);
  wire [1:0] address = {I1, I0};
  assign O = INIT[address];
endmodule

module LUT3 #(
  parameter [7:0] INIT = 8'h0
) (
  input  wire I0, I1, I2,
  output wire O
);
  wire [2:0] address = {I2, I1, I0};
  assign O = INIT[address];
endmodule

module LUT4 #(
  parameter [15:0] INIT = 16'h0
) (
  input  wire I0, I1, I2, I3,
  output wire O
);
  wire [3:0] address = {I3, I2, I1, I0};
  assign O = INIT[address];
endmodule

module LUT5 #(
  parameter [31:0] INIT = 32'h0
) (
  input  wire I0, I1, I2, I3, I4,
  output wire O
);
  wire [4:0] address = {I4, I3, I2, I1, I0};
  assign O = INIT[address];
endmodule

module LUT6 #(
  parameter [63:0] INIT = 64'h0
) (
  input  wire I0, I1, I2, I3, I4, I5,
  output wire O
);
  wire [5:0] address = {I5, I4, I3, I2, I1, I0};
  assign O = INIT[address];
endmodule

// The multiplexers of a slice.
module MUXF7 (
  input  wire I0, I1, S,
  output wire O
);
  assign O = S ? I1 : I0;
endmodule

module MUXF8 (
  input  wire I0, I1, S,
  output wire O
);
  assign O = S ? I1 : I0;
endmodule
