/// A small good file of each format of trees that is text.
package enum TreeFileText: String, CaseIterable, Sendable {
  case xgboost, conifer, lightgbm, tmva

  package var file: String {
    switch self {
    case .xgboost, .conifer: "model.json"
    case .lightgbm: "model.txt"
    case .tmva: "model.xml"
    }
  }

  package var text: String {
    switch self {
    case .xgboost: Self.xgboostText
    case .conifer: Self.coniferText
    case .lightgbm: Self.lightgbmText
    case .tmva: Self.tmvaText
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

  private static let tmvaText = """
    <?xml version="1.0"?>
    <MethodSetup Method="BDT::BDTG">
      <GeneralInfo>
        <Info name="TMVA Release" value="4.2.1 [262657]"/>
        <Info name="AnalysisType" value="Classification"/>
      </GeneralInfo>
      <Options>
        <Option name="BoostType" modified="Yes">Grad</Option>
        <Option name="UseYesNoLeaf" modified="Yes">False</Option>
      </Options>
      <Variables NVar="2">
        <Variable VarIndex="0" Expression="a"/>
        <Variable VarIndex="1" Expression="b"/>
      </Variables>
      <Classes NClass="2"/>
      <Transformations NTransformations="0"/>
      <Weights NTrees="1" AnalysisType="1">
        <BinaryTree type="DecisionTree" boostWeight="1.0" itree="0">
          <Node pos="s" depth="0" NCoef="0" IVar="0" Cut="1.5" cType="1" res="0" purity="0.5" nType="0">
            <Node pos="l" depth="1" NCoef="0" IVar="-1" Cut="0" cType="1" res="0.25" purity="0.125" nType="-1"/>
            <Node pos="r" depth="1" NCoef="0" IVar="1" Cut="-2" cType="0" res="0" purity="0.5" nType="0">
              <Node pos="l" depth="2" NCoef="0" IVar="-1" Cut="0" cType="1" res="-1" purity="0.75" nType="1"/>
              <Node pos="r" depth="2" NCoef="0" IVar="-1" Cut="0" cType="1" res="2" purity="0.25" nType="-1"/>
            </Node>
          </Node>
        </BinaryTree>
      </Weights>
    </MethodSetup>
    """
}
