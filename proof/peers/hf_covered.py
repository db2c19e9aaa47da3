"""Which model types of the transformers installed the recipes hf/* are for, and which not.

    pip install transformers && python proof/peers/hf_covered.py

Of the others it says whether a class of theirs draws by its own rules (`_init_weights`), or all by transformers' default.
"""

import pathlib
import tomllib

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES, model_type_to_module_name

RECIPES = pathlib.Path(__file__).parents[2] / "model" / "recipes" / "hf"


def main():
    covered = {}
    for path in sorted(RECIPES.glob("*.toml")):
        for model_type in tomllib.loads(path.read_text()).get("model_types", []):
            if model_type in covered:
                print(f"{model_type}: in {covered[model_type]} and {path.stem}")
            if model_type not in CONFIG_MAPPING_NAMES:
                print(f"{model_type}: in {path.stem}, unknown to transformers {transformers.__version__}")
            covered[model_type] = path.stem
    left = {"by rules of their own": [], "by the default": [], "without a model": []}
    for model_type in CONFIG_MAPPING_NAMES:
        if model_type in covered:
            continue
        folder = pathlib.Path(transformers.__file__).parent / "models" / model_type_to_module_name(model_type)
        files = [path.read_text() for path in folder.glob("modeling_*.py")]
        kind = "without a model" if not files else "by rules of their own" if any("def _init_weights" in it for it in files) else "by the default"
        left[kind].append(model_type)
    known = sum(it in covered for it in CONFIG_MAPPING_NAMES)
    print(f"transformers {transformers.__version__}: {known} of {len(CONFIG_MAPPING_NAMES)} model types, by {len(set(covered.values()))} recipes")
    for kind, types in left.items():
        print(f"not covered, {kind} ({len(types)}): {' '.join(types)}")


if __name__ == "__main__":
    main()
