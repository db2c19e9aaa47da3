"""Has transformers load what `wgpu-weights init` wrote: no key missing, unexpected or mismatched, a finite forward pass.

    pip install torch transformers && python proof/peers/load.py PROGRAM [FAMILY...]

For each family transformers writes config.json and names the parameters as its files do; of these a template is made, the header as JSON.
The program writes FOLDER/model.safetensors from it with `--recipe hf --seed 1`; from_pretrained(FOLDER) must take every key, and the
outputs must be finite. `check FOLDER` must find the same bits. The status is 1 where one of these fails.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers

from hf_models import EXPERTS, SEQ2SEQ, T5, TEXT_TOWER, VISION_TOWER, VIT, read_header


def words(model, length=9):
    vocabulary = getattr(model.config, "vocab_size", None) or model.config.get_text_config().vocab_size
    return torch.randint(4, vocabulary, (1, length))


def language(model):
    return dict(input_ids=words(model))


def pixels(model):
    config = getattr(model.config, "vision_config", model.config)
    size = getattr(config, "image_size", 64)
    return dict(pixel_values=torch.randn(1, 3, size, size))


def both(model):
    return dict(input_ids=words(model), pixel_values=pixels(model)["pixel_values"])


def translation(model):
    return dict(input_ids=words(model), decoder_input_ids=words(model))


def speech(model):
    mels, length = model.config.num_mel_bins, 2 * model.config.max_source_positions
    return dict(input_features=torch.randn(1, mels, length), decoder_input_ids=words(model))


# family: (class, what differs from the default configuration, inputs, dtype of the parameters)
FAMILIES = {
    # As the released model.
    "gpt2": ("GPT2LMHeadModel", dict(), language, "float32"),
    # The 7B's width, one layer.
    "llama": ("LlamaForCausalLM", dict(hidden_size=4096, intermediate_size=11008, num_hidden_layers=1, num_attention_heads=32), language, "bfloat16"),
    "mixtral": ("MixtralForCausalLM", dict(EXPERTS, num_local_experts=4), language, "float32"),
    "whisper": ("WhisperForConditionalGeneration", dict(SEQ2SEQ, num_mel_bins=40, max_source_positions=48, max_target_positions=56), speech, "float32"),
    "clip": ("CLIPModel", dict(text_config=TEXT_TOWER, vision_config=VISION_TOWER, projection_dim=72), both, "float32"),
    "bert": ("BertForMaskedLM", dict(num_hidden_layers=2), language, "float32"),
    "vit": ("ViTForImageClassification", dict(VIT), pixels, "float32"),
    "t5": ("T5ForConditionalGeneration", dict(T5), translation, "float32"),
    "mamba": ("MambaForCausalLM", dict(num_hidden_layers=2, vocab_size=600), language, "float32"),
    "resnet": ("ResNetForImageClassification", dict(depths=[1, 1, 1, 1]), pixels, "float32"),
    "llava": ("LlavaForConditionalGeneration", dict(text_config=dict(TEXT_TOWER, model_type="llama"), vision_config=dict(VISION_TOWER, model_type="clip_vision_model"),
              vision_feature_layer=-1), language, "float32"),
}


def run(program, *arguments):
    ran = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments[:2]))}: {ran.stderr.strip() or ran.stdout.strip()}")
    return ran.stdout + ran.stderr


def tied(model):
    """Parameters that are another under a second name, which files have once."""
    names = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    return {name for several in names.values() if len(several) > 1 for name in several}


def hold(program, family, folder):
    name, keys, inputs, dtype = FAMILIES[family]
    kind = getattr(transformers, name)
    torch.manual_seed(0)
    model = kind(kind.config_class(**keys)).to(getattr(torch, dtype))
    source, made = folder / "source", folder / "made"
    model.save_pretrained(source, max_shard_size="50GB")
    del model
    header = {key: {"dtype": it["dtype"], "shape": it["shape"]} for key, it in read_header(source / "model.safetensors").items()}
    made.mkdir()
    template = folder / "template.json"
    template.write_text(json.dumps(header))
    (made / "config.json").write_bytes((source / "config.json").read_bytes())
    # Nothing that transformers drew is left.
    shutil.rmtree(source)
    run(program, "init", template, "--config", made / "config.json", "--recipe", "hf", "--seed", 1, "-o", made / "model.safetensors")

    model, told = kind.from_pretrained(made, output_loading_info=True, dtype=getattr(torch, dtype))
    missing = set(told["missing_keys"]) - tied(model)
    wrong = {key: sorted(it) for key, it in (("missing", missing), ("unexpected", told["unexpected_keys"]), ("mismatched", told["mismatched_keys"])) if it}
    if wrong or told.get("error_msgs"):
        raise AssertionError(f"loaded with {wrong} {told.get('error_msgs')}")
    model.eval()
    given = {key: it.to(model.dtype) if it.is_floating_point() else it for key, it in inputs(model).items()}
    with torch.no_grad():
        output = model(**given)
    numbers = [it for it in output.to_tuple() if isinstance(it, torch.Tensor)]
    if not numbers or not all(torch.isfinite(it).all() for it in numbers):
        raise AssertionError("the forward pass gives numbers that are not finite, or none")
    said = run(program, "check", made)
    if "the same bits" not in said:
        raise AssertionError(f"check says: {said.strip()[-300:]}")
    values = sum(parameter.numel() for parameter in model.parameters())
    return f"{len(header)} keys, {values / 1e6:.1f} million values, output of root mean square {numbers[0].float().square().mean().sqrt():.3g}"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = str(pathlib.Path(sys.argv[1]).resolve())
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    failed = 0
    for family in sys.argv[2:] or FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                print(f"{family}: loaded, finite, the same bits: {hold(program, family, pathlib.Path(folder))}", flush=True)
            except Exception as error:
                failed += 1
                print(f"{family}: {type(error).__name__}: {error}", flush=True)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}; failed: {failed}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
