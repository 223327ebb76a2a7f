# Peers of `palate bench models`: python3 bench_learners.py xgboost|sklearn ROWS... in PAL_BENCH_FOLDER, where each
# size has boosted-ROWS.npy (features, then the label) and logistic-ROWS.npy. Prints a line a fit:
#   MODEL ROWS WHO-VERSION FIT_MS PREDICT_NS     medians; PREDICT_NS for a row of a batch
import os
import sys
import time

import numpy as np

folder = os.environ["PAL_BENCH_FOLDER"]
threads = int(os.environ["OMP_NUM_THREADS"])


def median_of(passes, fit, predict, n):
    fits, predictions = [], []
    fit()
    for _ in range(passes):
        begin = time.perf_counter()
        model = fit()
        middle = time.perf_counter()
        predict(model)
        fits.append((middle - begin) * 1e3)
        predictions.append((time.perf_counter() - middle) * 1e9 / n)
    return np.median(fits), np.median(predictions)


def report(model, n, who, fit, predict):
    passes = 9 if n <= 20000 else 3
    print(model, n, who, *median_of(passes, fit, predict, n), flush=True)


def load(model, n):
    table = np.load(os.path.join(folder, f"{model}-{n}.npy"))
    return np.ascontiguousarray(table[:, :-1]), np.ascontiguousarray(table[:, -1])


def run_xgboost(n):
    import xgboost

    x, y = load("boosted", n)
    settings = {"objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31,
                "max_depth": 0, "eta": 0.1, "max_bin": 255, "nthread": threads, "verbosity": 0}

    def fit():
        rows = xgboost.QuantileDMatrix(x, y, max_bin=255, nthread=threads)
        return xgboost.train(settings, rows, 100)

    report("boosted", n, "xgboost-" + xgboost.__version__, fit, lambda model: model.inplace_predict(x))


def run_sklearn(n):
    import warnings

    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    warnings.filterwarnings("ignore")
    who = "scikit-learn-" + sklearn.__version__
    x, y = load("boosted", n)
    trees = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=31, learning_rate=0.1, min_samples_leaf=20,
                                           max_bins=255, early_stopping=False)
    report("boosted", n, who, lambda: trees.fit(x, y), lambda model: model.predict_proba(x))
    x, y = load("logistic", n)
    for solver in ("lbfgs", "liblinear", "newton-cholesky"):
        try:
            linear = LogisticRegression(C=1.0, solver=solver, max_iter=1000)
            linear.fit(x, y)
        except ValueError:  # a version without this solver
            continue
        report("logistic", n, who + ":" + solver, lambda: linear.fit(x, y), lambda model: model.predict_proba(x))


for rows in sys.argv[2:]:
    {"xgboost": run_xgboost, "sklearn": run_sklearn}[sys.argv[1]](int(rows))
