// Helpers shared by the tests; random graphs and seeded numbers come from the module behind `tricot fuzz`.
@_exported import Fuzzing
