// The sum of three words, each perhaps negated, modulo 2^WIDTH: one look-up table a bit.
//
// A LUT6_2 has two outputs. One says whether two or three of the bit's operands are set, which the next bit's table takes;
// the other is the exclusive or of all that meets in this bit, which lets the carry chain go on. At most two operands may
// be negated: each is inverted, and the ones that are missing enter the chain at its lowest bit.
// Of a known third operand a bit's table takes no second output: it looks at both operands of its own bit and of the one below.
// The last block's upper bits, and what the highest bits pass on, go nowhere.
/* verilator lint_off UNUSED */
module tricot_sum3 #(
  parameter WIDTH = 3,
  // Bit k: whether operand k is subtracted.
  parameter NEGATED = 0,
  // Whether operand c is KNOWN.
  parameter IS_KNOWN = 0,
  parameter [31:0] KNOWN = 0,
  // Bits of a carry block: 4 on 7-series parts, 8 on UltraScale and UltraScale+.
  parameter BLOCK = 8
) (
  input  wire [WIDTH-1:0] a,
  input  wire [WIDTH-1:0] b,
  input  wire [WIDTH-1:0] c,
  output wire [WIDTH-1:0] sum
);
  localparam BLOCKS = (WIDTH + BLOCK - 1) / BLOCK;
  localparam PADDED = BLOCKS * BLOCK;
  localparam [2:0] INVERTED = NEGATED;
  localparam [1:0] ONES = {1'b0, INVERTED[0]} + {1'b0, INVERTED[1]} + {1'b0, INVERTED[2]};

  // Entry i of the lower half: the majority of the operands. Of the upper half: the parity of them and of what came.
  function [63:0] contents(input [2:0] inverted);
    integer i;
    reg [3:0] address;
    reg [2:0] operands;
    begin
      for (i = 0; i < 32; i = i + 1) begin
        address = i[3:0];
        operands = address[2:0] ^ inverted;
        contents[i] = (operands[0] & operands[1]) | (operands[0] & operands[2]) | (operands[1] & operands[2]);
        contents[32 + i] = ^operands ^ address[3];
      end
    end
  endfunction

  // The same of two operands, and of those of the bit below, beside a known one.
  function [63:0] known_contents(input [1:0] inverted, input known, input below);
    integer i;
    reg [3:0] address;
    reg [1:0] own, lower;
    reg majority;
    begin
      for (i = 0; i < 32; i = i + 1) begin
        address = i[3:0];
        own = address[1:0] ^ inverted;
        lower = address[3:2] ^ inverted;
        majority = below ? |lower : &lower;
        known_contents[i] = majority;
        known_contents[32 + i] = ^own ^ known ^ majority;
      end
    end
  endfunction

  wire [PADDED-1:0] propagate, generated, result;
  assign sum = result[WIDTH-1:0];

  // Wires from bit to bit and from block to block are single ones: simulators then see no loop.
  genvar k;
  generate
    for (k = 0; k < PADDED; k = k + 1) begin : bits
      wire majority, from_below;
      if (k == 0) begin : first
        assign from_below = ONES > 1;
      end else begin : further
        assign from_below = bits[k-1].majority;
      end
      if (k < WIDTH && IS_KNOWN != 0 && k > 0) begin : known
        LUT6_2 #(.INIT(known_contents(INVERTED[1:0], KNOWN[k%32], KNOWN[(k+31)%32]))) table_of_bit (
          .I0(a[k]), .I1(b[k]), .I2(a[k-1]), .I3(b[k-1]), .I4(1'b0), .I5(1'b1),
          .O5(generated[k]), .O6(propagate[k])
        );
        assign majority = 1'b0;
      end else if (k < WIDTH) begin : used
        LUT6_2 #(.INIT(contents(INVERTED))) table_of_bit (
          .I0(a[k]), .I1(b[k]), .I2(c[k]), .I3(from_below), .I4(1'b0), .I5(1'b1),
          .O5(majority), .O6(propagate[k])
        );
        assign generated[k] = from_below;
      end else begin : spare
        assign majority = 1'b0;
        assign propagate[k] = 1'b0;
        assign generated[k] = 1'b0;
      end
    end
    for (k = 0; k < BLOCKS; k = k + 1) begin : blocks
      wire entering, leaving;
      wire [BLOCK-1:0] carries;
      assign leaving = carries[BLOCK-1];
      if (k == 0) begin : first
        assign entering = ONES > 0;
      end else begin : further
        assign entering = blocks[k-1].leaving;
      end
      if (BLOCK == 8) begin : eight
        CARRY8 #(.CARRY_TYPE("SINGLE_CY8")) chain (
          .CI(entering), .CI_TOP(1'b0), .DI(generated[k*8+7:k*8]), .S(propagate[k*8+7:k*8]),
          .CO(carries), .O(result[k*8+7:k*8])
        );
      end else if (k == 0) begin : lowest
        CARRY4 chain (
          .CI(1'b0), .CYINIT(entering), .DI(generated[k*4+3:k*4]), .S(propagate[k*4+3:k*4]),
          .CO(carries), .O(result[k*4+3:k*4])
        );
      end else begin : four
        CARRY4 chain (
          .CI(entering), .CYINIT(1'b0), .DI(generated[k*4+3:k*4]), .S(propagate[k*4+3:k*4]),
          .CO(carries), .O(result[k*4+3:k*4])
        );
      end
    end
  endgenerate
endmodule
/* verilator lint_on UNUSED */
