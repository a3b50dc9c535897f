import ConiferFrontend
import LightGBMFrontend
import ModelIR
import TMVAFrontend
import TreeFiles
import XGBoostFrontend

/// A small good file of each format that is text.
enum TreeFileText: String, CaseIterable {
  case xgboost, conifer, lightgbm, tmva

  var file: String {
    switch self {
    case .xgboost, .conifer: "model.json"
    case .lightgbm: "model.txt"
    case .tmva: "model.xml"
    }
  }

  func load(_ bytes: [UInt8]) throws -> ModelGraph {
    switch self {
    case .xgboost: try XGBoostFrontend.load(bytes, file: file, output: .margin)
    case .conifer: try ConiferFrontend.load(bytes, file: file)
    case .lightgbm: try LightGBMFrontend.load(String(decoding: bytes, as: UTF8.self), file: file, output: .margin)
    case .tmva: try TMVAFrontend.load(bytes, file: file, output: .margin)
    }
  }

  var text: String {
    switch self {
    case .xgboost: Self.xgboostText
    case .conifer: Self.coniferText
    case .lightgbm: Self.lightgbmText
    case .tmva: TMVAFrontendTests.file(trees: [TMVAFrontendTests.tree()])
    }
  }

  private static let xgboostText = """
    {"learner": {"gradient_booster": {"model": {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
    "tree_info": [0], "trees": [{"base_weights": [0, 0, 0], "categories": [], "default_left": [0, 0, 0], "id": 0,
    "left_children": [1, -1, -1], "right_children": [2, -1, -1], "parents": [2147483647, 0, 0],
    "split_conditions": [0.5, 0.25, -0.25], "split_indices": [1, 0, 0], "split_type": [0, 0, 0],
    "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3", "size_leaf_vector": "1"}}]},
    "name": "gbtree"}, "learner_model_param": {"base_score": "[5E-1]", "num_class": "0", "num_feature": "2",
    "num_target": "1"}, "objective": {"name": "binary:logistic"}}, "version": [3, 2, 0]}
    """

  private static let coniferText = """
    {"n_classes": 2, "n_features": 2, "n_trees": 1, "max_depth": 1, "init_predict": [0], "norm": 1,
    "splitting_convention": "<", "trees": [[{"feature": [1, -2, -2], "threshold": [0.5, 0, 0], "value": [0, 0.25, -0.25],
    "children_left": [1, -1, -1], "children_right": [2, -1, -1], "weight": [[0, 1], [0, 0], [0, 0]]}]]}
    """

  private static let lightgbmText = """
    tree
    version=v4
    num_class=1
    num_tree_per_iteration=1
    max_feature_idx=1
    objective=binary sigmoid:1

    Tree=0
    num_leaves=2
    num_cat=0
    split_feature=1
    threshold=0.5
    decision_type=2
    left_child=-1
    right_child=-2
    leaf_value=0.1 0.2
    is_linear=0
    shrinkage=1


    end of trees

    """
}
