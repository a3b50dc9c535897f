/// Which keys hls4ml knows, and what becomes of them here.
enum HLS4MLConfigurationKeys {
  /// Top-level keys that are read.
  static let documentKeys = [
    "KerasJson", "KerasH5", "KerasModel", "OnnxModel", "PytorchModel", "TensorFlowModel", "Backend", "Part",
    "XilinxPart", "ClockPeriod", "ClockUncertainty", "IOType", "ProjectName", "OutputDir", "InputData",
    "OutputPredictions", "Stamp", "Version", "WriterConfig", "InputShapes", "OutputShapes", "HLSConfig",
  ]

  /// Top-level keys of hls4ml without a use here yet.
  static let unusedDocumentKeys = [
    "ProjectDir", "InputShape", "AcceleratorConfig", "Board", "Platform", "Interface", "Driver",
    "ChannelsLastConversion",
    "TransposeOutputs", "Technology", "ASICLibs", "FIFO", "CSimResults", "ROMLocation", "CModelDefaultThreshold",
    "HyperoptHandshake", "UseOneAPIBSP", "Namespace", "WriteTar", "Processor", "ASICFIFO", "IPVersion",
  ]

  /// Keys of `HLSConfig`.
  static let configurationKeys = ["Model", "LayerType", "LayerName"]
  static let unusedConfigurationKeys = ["Optimizers", "SkipOptimizers", "Flows"]

  /// Keys of `Model` that are read.
  static let modelKeys = [
    "Precision", "ReuseFactor", "Strategy", "Compression", "ParallelizationFactor", "InferNoBias", "PipelineStyle",
    "PipelineInterval", "BitExact",
  ]

  /// Keys of `Model` without a use here, and the values that hls4ml writes by itself, which are not worth a word.
  static let unusedModelKeys: [(key: String, silent: [String])] = [
    ("BramFactor", ["1000000000", "1_000_000_000", ".inf", "inf"]), ("TraceOutput", ["false", "False", "0"]),
    ("TargetCycles", []), ("ConvImplementation", ["LineBuffer"]),
  ]

  /// Keys of a layer that are read.
  ///
  /// Those after `Compression` may also be written in snake case, as in hls4ml.
  static let layerKeys = [
    "Precision", "ReuseFactor", "Strategy", "Compression", "ParallelizationFactor", "TableSize", "ExpTableSize",
    "InvTableSize",
    "Implementation",
    "Skip",
  ]

  /// Keys of a layer without a use here, and the values that hls4ml writes by itself.
  static let unusedLayerKeys: [(key: String, silent: [String])] = [
    ("Trace", ["false", "False", "0"]), ("TargetCycles", []), ("ConvImplementation", ["LineBuffer"]),
    ("TableRangePower2", ["0"]), ("TimeStepLoopParallelism", ["Off", "off"]),
    ("DepthwiseReuseFactor", ["1"]), ("PointwiseReuseFactor", ["1"]), ("RecurrentReuseFactor", ["1"]),
    ("Static", ["true", "True", "1"]),
    ("BramFactor", []), ("Algorithm", ["nearest"]), ("PipelineStyle", []), ("PipelineInterval", []),
  ]

  /// Types that hls4ml takes from beside `Precision`, under the attribute's name.
  static let attributeTypes = ["table_t", "exp_table_t", "inv_table_t", "inv_inp_t", "accum_t", "inp_norm_t"]

  /// Types that hls4ml overwrites from `Precision`, so that writing them beside it has no effect.
  static let overwrittenAttributeTypes = [
    "result_t", "weight_t", "bias_t", "scale_t", "param_t", "slope_t", "shift_t", "recurrent_weight_t",
    "recurrent_bias_t",
  ]

  /// Variables that may stand in a `Precision` mapping; `maximum` comes on top for the model.
  static let precisionVariables = [
    "default", "result", "weight", "bias", "accum", "table", "exp_table", "inv_table", "inv_inp", "scale", "param",
    "slope", "shift", "recurrent_weight", "recurrent_bias", "depthwise", "pointwise", "depthwise_accum",
    "pointwise_accum", "depthwise_result", "pointwise_result", "dw_output", "embeddings", "gamma", "beta", "mean",
    "variance",
    "expr", "index", "forward_weight", "forward_bias", "forward_recurrent_weight", "forward_recurrent_bias",
    "backward_weight", "backward_bias", "backward_recurrent_weight", "backward_recurrent_bias", "forward_accum",
    "backward_accum", "edge_weight", "edge_weight_aggr", "aggr", "norm",
  ]

  /// hls4ml's layer classes, the keys of `LayerType`.
  static let layerClasses = [
    "Input", "Dense", "Activation", "ParametrizedActivation", "HardActivation", "PReLU", "Softmax", "TernaryTanh",
    "BatchNormalization", "ApplyAlpha", "LayerNormalization", "Merge", "Concatenate", "Dot", "Reshape", "Conv1D",
    "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "PointwiseConv1D",
    "PointwiseConv2D", "Pooling1D", "Pooling2D", "GlobalPooling1D", "GlobalPooling2D", "ZeroPadding1D", "ZeroPadding2D",
    "Cropping1D", "Cropping2D", "Resize", "Transpose", "Embedding", "SimpleRNN", "LSTM", "GRU", "Bidirectional",
    "TimeDistributed", "GarNet", "GarNetStack", "EinsumDense", "Einsum", "MatMul", "Quant", "Constant", "Clone",
    "Repack",
    "Conv2DBatchnorm", "BatchNormOnnx", "UnaryLUT", "SymbolicExpression",
  ]

  /// Keras's class names that hls4ml writes under `LayerType` and then does not look up, with the class that it uses.
  static let layerClassAliases: [(written: String, used: String)] = [
    ("InputLayer", "Input"), ("ReLU", "Activation"), ("LeakyReLU", "ParametrizedActivation"),
    ("ThresholdedReLU", "ParametrizedActivation"), ("ELU", "ParametrizedActivation"), ("Flatten", "Reshape"),
    ("Add", "Merge"), ("Subtract", "Merge"), ("Multiply", "Merge"), ("Average", "Merge"), ("Maximum", "Merge"),
    ("Minimum", "Merge"), ("QDense", "Dense"), ("QActivation", "Activation"), ("BinaryDense", "Dense"),
    ("TernaryDense", "Dense"), ("MaxPooling1D", "Pooling1D"), ("MaxPooling2D", "Pooling2D"),
    ("AveragePooling1D", "Pooling1D"), ("AveragePooling2D", "Pooling2D"),
  ]

  /// hls4ml's snake case of an attribute key: `ExpTableSize` and `exp_table_size` are one.
  static func snakeCase(_ key: String) -> String {
    var result = ""
    for character in key {
      if character.isUppercase && !result.isEmpty && result.last != "_" { result.append("_") }
      result += character.lowercased()
    }
    return result
  }
}
