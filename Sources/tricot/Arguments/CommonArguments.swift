import ArgumentParser

/// Where a model's weights lie, if not with it.
struct WeightArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Weights of a Keras .json.", valueName: "file.h5"))
  var weights: String?
}

/// What makes random choices the same in every run.
struct SeedArguments: ParsableArguments {
  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 1
}
