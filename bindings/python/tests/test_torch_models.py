"""Models of transformers, drawn by their own code and by the program's recipe: the same bits, by name and in the files."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file

from wgpu_weights import Recipe
from wgpu_weights._host import write
from wgpu_weights.draw import draw_by_name, materialize

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

LLAMA = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=99)
GROUPED = LLAMA | {"num_key_value_heads": 2}
MODELS = {
    "llama": lambda: transformers.LlamaConfig(**GROUPED, pad_token_id=5),
    "gpt2": lambda: transformers.GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=99, n_positions=64),
    "gpt_neox": lambda: transformers.GPTNeoXConfig(**LLAMA, initializer_range=0.05),
    "qwen3": lambda: transformers.Qwen3Config(**GROUPED, head_dim=8, tie_word_embeddings=True),
    "bert": lambda: transformers.BertConfig(**LLAMA),
    "mixtral": lambda: transformers.MixtralConfig(**GROUPED, num_local_experts=4),
}


def build(name):
    config = MODELS[name]()
    auto = transformers.AutoModelForMaskedLM if name == "bert" else transformers.AutoModelForCausalLM
    with torch.device("meta"):
        return auto.from_config(config, dtype=torch.float32)


def planned(template, config, seed):
    short = {torch.float32: "F32", torch.bfloat16: "BF16"}
    given = {name: (short[it.dtype], tuple(it.shape)) for name, it in template.items()}
    made = {}
    for it in Recipe("hf").plan(given, config=config.to_dict()):
        tensor = torch.empty_like(template[it.name])
        made[it.name] = write(tensor, it.law, seed, it.stream, tensor.shape)
    return made


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_own_code_and_recipe_draw_the_same(name, dtype):
    model = materialize(build(name), 42, dtype=dtype)
    names = {it for it, _ in model.named_parameters()}
    template = {it: tensor for it, tensor in model.state_dict().items() if it in names}
    wanted = planned(template, model.config, 42)
    assert wanted.keys() == names
    for it, tensor in wanted.items():
        assert torch.equal(tensor, template[it]), it
    assert any(it.float().std() > 0.01 for it in wanted.values())


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("recipe", [None, "hf"])
def test_saved_files_are_the_programs(name, recipe, tmp_path):
    model = materialize(build(name), 42, recipe=recipe, names="saved")
    model.save_pretrained(tmp_path)
    saved = load_file(tmp_path / "model.safetensors")
    wanted = planned(saved, model.config, 42)
    assert wanted.keys() == saved.keys()
    for it, tensor in wanted.items():
        assert torch.equal(tensor, saved[it]), it


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_the_meta_device_is_whole(name):
    real = type(build(name))(MODELS[name]())
    model = materialize(build(name), 42)
    assert not any(it.is_meta for it in [*model.parameters(), *model.buffers()])
    tokens = torch.arange(10)[None]
    assert model(tokens).logits.isfinite().all()
    for (name, ours), (_, theirs) in zip(model.named_buffers(), real.named_buffers()):
        assert torch.equal(ours, theirs) and ours.dtype == theirs.dtype, name
    if real.config.tie_word_embeddings:
        assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    for (name, ours), (_, theirs) in zip(model.named_parameters(), real.named_parameters()):
        # Of one law: zeros and ones exactly, the rest within six standard errors of a deviation.
        ours, theirs = ours.detach(), theirs.detach()
        spread = theirs.std() if theirs.numel() > 1 else torch.zeros(())
        assert (spread == 0) == (ours.std() == 0) and abs(ours.std() - spread) <= 6 * spread / theirs.numel() ** 0.5, (
            name
        )
        assert torch.equal((ours == 0).all(-1), (theirs == 0).all(-1)), name


def test_padding_rows_and_ties_of_bert():
    model = materialize(build("bert"), 42)
    assert (model.get_input_embeddings().weight[0] == 0).all() and (model.get_input_embeddings().weight[1] != 0).all()


def test_a_real_model_is_drawn_anew_by_materialize_and_by_its_own_init():
    model = materialize(transformers.GPT2LMHeadModel(MODELS["gpt2"]()), 42)
    other = transformers.GPT2LMHeadModel(MODELS["gpt2"]())
    for it in other.modules():
        it._is_hf_initialized = False
    with draw_by_name(other, 42, strict=True) as drawing:
        other.init_weights()
    assert drawing.other == [] and drawing.drawn["transformer.h.1.attn.c_proj.weight"] == "normal mean 0 std 0.01"
    for (name, one), (_, two) in zip(model.named_parameters(), other.named_parameters()):
        assert torch.equal(one, two), name


def test_a_tied_weight_has_the_name_that_its_file_has():
    # In memory the head comes first.
    config = transformers.XLMRobertaConfig(**LLAMA, pad_token_id=1)
    with torch.device("meta"):
        models = [transformers.XLMRobertaForMaskedLM(config) for _ in range(2)]
    one, two = materialize(models[0], 42), materialize(models[1], 42, recipe="hf")
    assert "lm_head.decoder.weight" in dict(one.named_parameters())
    for (name, ours), (_, planned) in zip(one.named_parameters(), two.named_parameters()):
        assert torch.equal(ours, planned), name


def test_a_constructors_bias_is_not_drawn_by_the_layer_that_it_is_tied_to():
    config = transformers.LongformerConfig(**LLAMA, attention_window=[8, 8])
    with torch.device("meta"):
        model = transformers.LongformerForMaskedLM(config)
    with pytest.raises(RuntimeError, match="nothing sets 1 of the model's tensors: lm_head.bias"):
        materialize(model, 42)


def test_what_only_a_constructor_sets_is_an_error_and_a_recipe_sets_it():
    config = transformers.CLIPConfig()
    for part in (config.text_config, config.vision_config):
        part.hidden_size, part.intermediate_size, part.num_hidden_layers, part.num_attention_heads = 16, 32, 1, 2
    with torch.device("meta"):
        models = [transformers.CLIPModel(config) for _ in range(2)]
    with pytest.raises(RuntimeError, match="nothing sets 1 of the model's tensors: logit_scale"):
        materialize(models[0], 42)
    assert abs(materialize(models[1], 42, recipe="hf").logit_scale.item() - 2.6592) < 1e-4
