import ModelIR
import TestSupport
import TreeFrontends

extension TreeFileText {
  func load(_ bytes: [UInt8]) throws -> ModelGraph {
    switch self {
    case .xgboost: try XGBoostFrontend.load(bytes, file: file, output: .margin)
    case .conifer: try ConiferFrontend.load(bytes, file: file)
    case .lightgbm: try LightGBMFrontend.load(String(decoding: bytes, as: UTF8.self), file: file, output: .margin)
    case .tmva: try TMVAFrontend.load(bytes, file: file, output: .margin)
    }
  }
}
