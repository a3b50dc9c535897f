// What AMD's primitives compute, for simulators that have no library of them. Never read by synthesis.
// Written for simulators that compile: a shifted word where a bit is chosen, one addition where carries ripple. Verilator
// makes half the code of it that it makes of multiplexers bit by bit.

/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */

// A look-up table of six inputs and two outputs; O5 is that of the lower half.
module LUT6_2 #(
  parameter [63:0] INIT = 64'h0
) (
  input  wire I0, I1, I2, I3, I4, I5,
  output wire O5, O6
);
  wire [4:0] address = {I4, I3, I2, I1, I0};
  wire [31:0] lower = INIT[31:0] >> address;
  wire [31:0] upper = INIT[63:32] >> address;
  assign O5 = lower[0];
  assign O6 = I5 ? upper[0] : lower[0];
endmodule

// Four bits of a carry chain of 7-series parts. Where S is 0 the carry is DI, else the one before: the carries of the
// sum DI + (DI ^ S), whose bits are O.
module CARRY4 (
  input  wire CI, CYINIT,
  input  wire [3:0] DI, S,
  output wire [3:0] CO, O
);
  wire [4:0] sum = {1'b0, DI} + {1'b0, DI ^ S} + {4'd0, CI | CYINIT};
  assign O = sum[3:0];
  assign CO = sum[4:1] ^ {1'b0, S[3:1]};
endmodule

// Eight bits of a carry chain of UltraScale and UltraScale+ parts; as two chains of four, the upper one begins at CI_TOP.
module CARRY8 #(
  parameter CARRY_TYPE = "SINGLE_CY8"
) (
  input  wire CI, CI_TOP,
  input  wire [7:0] DI, S,
  output wire [7:0] CO, O
);
  generate
    if (CARRY_TYPE == "DUAL_CY4") begin : dual
      wire [4:0] lower = {1'b0, DI[3:0]} + {1'b0, DI[3:0] ^ S[3:0]} + {4'd0, CI};
      wire [4:0] upper = {1'b0, DI[7:4]} + {1'b0, DI[7:4] ^ S[7:4]} + {4'd0, CI_TOP};
      assign O = {upper[3:0], lower[3:0]};
      assign CO = {upper[4:1] ^ {1'b0, S[7:5]}, lower[4:1] ^ {1'b0, S[3:1]}};
    end else begin : single
      wire [8:0] sum = {1'b0, DI} + {1'b0, DI ^ S} + {8'd0, CI};
      assign O = sum[7:0];
      assign CO = sum[8:1] ^ {1'b0, S[7:1]};
    end
  endgenerate
endmodule

// Look-up tables of one to six inputs.
module LUT1 #(
  parameter [1:0] INIT = 2'h0
) (
  input  wire I0,
  output wire O
);
  wire [1:0] shifted = INIT >> I0;
  assign O = shifted[0];
endmodule

module LUT2 #(
  parameter [3:0] INIT = 4'h0
) (
  input  wire I0, I1,
  output wire O
);
  wire [1:0] address = {I1, I0};
  wire [3:0] shifted = INIT >> address;
  assign O = shifted[0];
endmodule

module LUT3 #(
  parameter [7:0] INIT = 8'h0
) (
  input  wire I0, I1, I2,
  output wire O
);
  wire [2:0] address = {I2, I1, I0};
  wire [7:0] shifted = INIT >> address;
  assign O = shifted[0];
endmodule

module LUT4 #(
  parameter [15:0] INIT = 16'h0
) (
  input  wire I0, I1, I2, I3,
  output wire O
);
  wire [3:0] address = {I3, I2, I1, I0};
  wire [15:0] shifted = INIT >> address;
  assign O = shifted[0];
endmodule

module LUT5 #(
  parameter [31:0] INIT = 32'h0
) (
  input  wire I0, I1, I2, I3, I4,
  output wire O
);
  wire [4:0] address = {I4, I3, I2, I1, I0};
  wire [31:0] shifted = INIT >> address;
  assign O = shifted[0];
endmodule

module LUT6 #(
  parameter [63:0] INIT = 64'h0
) (
  input  wire I0, I1, I2, I3, I4, I5,
  output wire O
);
  wire [5:0] address = {I5, I4, I3, I2, I1, I0};
  wire [63:0] shifted = INIT >> address;
  assign O = shifted[0];
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
