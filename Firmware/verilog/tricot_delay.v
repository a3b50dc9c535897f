// Delays a word by DEPTH cycles (at least 2), one word a cycle.
//
// No reset and no taps, so that synthesis may use shift-register LUTs.
module tricot_delay #(
  parameter WIDTH = 1,
  parameter DEPTH = 2
) (
  input  wire clk,
  input  wire [WIDTH-1:0] in,
  output wire [WIDTH-1:0] out
);
  // The newest word stands in the low bits.
  reg [WIDTH*DEPTH-1:0] words;

  always @(posedge clk) words <= {words[WIDTH*(DEPTH-1)-1:0], in};

  assign out = words[WIDTH*DEPTH-1:WIDTH*(DEPTH-1)];
endmodule
