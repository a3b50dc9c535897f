"""Makes the models with splits by category, with LightGBM and XGBoost: python make.py

NAME.inputs.npy holds features that are no whole numbers, negative, unknown and missing too; NAME.margins.npy what the tool makes of them.
"""

import json

import lightgbm
import numpy as np
import xgboost

random = np.random.default_rng(4)
x = random.normal(0, 2, (400, 3))
x[:, 1] = random.integers(0, 12, 400)
x[:, 2] = random.integers(0, 40, 400)
y = ((x[:, 1] % 3 == 0) ^ (x[:, 0] > 0) ^ (x[:, 2] % 5 > 2)).astype(int)
events = np.concatenate([x[:60], x[60:120]])
events[60:90, 1] = np.resize([-1, -0.5, 0.5, 2.7, 11.9, 12, 100, np.nan, -3, 1e6], 30)
events[90:, 2] = np.resize([-0.25, 38.5, 45, np.nan, 31, 32, -7, 63.5], 30)

options = {"objective": "binary", "num_leaves": 6, "verbose": -1, "min_data_per_group": 5, "cat_smooth": 1,
           "max_cat_to_onehot": 1, "seed": 1}
model = lightgbm.train(options, lightgbm.Dataset(x, y, categorical_feature=[1, 2]), 4)
model.save_model("lightgbm.txt")
text = open("lightgbm.txt").read()
with open("lightgbm.txt", "w") as file:
    file.write(text[: text.index("feature_importances")])
with open("lightgbm_dump.json", "w") as file:
    json.dump(model.dump_model(), file, separators=(",", ":"))
np.save("lightgbm.inputs.npy", events)
np.save("lightgbm.margins.npy", model.predict(events, raw_score=True))

types = ["float", "c", "c"]
data = lambda x, y=None: xgboost.DMatrix(x.astype(np.float32), y, feature_types=types, enable_categorical=True)
booster = xgboost.train({"objective": "binary:logistic", "max_depth": 3, "max_cat_to_onehot": 3}, data(x, y), 4)
booster.save_model("xgboost.json")
np.save("xgboost.inputs.npy", events.astype(np.float32))
np.save("xgboost.margins.npy", booster.predict(data(events), output_margin=True))
