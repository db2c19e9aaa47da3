"""A pytest plugin that puts our functions in place of torch.nn.init's and TransformerLens', for the test suites of theirs.

    PYTHONPATH=proof/peers PATCHED=functions python -m pytest -p patched_init PYTORCH/test/nn/test_init.py
    PYTHONPATH=proof/peers PATCHED=module    python -m pytest -p patched_init PYTORCH/test/nn/test_init.py
    PYTHONPATH=proof/peers PATCHED=lens      python -m pytest -p patched_init TRANSFORMER_LENS/tests/unit

`functions`: each, wherever it was imported. `module`: torch.nn.init is wgpu_weights.torch. `lens`: as `functions`, and the five of
TransformerLens. Without PATCHED nothing is changed: what fails then too is not ours. A suite's sources must be of the installed version;
PyTorch's are in no wheel (Debian's `apt-get source pytorch` has some version's), TransformerLens' are in its sdist.
"""

import os
import sys


def put(theirs, ours):
    """Puts ours wherever any module has theirs."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None) or {}
        if not str(getattr(module, "__name__", "")).startswith("wgpu_weights"):
            for name in [name for name, it in names.items() if it is theirs]:
                setattr(module, name, ours)


def pytest_configure():
    mode = os.environ.get("PATCHED")
    if mode is None:
        return
    import torch.nn.init as theirs
    import torch.nn.modules.linear as linear
    import wgpu_weights.torch as ours

    for name in ours.__all__:
        put(getattr(theirs, name), getattr(ours, name))
    if mode == "module":
        sys.modules["torch.nn.init"] = ours
        put(theirs, ours)
    elif mode == "lens":
        import transformer_lens.utilities.initialization_utils as of_lens
        import wgpu_weights.initialization_utils as ours_of_lens

        for name in ours_of_lens.__all__:
            put(getattr(of_lens, name), getattr(ours_of_lens, name))
        assert of_lens.init_kaiming_normal_ is ours_of_lens.init_kaiming_normal_, "nothing was patched"
    elif mode != "functions":
        sys.exit(f"PATCHED is {mode}; it must be functions, module or lens")
    assert linear.init.kaiming_uniform_ is ours.kaiming_uniform_, "nothing was patched"
