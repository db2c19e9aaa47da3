"""Makes tiny models by transformers and measures what each saved parameter holds, for tests of the recipes hf/*.

    pip install torch transformers && python proof/peers/hf_models.py OUT_FOLDER [FAMILY...]

Writes OUT_FOLDER/FAMILY.json: the saved config.json, the header of the saved file (names, dtypes, shapes) and what is measured of each
parameter. A family that cannot be made is told of and passed over. A few need timm too.
"""

import importlib
import json
import pathlib
import struct
import sys
import tempfile
import traceback

import numpy as np
import torch
import transformers

# Sizes of most decoders; the padding token is neither the first nor the last.
DECODER = dict(hidden_size=96, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, vocab_size=600,
               max_position_embeddings=64, pad_token_id=3, bos_token_id=1, eos_token_id=2, initializer_range=0.03)
ENCODER = dict(hidden_size=96, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4, vocab_size=600,
               max_position_embeddings=80, pad_token_id=1, initializer_range=0.03)
EXPERTS = dict(DECODER, num_hidden_layers=2, moe_intermediate_size=64, num_experts_per_tok=2)
GEMMA = dict(DECODER, head_dim=24)
LATENT = dict(EXPERTS, num_key_value_heads=4, q_lora_rank=40, kv_lora_rank=32, qk_rope_head_dim=8, qk_nope_head_dim=16, v_head_dim=24,
              n_routed_experts=4, n_shared_experts=1, first_k_dense_replace=1, n_group=1, topk_group=1)
GPT2 = dict(n_embd=96, n_layer=3, n_head=4, n_positions=64, vocab_size=600, bos_token_id=1, eos_token_id=2, initializer_range=0.03)
OPT = {key: value for key, value in DECODER.items() if key != "initializer_range"}
SEQ2SEQ = dict(d_model=96, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=160,
               decoder_ffn_dim=160, vocab_size=600, max_position_embeddings=64, pad_token_id=1, bos_token_id=0, eos_token_id=2,
               decoder_start_token_id=2, init_std=0.03)
T5 = dict(d_model=96, d_kv=16, d_ff=160, num_layers=2, num_decoder_layers=3, num_heads=4, vocab_size=600, pad_token_id=0,
          eos_token_id=1, decoder_start_token_id=0, initializer_factor=0.7)
VIT = dict(hidden_size=96, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4, image_size=32, patch_size=8,
           initializer_range=0.03, num_labels=70)
TEXT_TOWER = dict(hidden_size=96, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4, vocab_size=600,
                  max_position_embeddings=40, pad_token_id=1, bos_token_id=0, eos_token_id=2)
VISION_TOWER = dict(hidden_size=64, intermediate_size=112, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8)
SPEECH = dict(hidden_size=96, intermediate_size=160, num_hidden_layers=2, num_attention_heads=4, conv_dim=[64, 64], conv_kernel=[10, 3],
              conv_stride=[5, 2], num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4, vocab_size=40, num_codevectors_per_group=16)
MAMBA2 = dict(hidden_size=96, num_hidden_layers=3, vocab_size=600, state_size=16, expand=2, head_dim=24, num_heads=8, n_groups=2,
              pad_token_id=3, bos_token_id=1, eos_token_id=2, initializer_range=0.03)
HYBRID = dict(DECODER, mamba_d_state=16, mamba_n_heads=8, mamba_d_head=24, mamba_n_groups=1, mamba_expand=2)

CAUSAL, MASKED, CLASSES, TOKENS, ANSWERS = "CausalLM", "MaskedLM", "SequenceClassification", "TokenClassification", "QuestionAnswering"
SEQ, IMAGES, BARE = "Seq2SeqLM", "ImageClassification", ""

# family: (model_type, the AutoModelFor... or the class that makes it, what differs from the default configuration)
FAMILIES = {
    "gpt2": ("gpt2", CAUSAL, GPT2),
    "gpt2_classes": ("gpt2", CLASSES, dict(GPT2, pad_token_id=3, initializer_range=0.0)),
    "gpt2_cross": ("gpt2", CAUSAL, dict(GPT2, add_cross_attention=True)),
    "gpt_bigcode": ("gpt_bigcode", CAUSAL, GPT2),
    "gpt_bigcode_zero": ("gpt_bigcode", CAUSAL, dict(GPT2, initializer_range=0.0)),
    "imagegpt": ("imagegpt", IMAGES, dict(GPT2, n_positions=64, num_labels=30)),
    "openai-gpt": ("openai-gpt", CAUSAL, dict(GPT2, n_positions=64)),
    "ctrl": ("ctrl", CAUSAL, dict(GPT2, dff=160)),
    "codegen": ("codegen", CAUSAL, dict(GPT2, rotary_dim=8)),
    "gptj": ("gptj", CAUSAL, dict(GPT2, rotary_dim=8)),
    "gpt_neo": ("gpt_neo", CAUSAL, dict(DECODER, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], num_hidden_layers=2)),
    "gpt_neox": ("gpt_neox", CAUSAL, DECODER),
    "gpt_neox_classes": ("gpt_neox", CLASSES, dict(DECODER, initializer_range=0.0)),
    "gpt_neox_japanese": ("gpt_neox_japanese", CAUSAL, dict(DECODER, intermediate_multiple_size=2)),
    "llama": ("llama", CAUSAL, DECODER),
    "llama_bias": ("llama", CAUSAL, dict(DECODER, attention_bias=True, mlp_bias=True, pad_token_id=None, initializer_range=0.0)),
    "llama_classes": ("llama", CLASSES, dict(DECODER, pad_token_id=-1, num_labels=50)),
    "llama_answers": ("llama", ANSWERS, DECODER),
    "llama_bare": ("llama", BARE, DECODER),
    "mistral": ("mistral", CAUSAL, DECODER),
    "ministral": ("ministral", CAUSAL, dict(DECODER, head_dim=24)),
    "ministral3": ("ministral3", CAUSAL, DECODER),
    "qwen2": ("qwen2", CAUSAL, DECODER),
    "qwen3": ("qwen3", CAUSAL, dict(DECODER, head_dim=24)),
    "phi": ("phi", CAUSAL, dict(DECODER, qk_layernorm=True)),
    "phi3": ("phi3", CAUSAL, DECODER),
    "olmo": ("olmo", CAUSAL, DECODER),
    "olmo2": ("olmo2", CAUSAL, DECODER),
    "olmo3": ("olmo3", CAUSAL, DECODER),
    "granite": ("granite", CAUSAL, DECODER),
    "cohere": ("cohere", CAUSAL, dict(DECODER, use_qk_norm=True)),
    "cohere2": ("cohere2", CAUSAL, DECODER),
    "glm": ("glm", CAUSAL, dict(DECODER, head_dim=24)),
    "glm4": ("glm4", CAUSAL, dict(DECODER, head_dim=24)),
    "stablelm": ("stablelm", CAUSAL, dict(DECODER, qk_layernorm=True, use_qkv_bias=True)),
    "starcoder2": ("starcoder2", CAUSAL, DECODER),
    "smollm3": ("smollm3", CAUSAL, DECODER),
    "apertus": ("apertus", CAUSAL, DECODER),
    "arcee": ("arcee", CAUSAL, DECODER),
    "bitnet": ("bitnet", CAUSAL, DECODER),
    "cwm": ("cwm", CAUSAL, DECODER),
    "ernie4_5": ("ernie4_5", CAUSAL, DECODER),
    "exaone4": ("exaone4", CAUSAL, DECODER),
    "helium": ("helium", CAUSAL, dict(DECODER, head_dim=24)),
    "hunyuan_v1_dense": ("hunyuan_v1_dense", CAUSAL, dict(DECODER, head_dim=24)),
    "hyperclovax": ("hyperclovax", CAUSAL, DECODER),
    "jais2": ("jais2", CAUSAL, DECODER),
    "lfm2": ("lfm2", CAUSAL, dict(DECODER, full_attn_idxs=[1], block_multiple_of=32)),
    "nanochat": ("nanochat", CAUSAL, DECODER),
    "nanochat_zero": ("nanochat", CAUSAL, dict(DECODER, initializer_range=0.0)),
    "nemotron": ("nemotron", CAUSAL, DECODER),
    "persimmon": ("persimmon", CAUSAL, DECODER),
    "seed_oss": ("seed_oss", CAUSAL, dict(DECODER, head_dim=24)),
    "diffllama": ("diffllama", CAUSAL, DECODER),
    "minicpm3": ("minicpm3", CAUSAL, dict(DECODER, q_lora_rank=40, kv_lora_rank=32, qk_rope_head_dim=8, qk_nope_head_dim=16)),
    "youtu": ("youtu", CAUSAL, dict(DECODER, num_key_value_heads=4, q_lora_rank=40, kv_lora_rank=32, qk_rope_head_dim=8, qk_nope_head_dim=16, v_head_dim=24)),
    "falcon": ("falcon", CAUSAL, dict(DECODER, new_decoder_architecture=False, bias=True)),
    "falcon_new": ("falcon", CAUSAL, dict(DECODER, new_decoder_architecture=True, num_kv_heads=2)),
    "falcon_zero": ("falcon", CLASSES, dict(DECODER, initializer_range=0.0)),
    "mpt": ("mpt", CAUSAL, dict(d_model=96, n_layers=3, n_heads=4, vocab_size=600, max_seq_len=64, initializer_range=0.03)),
    "opt": ("opt", CAUSAL, dict(OPT, ffn_dim=160, word_embed_proj_dim=64, init_std=0.03)),
    "opt_classes": ("opt", CLASSES, dict(OPT, ffn_dim=160, word_embed_proj_dim=96, init_std=0.03)),
    "opt_zero": ("opt", CAUSAL, dict(OPT, ffn_dim=160, word_embed_proj_dim=64, init_std=0.0)),
    "xglm": ("xglm", CAUSAL, dict(d_model=96, ffn_dim=160, num_layers=2, attention_heads=4, vocab_size=600, max_position_embeddings=64, pad_token_id=1, init_std=0.03)),
    "biogpt": ("biogpt", CAUSAL, dict(DECODER, pad_token_id=1)),
    "bloom": ("bloom", CAUSAL, dict(hidden_size=96, n_layer=3, n_head=4, vocab_size=600, pad_token_id=3, initializer_range=0.03)),
    "bloom_classes": ("bloom", CLASSES, dict(hidden_size=96, n_layer=3, n_head=4, vocab_size=600, pad_token_id=3, initializer_range=0.0)),
    "mixtral": ("mixtral", CAUSAL, dict(EXPERTS, num_local_experts=4)),
    "mixtral_zero": ("mixtral", CAUSAL, dict(EXPERTS, num_local_experts=4, initializer_range=0.0)),
    "mixtral_tied": ("mixtral", CAUSAL, dict(EXPERTS, num_local_experts=4, tie_word_embeddings=True)),
    "qwen2_moe": ("qwen2_moe", CAUSAL, dict(EXPERTS, num_experts=4, shared_expert_intermediate_size=72, decoder_sparse_step=1)),
    "qwen2_moe_zero": ("qwen2_moe", CAUSAL, dict(EXPERTS, num_experts=4, shared_expert_intermediate_size=72, decoder_sparse_step=1, initializer_range=0.0)),
    "qwen3_moe": ("qwen3_moe", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24)),
    "qwen3_moe_dense": ("qwen3_moe", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24, mlp_only_layers=[0])),
    "olmoe": ("olmoe", CAUSAL, dict(EXPERTS, num_experts=4)),
    "flex_olmo": ("flex_olmo", CAUSAL, dict(EXPERTS, num_experts=4)),
    "deepseek_v2": ("deepseek_v2", CAUSAL, LATENT),
    "deepseek_v3": ("deepseek_v3", CAUSAL, LATENT),
    "deepseek_v3_zero": ("deepseek_v3", CLASSES, dict(LATENT, initializer_range=0.0)),
    "deepseek_v32": ("deepseek_v32", CAUSAL, LATENT),
    "glm_moe_dsa": ("glm_moe_dsa", CAUSAL, LATENT),
    "glm4_moe": ("glm4_moe", CAUSAL, dict(EXPERTS, n_routed_experts=4, first_k_dense_replace=1, head_dim=24, use_qk_norm=True)),
    "glm4_moe_lite": ("glm4_moe_lite", CAUSAL, LATENT),
    "dots1": ("dots1", CAUSAL, dict(EXPERTS, n_routed_experts=4, n_shared_experts=1, first_k_dense_replace=1, n_group=1, topk_group=1)),
    "ernie4_5_moe": ("ernie4_5_moe", CAUSAL, dict(EXPERTS, moe_num_experts=4, moe_num_shared_experts=1, moe_layer_start_index=1, moe_k=2)),
    "exaone_moe": ("exaone_moe", CAUSAL, dict(EXPERTS, num_experts=4, n_group=1, topk_group=1)),
    "minimax": ("minimax", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24)),
    "minimax_m2": ("minimax_m2", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24)),
    "phimoe": ("phimoe", CAUSAL, dict(EXPERTS, num_local_experts=4)),
    "granitemoe": ("granitemoe", CAUSAL, dict(EXPERTS, num_local_experts=4)),
    "granitemoeshared": ("granitemoeshared", CAUSAL, dict(EXPERTS, num_local_experts=4, shared_intermediate_size=72)),
    "granitemoeshared_zero": ("granitemoeshared", CAUSAL, dict(EXPERTS, num_local_experts=4, shared_intermediate_size=72, initializer_range=0.0)),
    "jetmoe": ("jetmoe", CAUSAL, dict(EXPERTS, num_local_experts=4, kv_channels=24)),
    "dbrx": ("dbrx", CAUSAL, dict(d_model=96, n_heads=4, n_layers=2, max_seq_len=64, vocab_size=600, pad_token_id=3, initializer_range=0.03,
                                  attn_config=dict(kv_n_heads=2, rope_theta=1e4), ffn_config=dict(ffn_hidden_size=64, moe_num_experts=4, moe_top_k=2))),
    "dbrx_zero": ("dbrx", CAUSAL, dict(d_model=96, n_heads=4, n_layers=2, max_seq_len=64, vocab_size=600, initializer_range=0.0,
                                       attn_config=dict(kv_n_heads=2, rope_theta=1e4), ffn_config=dict(ffn_hidden_size=64, moe_num_experts=4, moe_top_k=2))),
    "longcat_flash": ("longcat_flash", CAUSAL, dict(LATENT, ffn_hidden_size=160, expert_ffn_hidden_size=64, num_layers=2, zero_expert_num=2, moe_topk=2)),
    "hunyuan_v1_moe": ("hunyuan_v1_moe", CAUSAL, dict(EXPERTS, num_experts=4, moe_topk=[2, 2], head_dim=24)),
    "hy_v3": ("hy_v3", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24, first_k_dense_replace=1)),
    "solar_open": ("solar_open", CAUSAL, dict(EXPERTS, n_routed_experts=4, n_shared_experts=1, head_dim=24, n_group=1, topk_group=1)),
    "mimo_v2_flash": ("mimo_v2_flash", CAUSAL, dict(EXPERTS, n_routed_experts=4, head_dim=24, v_head_dim=16)),
    "lfm2_moe": ("lfm2_moe", CAUSAL, dict(EXPERTS, num_experts=4, num_dense_layers=1, layer_types=["conv", "full_attention"])),
    "afmoe": ("afmoe", CAUSAL, dict(EXPERTS, num_experts=4, num_dense_layers=1, head_dim=24)),
    "doge": ("doge", CAUSAL, dict(EXPERTS, num_experts=16, is_moe=True)),
    "gpt_oss": ("gpt_oss", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24)),
    "gpt_oss_zero": ("gpt_oss", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24, initializer_range=0.0)),
    "llama4_text": ("llama4_text", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24, intermediate_size_mlp=160)),
    "llama4_text_zero": ("llama4_text", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24, intermediate_size_mlp=160, initializer_range=0.0)),
    "axk1": ("axk1", CAUSAL, LATENT),
    "cohere2_moe": ("cohere2_moe", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24)),
    "laguna": ("laguna", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24)),
    "mellum": ("mellum", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24)),
    "mistral4": ("mistral4", "Mistral4ForCausalLM", LATENT),
    "longcat_flash_zero": ("longcat_flash", CAUSAL, dict(LATENT, ffn_hidden_size=160, expert_ffn_hidden_size=64, num_layers=2, zero_expert_num=2, moe_topk=2, initializer_range=0.0)),
    "jetmoe_zero": ("jetmoe", CAUSAL, dict(EXPERTS, num_local_experts=4, kv_channels=24, initializer_range=0.0)),
    "hunyuan_v1_moe_zero": ("hunyuan_v1_moe", CAUSAL, dict(EXPERTS, num_experts=4, moe_topk=[2, 2], head_dim=24, initializer_range=0.0)),
    "lfm2_moe_zero": ("lfm2_moe", CAUSAL, dict(EXPERTS, num_experts=4, num_dense_layers=1, layer_types=["conv", "full_attention"], initializer_range=0.0)),
    "ernie4_5_moe_zero": ("ernie4_5_moe", CAUSAL, dict(EXPERTS, moe_num_experts=4, moe_num_shared_experts=1, moe_layer_start_index=1, moe_k=2, initializer_range=0.0)),
    "phimoe_zero": ("phimoe", CAUSAL, dict(EXPERTS, num_local_experts=4, initializer_range=0.0)),
    "hy_v3_zero": ("hy_v3", CAUSAL, dict(EXPERTS, num_experts=4, head_dim=24, first_k_dense_replace=1, initializer_range=0.0)),
    "gemma": ("gemma", CAUSAL, GEMMA),
    "gemma_classes": ("gemma", CLASSES, dict(GEMMA, initializer_range=0.0)),
    "gemma2": ("gemma2", CAUSAL, GEMMA),
    "gemma3_text": ("gemma3_text", CAUSAL, GEMMA),
    "gemma4_text": ("gemma4_text", CAUSAL, dict(GEMMA, global_head_dim=24, hidden_size_per_layer_input=16, vocab_size_per_layer_input=600)),
    "gemma4_text_experts": ("gemma4_text", CAUSAL, dict(GEMMA, global_head_dim=24, hidden_size_per_layer_input=0, enable_moe_block=True, num_experts=4, top_k_experts=2, moe_intermediate_size=64)),
    "gemma3n_text": ("gemma3n_text", CAUSAL, dict(GEMMA, vocab_size_per_layer_input=600, hidden_size_per_layer_input=16, laurel_rank=8,
                                                  num_kv_shared_layers=1, activation_sparsity_pattern=None, altup_num_inputs=2)),
    "vaultgemma": ("vaultgemma", CAUSAL, GEMMA),
    "t5gemma": ("t5gemma", SEQ, dict(encoder=GEMMA, decoder=GEMMA, vocab_size=600, initializer_range=0.03)),
    "t5gemma_untied": ("t5gemma", SEQ, dict(encoder=GEMMA, decoder=GEMMA, vocab_size=600, initializer_range=0.03, tie_word_embeddings=False)),
    "t5gemma_classes": ("t5gemma", CLASSES, dict(encoder=GEMMA, decoder=GEMMA, vocab_size=600, initializer_range=0.03, num_labels=30)),
    "recurrent_gemma": ("recurrent_gemma", CAUSAL, dict(GEMMA, lru_width=128, attention_window_size=32, block_types=["recurrent", "recurrent", "attention"])),
    "qwen3_next": ("qwen3_next", CAUSAL, dict(EXPERTS, num_hidden_layers=4, head_dim=24, num_experts=4, shared_expert_intermediate_size=72, linear_num_key_heads=2,
                                              linear_num_value_heads=4, linear_key_head_dim=16, linear_value_head_dim=24)),
    "t5": ("t5", SEQ, T5),
    "t5_gated": ("t5", SEQ, dict(T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
    "t5_answers": ("t5", ANSWERS, T5),
    "t5_classes": ("t5", CLASSES, dict(T5, num_labels=40)),
    "t5_tokens": ("t5", TOKENS, dict(T5, num_labels=40)),
    "t5_bare": ("t5", BARE, T5),
    "mt5": ("mt5", SEQ, T5),
    "umt5": ("umt5", SEQ, T5),
    "longt5": ("longt5", SEQ, dict(T5, encoder_attention_type="transient-global")),
    "switch_transformers": ("switch_transformers", SEQ, dict(T5, num_experts=4)),
    "bert": ("bert", MASKED, ENCODER),
    "bert_classes": ("bert", CLASSES, dict(ENCODER, num_labels=30, initializer_range=0.0)),
    "bert_tokens": ("bert", TOKENS, dict(ENCODER, num_labels=30)),
    "bert_answers": ("bert", ANSWERS, ENCODER),
    "bert_pretraining": ("bert", "PreTraining", ENCODER),
    "bert_bare": ("bert", BARE, ENCODER),
    "roberta": ("roberta", MASKED, ENCODER),
    "roberta_classes": ("roberta", CLASSES, dict(ENCODER, num_labels=30)),
    "roberta_bare": ("roberta", BARE, ENCODER),
    "xlm-roberta": ("xlm-roberta", MASKED, ENCODER),
    "xlm-roberta-xl": ("xlm-roberta-xl", MASKED, ENCODER),
    "camembert": ("camembert", MASKED, ENCODER),
    "roberta-prelayernorm": ("roberta-prelayernorm", MASKED, ENCODER),
    "data2vec-text": ("data2vec-text", MASKED, ENCODER),
    "xmod": ("xmod", MASKED, ENCODER),
    "longformer": ("longformer", MASKED, dict(ENCODER, attention_window=[8, 8, 8])),
    "ernie": ("ernie", MASKED, dict(ENCODER, use_task_id=True)),
    "mpnet": ("mpnet", MASKED, ENCODER),
    "nystromformer": ("nystromformer", MASKED, ENCODER),
    "rembert": ("rembert", MASKED, dict(ENCODER, input_embedding_size=64, output_embedding_size=72)),
    "roc_bert": ("roc_bert", MASKED, dict(ENCODER, pronunciation_vocab_size=90, pronunciation_embed_dim=32, shape_vocab_size=100, shape_embed_dim=32)),
    "roformer": ("roformer", MASKED, ENCODER),
    "layoutlm": ("layoutlm", MASKED, dict(ENCODER, max_2d_position_embeddings=60)),
    "megatron-bert": ("megatron-bert", MASKED, ENCODER),
    "mobilebert": ("mobilebert", MASKED, dict(ENCODER, embedding_size=32, true_hidden_size=48, intra_bottleneck_size=48, intermediate_size=160)),
    "squeezebert": ("squeezebert", MASKED, dict(ENCODER, embedding_size=96, q_groups=4, k_groups=4, v_groups=4)),
    "convbert": ("convbert", MASKED, dict(ENCODER, embedding_size=64)),
    "big_bird": ("big_bird", MASKED, dict(ENCODER, block_size=8)),
    "distilbert": ("distilbert", MASKED, dict(dim=96, hidden_dim=160, n_layers=3, n_heads=4, vocab_size=600, max_position_embeddings=80, pad_token_id=1, initializer_range=0.03)),
    "distilbert_classes": ("distilbert", CLASSES, dict(dim=96, hidden_dim=160, n_layers=3, n_heads=4, vocab_size=600, max_position_embeddings=80, pad_token_id=1,
                                                       initializer_range=0.03, sinusoidal_pos_embds=True, num_labels=30)),
    "albert": ("albert", MASKED, dict(ENCODER, embedding_size=64)),
    "albert_classes": ("albert", CLASSES, dict(ENCODER, embedding_size=64, num_labels=30)),
    "electra": ("electra", MASKED, dict(ENCODER, embedding_size=64)),
    "electra_discriminator": ("electra", "PreTraining", dict(ENCODER, embedding_size=64)),
    "electra_classes": ("electra", CLASSES, dict(ENCODER, embedding_size=64, num_labels=30)),
    "deberta": ("deberta", MASKED, dict(ENCODER, relative_attention=True, pos_att_type=["c2p", "p2c"], max_relative_positions=20)),
    "deberta-v2": ("deberta-v2", MASKED, dict(ENCODER, relative_attention=True, pos_att_type=["c2p", "p2c"], max_relative_positions=20, conv_kernel_size=3)),
    "modernbert": ("modernbert", MASKED, ENCODER),
    "modernbert_classes": ("modernbert", CLASSES, dict(ENCODER, num_labels=30)),
    "modernbert-decoder": ("modernbert-decoder", CAUSAL, ENCODER),
    "eurobert": ("eurobert", MASKED, DECODER),
    "esm": ("esm", MASKED, ENCODER),
    "nomic_bert": ("nomic_bert", MASKED, ENCODER),
    "xlnet": ("xlnet", CAUSAL, dict(d_model=96, n_layer=3, n_head=4, d_inner=160, vocab_size=600, initializer_range=0.03)),
    "xlnet_zero": ("xlnet", CLASSES, dict(d_model=96, n_layer=3, n_head=4, d_inner=160, vocab_size=600, initializer_range=0.0)),
    "funnel": ("funnel", MASKED, dict(d_model=96, n_head=4, d_head=24, d_inner=160, block_sizes=[1, 1], num_decoder_layers=1, vocab_size=600, pad_token_id=1)),
    "bart": ("bart", SEQ, SEQ2SEQ),
    "bart_classes": ("bart", CLASSES, dict(SEQ2SEQ, num_labels=30)),
    "mbart": ("mbart", SEQ, SEQ2SEQ),
    "plbart": ("plbart", SEQ, SEQ2SEQ),
    "pegasus": ("pegasus", SEQ, SEQ2SEQ),
    "marian": ("marian", SEQ, SEQ2SEQ),
    "m2m_100": ("m2m_100", SEQ, SEQ2SEQ),
    "blenderbot": ("blenderbot", SEQ, SEQ2SEQ),
    "blenderbot-small": ("blenderbot-small", SEQ, SEQ2SEQ),
    "led": ("led", SEQ, dict(SEQ2SEQ, attention_window=[8, 8])),
    "mvp": ("mvp", SEQ, SEQ2SEQ),
    "bigbird_pegasus": ("bigbird_pegasus", SEQ, dict(SEQ2SEQ, block_size=8)),
    "vit": ("vit", IMAGES, VIT),
    "vit_masked": ("vit", "MaskedImageModeling", VIT),
    "deit": ("deit", "DeiTForImageClassification", VIT),
    "beit": ("beit", IMAGES, dict(VIT, use_relative_position_bias=True, use_mask_token=True)),
    "dinov2": ("dinov2", IMAGES, dict(VIT, layerscale_value=0.5)),
    "dinov2_with_registers": ("dinov2_with_registers", IMAGES, dict(VIT, layerscale_value=0.5, num_register_tokens=3)),
    "vit_mae": ("vit_mae", "PreTraining", dict(VIT, decoder_hidden_size=64, decoder_intermediate_size=112, decoder_num_hidden_layers=2, decoder_num_attention_heads=4)),
    "swin": ("swin", IMAGES, dict(embed_dim=48, depths=[2, 2], num_heads=[2, 4], image_size=64, patch_size=4, window_size=4, initializer_range=0.03, num_labels=70)),
    "swinv2": ("swinv2", IMAGES, dict(embed_dim=48, depths=[2, 2], num_heads=[2, 4], image_size=64, patch_size=4, window_size=4, initializer_range=0.03, num_labels=70)),
    "segformer": ("segformer", IMAGES, dict(hidden_sizes=[32, 48, 64, 96], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4], initializer_range=0.03, num_labels=70)),
    "clip": ("clip", "ZeroShotImageClassification", dict(text_config=dict(TEXT_TOWER, initializer_factor=0.8, projection_dim=72),
             vision_config=dict(VISION_TOWER, initializer_factor=0.8, initializer_range=0.03, projection_dim=72), projection_dim=72, initializer_factor=0.8)),
    "clip_vision": ("clip", IMAGES, dict(text_config=dict(TEXT_TOWER), vision_config=dict(VISION_TOWER, initializer_range=0.03), projection_dim=72, num_labels=30)),
    "siglip": ("siglip", "ZeroShotImageClassification", dict(text_config=dict(TEXT_TOWER, projection_size=64), vision_config=dict(VISION_TOWER))),
    "siglip2": ("siglip2", "ZeroShotImageClassification", dict(text_config=dict(TEXT_TOWER, projection_size=64), vision_config=dict(VISION_TOWER, num_patches=16))),
    "whisper": ("whisper", "SpeechSeq2Seq", dict(SEQ2SEQ, num_mel_bins=40, max_source_positions=48, max_target_positions=56, suppress_tokens=None, begin_suppress_tokens=None)),
    "whisper_classes": ("whisper", "AudioClassification", dict(SEQ2SEQ, num_mel_bins=40, max_source_positions=48, max_target_positions=56, use_weighted_layer_sum=True,
                                                               classifier_proj_size=64, num_labels=30)),
    "wav2vec2": ("wav2vec2", "CTC", SPEECH),
    "wav2vec2_pretraining": ("wav2vec2", "PreTraining", SPEECH),
    "hubert": ("hubert", "CTC", SPEECH),
    "wavlm": ("wavlm", "CTC", SPEECH),
    "audio-spectrogram-transformer": ("audio-spectrogram-transformer", "AudioClassification", dict(hidden_size=96, intermediate_size=160, num_hidden_layers=2,
                                      num_attention_heads=4, max_length=64, num_mel_bins=32, initializer_range=0.03, num_labels=30)),
    "resnet": ("resnet", IMAGES, dict(embedding_size=32, hidden_sizes=[48, 64, 96], depths=[1, 2, 1], num_labels=70)),
    "resnet_basic": ("resnet", IMAGES, dict(embedding_size=32, hidden_sizes=[32, 64], depths=[1, 1], layer_type="basic", num_labels=70)),
    "regnet": ("regnet", IMAGES, dict(embedding_size=32, hidden_sizes=[48, 64], depths=[1, 2], groups_width=16, num_labels=70)),
    "bit": ("bit", IMAGES, dict(embedding_size=32, hidden_sizes=[64, 128], depths=[1, 1], num_groups=8, num_labels=70)),
    "convnext": ("convnext", IMAGES, dict(hidden_sizes=[48, 64, 96], num_stages=3, depths=[1, 2, 1], initializer_range=0.03, layer_scale_init_value=1e-5, num_labels=70)),
    "convnextv2": ("convnextv2", IMAGES, dict(hidden_sizes=[48, 64, 96], num_stages=3, depths=[1, 2, 1], initializer_range=0.03, num_labels=70)),
    "mobilenet_v2": ("mobilenet_v2", IMAGES, dict(depth_multiplier=0.35, initializer_range=0.03, num_labels=70)),
    "efficientnet": ("efficientnet", IMAGES, dict(width_coefficient=0.25, depth_coefficient=0.25, hidden_dim=320, initializer_range=0.03, num_labels=70)),
    "mamba": ("mamba", CAUSAL, dict(hidden_size=96, num_hidden_layers=3, vocab_size=600, state_size=12, conv_kernel=4, pad_token_id=3, initializer_range=0.06)),
    "mamba_rescaled": ("mamba", CAUSAL, dict(hidden_size=96, num_hidden_layers=3, vocab_size=600, state_size=12, pad_token_id=3, rescale_prenorm_residual=True,
                                             time_step_init_scheme="constant", time_step_scale=0.5, use_bias=True)),
    "falcon_mamba": ("falcon_mamba", CAUSAL, dict(hidden_size=96, num_hidden_layers=3, vocab_size=600, state_size=12, pad_token_id=3)),
    "mamba2": ("mamba2", CAUSAL, MAMBA2),
    "mamba2_rescaled": ("mamba2", CAUSAL, dict(MAMBA2, rescale_prenorm_residual=True, use_bias=True)),
    "jamba": ("jamba", CAUSAL, dict(EXPERTS, num_hidden_layers=4, num_experts=4, attn_layer_period=2, attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, mamba_d_state=12, mamba_dt_rank=8, use_mamba_kernels=False)),
    "zamba": ("zamba", CAUSAL, dict(DECODER, num_key_value_heads=4, attention_hidden_size=192, attention_head_dim=48, mamba_d_state=12, mamba_dt_rank=8, n_mamba_heads=2,
                                    layers_block_type=["mamba", "hybrid", "mamba", "hybrid"], num_hidden_layers=4, use_mamba_kernels=False)),
    "zamba2": ("zamba2", CAUSAL, dict(DECODER, num_key_value_heads=4, num_hidden_layers=4, mamba_d_state=16, n_mamba_heads=8, mamba_headdim=24, mamba_ngroups=1, num_mem_blocks=1,
                                      layers_block_type=["mamba", "hybrid", "mamba", "hybrid"], use_shared_attention_adapter=True, adapter_rank=8, use_mamba_kernels=False)),
    "bamba": ("bamba", CAUSAL, dict(HYBRID, attn_layer_indices=[1])),
    "falcon_h1": ("falcon_h1", CAUSAL, dict(HYBRID, mamba_d_ssm=192)),
    "granitemoehybrid": ("granitemoehybrid", CAUSAL, dict(HYBRID, num_local_experts=4, num_experts_per_tok=2, shared_intermediate_size=72, layer_types=["mamba", "attention", "mamba"])),
    "nemotron_h": ("nemotron_h", CAUSAL, dict(DECODER, hybrid_override_pattern="M*-M", num_hidden_layers=4, ssm_state_size=16, mamba_num_heads=8, mamba_head_dim=24, n_groups=2,
                                              head_dim=24, use_mamba_kernels=False)),
    "nemotron_h_experts": ("nemotron_h", CAUSAL, dict(DECODER, hybrid_override_pattern="ME*E", num_hidden_layers=4, ssm_state_size=16, mamba_num_heads=8, mamba_head_dim=24, n_groups=2,
                                                      head_dim=24, n_routed_experts=4, moe_intermediate_size=64, moe_shared_expert_intermediate_size=72, use_mamba_kernels=False)),
    "rwkv": ("rwkv", CAUSAL, dict(hidden_size=96, attention_hidden_size=96, intermediate_size=160, num_hidden_layers=3, vocab_size=600, context_length=64)),
    "xlstm": ("xlstm", CAUSAL, dict(hidden_size=96, embedding_dim=96, num_heads=4, num_hidden_layers=3, num_blocks=3, vocab_size=600, pad_token_id=3)),
    "kimi_linear": ("kimi_linear", CAUSAL, dict(LATENT, num_experts=4, num_hidden_layers=2, head_dim=24)),
    "olmo_hybrid": ("olmo_hybrid", CAUSAL, dict(DECODER, num_hidden_layers=4, linear_num_key_heads=4, linear_num_value_heads=4, linear_key_head_dim=16, linear_value_head_dim=24)),
    "minimax_text": ("minimax", CAUSAL, dict(EXPERTS, num_local_experts=4, head_dim=24, layer_types=["linear_attention", "full_attention"])),
}

# Types whose default configuration is made small by the names of its keys: model_type:class, the one with most parameters.
SHRUNK = dict(pair.split(":") for pair in """
aimv2:Aimv2Model aimv2_text_model:Aimv2TextModel aimv2_vision_model:Aimv2VisionModel align:AlignModel align_text_model:AlignTextModel
align_vision_model:AlignVisionModel altclip:AltCLIPModel altclip_text_model:AltCLIPTextModel altclip_vision_model:AltCLIPVisionModel
apertus1p5_text:Apertus1p5TextForCausalLM aria:AriaForConditionalGeneration aria_text:AriaTextForCausalLM
audioflamingo3:AudioFlamingo3ForConditionalGeneration audioflamingo3_encoder:AudioFlamingo3Encoder axk2:AXK2ForTokenClassification
aya_vision:AyaVisionForConditionalGeneration bailing_hybrid:BailingHybridForCausalLM beam:BeamForTokenClassification
bert-generation:BertGenerationDecoder blip:BlipForQuestionAnswering blip-2:Blip2ForConditionalGeneration blip_2_qformer:Blip2QFormerModel
blip_2_vision_model:Blip2VisionModel blip_text_model:BlipTextLMHeadModel blip_vision_model:BlipVisionModel bridgetower:BridgeTowerModel
bridgetower_text_model:BridgeTowerTextModel bridgetower_vision_model:BridgeTowerVisionModel bros:BrosForTokenClassification
canary:CanaryForConditionalGeneration canary_decoder:CanaryDecoder canine:CanineForMultipleChoice chameleon_vqgan:ChameleonVQVAE
chinese_clip:ChineseCLIPModel chinese_clip_text_model:ChineseCLIPTextModel chinese_clip_vision_model:ChineseCLIPVisionModel clap:ClapModel
clap_audio_model:ClapAudioModelWithProjection clap_text_model:ClapTextModelWithProjection clip_text_model:CLIPTextModel
clip_vision_model:CLIPVisionModel clipseg:CLIPSegModel clipseg_text_model:CLIPSegTextModel clipseg_vision_model:CLIPSegVisionModel
cohere2_vision:Cohere2VisionForConditionalGeneration cohere_asr:CohereAsrForConditionalGeneration cohere_compass_vision:CohereCompassVisionModel
colpali:ColPaliForRetrieval colqwen2:ColQwen2ForRetrieval conditional_detr:ConditionalDetrForObjectDetection
cosmos3_edge:Cosmos3EdgeForConditionalGeneration cosmos3_edge_vision:Cosmos3EdgeVisionModel cosmos3_omni:Cosmos3OmniForConditionalGeneration
cpmant:CpmAntForCausalLM csm_depth_decoder_model:CsmDepthDecoderForCausalLM cvt:CvtForImageClassification d_fine:DFineForObjectDetection
dab-detr:DabDetrForObjectDetection dac:DacModel data2vec-audio:Data2VecAudioForXVector data2vec-vision:Data2VecVisionForSemanticSegmentation
decision_transformer:DecisionTransformerModel deepseek_ocr2_encoder:DeepseekOcr2VisionEncoder
deepseek_ocr2_sam_vision_model:DeepseekOcr2SamVisionEncoder deepseek_v4:DeepseekV4ForCausalLM deepseek_vl:DeepseekVLForConditionalGeneration
deformable_detr:DeformableDetrForObjectDetection deimv2:Deimv2ForObjectDetection depth_anything:DepthAnythingForDepthEstimation
detr:DetrForSegmentation dia:DiaForConditionalGeneration dia_decoder:DiaDecoder dia_encoder:DiaEncoder dinov3_convnext:DINOv3ConvNextModel
dinov3_vit:DINOv3ViTBackbone donut-swin:DonutSwinForImageClassification dpr:DPRQuestionEncoder dpt:DPTForSemanticSegmentation edgetam:EdgeTamModel
edgetam_video:EdgeTamVideoModel edgetam_vision_model:EdgeTamVisionModel embedding_gemma2:EmbeddingGemma2Model
embedding_gemma2_text:EmbeddingGemma2TextModel emu3_text_model:Emu3ForCausalLM encodec:EncodecModel encoder-decoder:EncoderDecoderModel
ernie4_5_vl_moe_vision:Ernie4_5_VLMoeVisionTransformerPretrainedModel exaone:LlamaForCausalLM exaone4_5:Exaone4_5_ForConditionalGeneration
exaone4_5_vision:Exaone4_5_VisionModel flaubert:FlaubertForMultipleChoice flava:FlavaForPreTraining flava_image_codebook:FlavaImageCodebook
flava_image_model:FlavaImageModel flava_multimodal_model:FlavaMultimodalModel flava_text_model:FlavaTextModel flint:FlintForCausalLM
florence2:Florence2ForConditionalGeneration florence_vision:Florence2VisionBackbone fnet:FNetForPreTraining focalnet:FocalNetForMaskedImageModeling
fsmt:FSMTForConditionalGeneration fun_asr_nano_encoder:FunAsrNanoEncoder fuyu:FuyuForCausalLM gemma3:Gemma3ForSequenceClassification
gemma3n:Gemma3nForConditionalGeneration gemma3n_audio:Gemma3nAudioEncoder gemma3n_vision:TimmWrapperModel gemma4:Gemma4ForConditionalGeneration
gemma4_audio:Gemma4AudioModel gemma4_unified:Gemma4UnifiedForConditionalGeneration gemma4_unified_text:Gemma4UnifiedForCausalLM
gemma4_vision:Gemma4VisionModel git:GitForCausalLM git_vision_model:GitVisionModel glm46v:Glm46VForConditionalGeneration
glm4v:Glm4vForConditionalGeneration glm4v_moe:Glm4vMoeForConditionalGeneration glm4v_moe_text:Glm4vMoeTextModel glm4v_moe_vision:Glm4vMoeVisionModel
glm4v_text:Glm4vTextModel glm4v_vision:Glm4vVisionModel glm5_next:Glm5NextForConditionalGeneration glm5_next_text:Glm5NextTextModel
glm5_next_vision:Glm5NextVisionModel glm_image_text:GlmImageTextModel glm_image_vision:GlmImageVisionModel glm_image_vqmodel:GlmImageVQVAE
glm_ocr:GlmOcrForConditionalGeneration glm_ocr_text:GlmOcrTextModel glm_ocr_vision:GlmOcrVisionModel glmasr:GlmAsrForConditionalGeneration
glmasr_encoder:GlmAsrEncoder glmga:Glm46VForConditionalGeneration glpn:GLPNForDepthEstimation got_ocr2:GotOcr2ForConditionalGeneration
got_ocr2_vision:GotOcr2VisionEncoder gpt-sw3:GPT2ForTokenClassification granite4_vision_text:Granite4VisionTextModel
granite_docling:GraniteDoclingForConditionalGeneration granite_docling_text:GraniteDoclingTextModel granite_docling_vision:GraniteDoclingVisionModel
granite_speech:GraniteSpeechForConditionalGeneration granite_speech5_ctc:GraniteSpeech5ForCTC granite_speech5_encoder:GraniteSpeech5Encoder
granite_speech_encoder:GraniteSpeechCTCEncoder granite_speech_plus:GraniteSpeechPlusForConditionalGeneration
granite_speech_plus_encoder:GraniteSpeechPlusCTCEncoder granite_swa:GraniteSWAForCausalLM granitemoe_swa:GraniteMoeSWAForCausalLM
grounding-dino:GroundingDinoForObjectDetection groupvit:GroupViTModel groupvit_text_model:GroupViTTextModel gte:GteForMaskedLM
hgnet_v2:HGNetV2ForImageClassification hiera:HieraForImageClassification higgs_audio_v2:HiggsAudioV2ForConditionalGeneration
hunyuan_vl:HunYuanVLForConditionalGeneration hunyuan_vl_text:HunYuanVLTextModel hunyuan_vl_vision:HunYuanVLVisionTransformer hy_v4:HYV4ForCausalLM
hy_v4_vl:HYV4VLForConditionalGeneration hy_v4_vl_text:HYV4VLTextModel hy_v4_vl_vision:HYV4VLVisionModel
hyperclovax_vision_v2:HyperCLOVAXVisionV2ForConditionalGeneration idefics:IdeficsForVisionText2Text idefics2:Idefics2ForConditionalGeneration
idefics2_perceiver:Idefics2PerceiverResampler idefics2_vision:Idefics2VisionTransformer idefics3:Idefics3ForConditionalGeneration
idefics3_vision:Idefics3VisionTransformer ijepa:IJepaForImageClassification inkling_vision:InklingVisionModel
instructblip:InstructBlipForConditionalGeneration instructblip_qformer:InstructBlipQFormerModel instructblip_vision_model:InstructBlipVisionModel
instructblipvideo:InstructBlipVideoForConditionalGeneration instructblipvideo_qformer:InstructBlipVideoQFormerModel
instructblipvideo_vision_model:InstructBlipVideoVisionModel internlm3:LlamaForCausalLM internvl:InternVLForConditionalGeneration
internvl_vision:InternVLVisionModel iquestcoder:LlamaForCausalLM janus_vision_model:JanusVisionModel jev:JevForDecision
jina_embeddings_v3:JinaEmbeddingsV3ForMaskedLM kimi_k25:Kimi_K25ForConditionalGeneration kimi_k25_vision:Kimi_K25VisionModel
kolibri1:Kolibri1ForCausalLM kosmos-2:Kosmos2ForConditionalGeneration kosmos-2.5:Kosmos2_5ForConditionalGeneration
kosmos_2_5_text_model:Kosmos2_5TextForCausalLM kosmos_2_5_vision_model:Kosmos2_5VisionModel kosmos_2_text_model:Kosmos2TextForCausalLM
kosmos_2_vision_model:Kosmos2VisionModel lara_mini:LaraMiniForCausalLM lasr_ctc:LasrForCTC lasr_encoder:LasrEncoder
layoutlmv3:LayoutLMv3ForQuestionAnswering levit:LevitForImageClassificationWithTeacher lfm2_vl:Lfm2VlForConditionalGeneration lfm3:Lfm3ForCausalLM
lfm3_vl:Lfm3VlForConditionalGeneration lfm3_vl_vision:Lfm3VlVisionModel lightglue:LightGlueForKeypointMatching
lighton_ocr:LightOnOcrForConditionalGeneration lilt:LiltForSequenceClassification llama4:Llama4ForConditionalGeneration
llama4_vision_model:Llama4VisionModel llava:LlavaForConditionalGeneration llava_next:LlavaNextForConditionalGeneration
llava_next_video:LlavaNextVideoForConditionalGeneration llava_onevision:LlavaOnevisionForConditionalGeneration luke:LukeForMaskedLM
lw_detr_vit:LwDetrViTBackbone lxmert:LxmertForPreTraining markuplm:MarkupLMForSequenceClassification mask2former:Mask2FormerForUniversalSegmentation
maskformer:MaskFormerForInstanceSegmentation maskformer-swin:MaskFormerSwinBackbone metaclip_2:MetaClip2Model
metaclip_2_text_model:MetaClip2TextModelWithProjection metaclip_2_vision_model:MetaClip2VisionModelWithProjection
mgp-str:MgpstrForSceneTextRecognition mimi:MimiModel mimi_decoder:MimiDecoderModel mimi_encoder:MimiEncoderModel
minicpm_ocr:MiniCPMOcrForConditionalGeneration minicpm_ocr_vision:MiniCPMOcrVisionModel minicpmv4_6:MiniCPMV4_6ForConditionalGeneration
minicpmv4_6_vision:MiniCPMV4_6VisionModel minicpmv4_7:MiniCPMV4_7ForConditionalGeneration minicpmv4_7_vision:MiniCPMV4_7VisionModel
minimax_m3_vl:MiniMaxM3SparseForConditionalGeneration minimax_m3_vl_text:MiniMaxM3VLForCausalLM minimax_m3_vl_vision:MiniMaxM3VLVisionModel
mistral3:Mistral3ForConditionalGeneration mlcd:MLCDVisionModel mlcd_vision_model:MLCDVisionModel mllama:MllamaForConditionalGeneration
mllama_text_model:MllamaForCausalLM mllama_vision_model:MllamaVisionModel mm-grounding-dino:MMGroundingDinoForObjectDetection
mobilenet_v1:MobileNetV1ForImageClassification mobilevit:MobileViTForSemanticSegmentation mobilevitv2:MobileViTV2ForSemanticSegmentation
molmo2_adapter:Molmo2Adapter molmo2_text:Molmo2TextModel molmo2_vision:Molmo2VisionModel moonshine:MoonshineForConditionalGeneration
moss_transcribe_diarize:MossTranscribeDiarizeForConditionalGeneration moss_transcribe_diarize_audio:MossTranscribeDiarizeAudioModel mra:MraForMaskedLM
muse_glimmer:MuseGlimmerForConditionalGeneration muse_glimmer_assistant:MuseGlimmerAssistantModel muse_glimmer_text:MuseGlimmerTextModel
muse_glimmer_vision:MuseGlimmerVisionModel muse_spark_vision:MuseSparkVisionModel musicflamingo:MusicFlamingoForConditionalGeneration
musicgen_decoder:MusicgenForCausalLM musicgen_melody_decoder:MusicgenMelodyForCausalLM nemotron3_5_asr:Nemotron3_5AsrForRNNT
nemotron3_5_transcribe_asr_audio:Nemotron3_5TranscribeAsrAudioModel nemotron3_5_transcribe_word_timestamp:Nemotron3_5TranscribeWordTimestampModel
nemotron3_diarization_audio:Nemotron3DiarizationAudioModel nemotron_asr_streaming:NemotronAsrStreamingForRNNT
nemotron_asr_streaming_encoder:NemotronAsrStreamingEncoder nllb-moe:NllbMoeForConditionalGeneration omniasr_audio:OmniASRAudioModel
openai_privacy_filter:OpenAIPrivacyFilterForTokenClassification ovis2:Ovis2ForConditionalGeneration ovis2_vision:Ovis2VisionModel
owlv2:Owlv2ForObjectDetection owlv2_text_model:Owlv2TextModel owlv2_vision_model:Owlv2VisionModel owlvit:OwlViTForObjectDetection
owlvit_text_model:OwlViTTextModel owlvit_vision_model:OwlViTVisionModel paddleocr_vl:PaddleOCRVLForConditionalGeneration
paddleocr_vl_text:PaddleOCRTextModel paddleocr_vl_vision:PaddleOCRVisionModel paligemma:PaliGemmaForConditionalGeneration parakeet_ctc:ParakeetForCTC
parakeet_encoder:ParakeetEncoder parakeet_rnnt:ParakeetForRNNT parakeet_tdt:ParakeetForTDT patchtsmixer:PatchTSMixerForRegression
pegasus_x:PegasusXForConditionalGeneration pixio:PixioBackbone pixtral:PixtralVisionModel poolformer:PoolFormerForImageClassification
pop2piano:Pop2PianoForConditionalGeneration pp_chart2table:GotOcr2ForConditionalGeneration pp_doclayout_v3:PPDocLayoutV3ForObjectDetection
pp_formulanet_text:PPFormulaNetTextModel pp_formulanet_vision:PPFormulaNetVisionModel pp_lcnet:PPLCNetForImageClassification
pp_lcnet_v4:PPLCNetV4Backbone pp_ocrv6_small_det:PPOCRV6SmallDetForObjectDetection pp_ocrv6_small_rec:PPOCRV6SmallRecForTextRecognition
pp_ocrv6_tiny_rec:PPOCRV6TinyRecForTextRecognition prompt_depth_anything:PromptDepthAnythingForDepthEstimation
prophetnet:ProphetNetForConditionalGeneration pvt:PvtForImageClassification pvt_v2:PvtV2ForImageClassification
qianfan_ocr:QianfanOCRForConditionalGeneration qianfan_ocr_vision:QianfanOCRVisionModel qwen2_5_omni_audio_encoder:Qwen2_5OmniAudioEncoder
qwen2_5_omni_dit:Qwen2_5OmniToken2WavDiTModel qwen2_5_omni_talker:Qwen2_5OmniTalkerForConditionalGeneration
qwen2_5_omni_text:Qwen2_5OmniThinkerTextModel qwen2_5_omni_thinker:Qwen2_5OmniThinkerForConditionalGeneration
qwen2_5_omni_vision_encoder:Qwen2_5OmniVisionEncoder qwen2_5_vl:Qwen2_5_VLForConditionalGeneration qwen2_5_vl_text:Qwen2_5_VLTextModel
qwen2_5_vl_vision:Qwen2_5_VisionTransformerPretrainedModel qwen2_audio:Qwen2AudioForConditionalGeneration qwen2_audio_encoder:Qwen2AudioEncoder
qwen2_vl:Qwen2VLForConditionalGeneration qwen2_vl_text:Qwen2VLTextModel qwen2_vl_vision:Qwen2VisionTransformerPretrainedModel
qwen3_5:Qwen3_5ForTokenClassification qwen3_5_moe:Qwen3_5MoeForConditionalGeneration qwen3_5_moe_text:Qwen3_5MoeForCausalLM
qwen3_5_moe_vision:Qwen3_5MoeVisionModel qwen3_5_text:Qwen3_5ForCausalLM qwen3_5_vision:Qwen3_5VisionModel qwen3_asr:Qwen3ASRForTokenClassification
qwen3_asr_encoder:Qwen3ASREncoder qwen3_omni_moe_audio_encoder:Qwen3OmniMoeAudioEncoder
qwen3_omni_moe_talker_code_predictor:Qwen3OmniMoeTalkerCodePredictorModelForConditionalGeneration qwen3_omni_moe_text:Qwen3OmniMoeThinkerTextModel
qwen3_omni_moe_thinker:Qwen3OmniMoeThinkerForConditionalGeneration qwen3_omni_moe_vision_encoder:Qwen3OmniMoeVisionEncoder
qwen3_vl:Qwen3VLForConditionalGeneration qwen3_vl_moe:Qwen3VLMoeForConditionalGeneration qwen3_vl_moe_text:Qwen3VLMoeTextModel
qwen3_vl_moe_vision:Qwen3VLMoeVisionModel qwen3_vl_text:Qwen3VLTextModel qwen3_vl_vision:Qwen3VLVisionModel qwen4_exp:Qwen4ExpForConditionalGeneration
qwen4_exp_text:Qwen4ExpForCausalLM qwen4_exp_vision:Qwen4ExpVisionModel rf_detr_dinov2:RfDetrDinov2Backbone rt_detr:RTDetrForObjectDetection
rt_detr_resnet:RTDetrResNetBackbone rt_detr_v2:RTDetrV2ForObjectDetection sam:SamModel sam2:Sam2Model sam2_hiera_det_model:Sam2HieraDetModel
sam2_video:Sam2VideoModel sam2_vision_model:Sam2VisionModel sam3_detr_decoder:Sam3DetrDecoder sam3_detr_encoder:Sam3DetrEncoder
sam3_lite_text_detr_decoder:Sam3LiteTextDetrDecoder sam3_lite_text_detr_encoder:Sam3LiteTextDetrEncoder
sam3_lite_text_mask_decoder:Sam3LiteTextMaskDecoder sam3_mask_decoder:Sam3MaskDecoder sam3_vit_model:Sam3ViTModel sam_hq:SamHQModel
sam_hq_vision_model:SamHQVisionModel sam_vision_model:SamVisionModel sarvam_mla:DeepseekV3ForCausalLM sarvam_moe:Glm4MoeForCausalLM
seamless_m4t:SeamlessM4TModel seamless_m4t_v2:SeamlessM4Tv2Model seggpt:SegGptModel sew:SEWForSequenceClassification
sew-d:SEWDForSequenceClassification shieldgemma2:Gemma3ForConditionalGeneration siglip2_text_model:Siglip2TextModel
siglip2_vision_model:Siglip2VisionModel siglip_text_model:SiglipTextModel siglip_vision_model:SiglipVisionModel slanext_vision:SLANeXtVisionEncoder
smolvlm:SmolVLMForConditionalGeneration smolvlm_vision:SmolVLMVisionTransformer speech_to_text:Speech2TextForConditionalGeneration
speecht5:SpeechT5ForTextToSpeech splinter:SplinterForPreTraining step3p5:Step3p7TextModel step3p5_vision:Step3p7VisionModel
step3p7:Step3p7ForConditionalGeneration superglue:SuperGlueForKeypointMatching superpoint:SuperPointForKeypointDetection
swiftformer:SwiftFormerForImageClassification swin2sr:Swin2SRForImageSuperResolution table-transformer:TableTransformerForObjectDetection
tapas:TapasForQuestionAnswering textnet:TextNetForImageClassification timesfm:TimesFmModelForPrediction timesfm2_5:TimesFm2_5ModelForPrediction
timesformer:TimesformerForVideoClassification timm_wrapper:TimmWrapperForImageClassification trocr:TrOCRForCausalLM udop:UdopModel
ultrabert:UltrabertForMaskedLM unispeech:UniSpeechForPreTraining unispeech-sat:UniSpeechSatForXVector univnet:UnivNetModel
unlimited_ocr_sam_vision_model:UnlimitedOcrSamVisionEncoder unlimited_ocr_text:UnlimitedOcrTextModel upernet:UperNetForSemanticSegmentation
uvdoc_backbone:UVDocBackbone video_llama_3:VideoLlama3ForConditionalGeneration video_llama_3_vision:VideoLlama3VisionModel
video_llava:VideoLlavaForConditionalGeneration videomae:VideoMAEForPreTraining vilt:ViltForQuestionAnswering vipllava:VipLlavaForConditionalGeneration
vision-encoder-decoder:VisionEncoderDecoderModel visual_bert:VisualBertForPreTraining vit_msn:ViTMSNForImageClassification vitdet:VitDetBackbone
vitpose:VitPoseForPoseEstimation vitpose_backbone:VitPoseBackbone vits:VitsModel vivit:VivitForVideoClassification vjepa2:VJEPA2ForVideoClassification
voxtral:VoxtralForConditionalGeneration voxtral_encoder:VoxtralEncoder voxtral_realtime:VoxtralRealtimeForConditionalGeneration
voxtral_realtime_encoder:VoxtralRealtimeEncoder voxtral_realtime_text:VoxtralRealtimeTextModel wav2vec2-bert:Wav2Vec2BertForXVector
wav2vec2-conformer:Wav2Vec2ConformerForXVector xclip:XCLIPModel xclip_text_model:XCLIPTextModel xclip_vision_model:XCLIPVisionModel
xlm:XLMForMultipleChoice yolos:YolosForObjectDetection yoso:YosoForMaskedLM zoedepth:ZoeDepthForDepthEstimation
autoformer:AutoformerModel informer:InformerModel musicgen:MusicgenForConditionalGeneration musicgen_melody:MusicgenMelodyForConditionalGeneration
perceiver:PerceiverForImageClassificationLearned pix2struct:Pix2StructForConditionalGeneration pix2struct_vision_model:Pix2StructVisionModel
time_series_transformer:TimeSeriesTransformerModel
""".split())

QWEN4 = dict(indexer_n_heads=4, indexer_kv_heads=1, indexer_head_dim=32, indexer_budget=16, indexer_compress_ratio=4, ple_layer_ids=[1],
             ple_embed_dim=16, ngram_vocab_size_base=200, split_ngram_parts=2, make_ngram_vocab_size_divisible_by=4, hc_lowrank=16)
SEAMLESS = dict(unit_hifi_gan_vocab_size=100, unit_embed_dim=96, lang_embed_dim=16, spkr_embed_dim=16, upsample_initial_channel=64,
                t2u_encoder_ffn_dim=160, t2u_decoder_ffn_dim=160, speech_encoder_intermediate_size=160)
# What a type needs otherwise: arguments of its configuration, then values of keys.
EXCEPTIONS = {
    "autoformer": ({}, dict(prediction_length=8, context_length=16)),
    "informer": ({}, dict(prediction_length=8, context_length=16)),
    "perceiver": ({}, dict(num_self_attends_per_block=2, num_blocks=1, d_latents=64, d_model=64, num_self_attention_heads=4, num_cross_attention_heads=4, num_latents=16)),
    "time_series_transformer": ({}, dict(prediction_length=8, context_length=16)),
    "align": ({}, {"vision_config.width_coefficient": 0.25, "vision_config.depth_coefficient": 0.25, "vision_config.hidden_dim": 320}),
    "align_vision_model": ({}, dict(width_coefficient=0.25, depth_coefficient=0.25, hidden_dim=320)),
    "conditional_detr": ({}, dict(init_xavier_std=0.7)),
    "deformable_detr": ({}, dict(encoder_attention_heads=8)),
    "detr": ({}, dict(d_model=256, encoder_attention_heads=8, decoder_attention_heads=8, init_xavier_std=0.7)),
    "embedding_gemma2": (dict(vision_config={}, audio_config={}), {}),
    "flaubert": ({}, dict(emb_dim=96)),
    "gemma3n": (dict(vision_config={"architecture": "resnet18"}), {"text_config.layer_types": ["sliding_attention", "full_attention"],
        "text_config.num_kv_shared_layers": 0, "text_config.hidden_size_per_layer_input": 16, "text_config.laurel_rank": 8,
        "text_config.vocab_size_per_layer_input": 600, "text_config.activation_sparsity_pattern": [0.0, 0.0]}),
    "gemma3n_text": ({}, dict(num_kv_shared_layers=0, layer_types=["sliding_attention", "full_attention"], hidden_size_per_layer_input=16, activation_sparsity_pattern=[0.0, 0.0])),
    "gemma3n_vision": (dict(architecture="resnet18"), {}),
    "gemma4": (dict(vision_config={}, audio_config={}), {}),
    "gemma4_unified": (dict(vision_config={}, audio_config={}), {}),
    "glm5_next_text": ({}, dict(num_key_value_heads=4, linear_lower_bound=None, index_topk=16)),
    "hy_v4_vl_text": ({}, dict(qk_rope_head_dim=64, qk_head_dim=80)),
    "luke": ({}, dict(entity_vocab_size=500)),
    "mimi": ({}, dict(upsample_groups=96)),
    "mimi_decoder": ({}, dict(upsample_groups=96)),
    "qwen4_exp": ({}, {f"text_config.{key}": value for key, value in QWEN4.items()}),
    "qwen4_exp_text": ({}, QWEN4),
    "seamless_m4t": ({}, SEAMLESS),
    "seamless_m4t_v2": ({}, SEAMLESS),
    "wav2vec2-bert": ({}, dict(vocab_size=40)),
    "wav2vec2-conformer": ({}, dict(vocab_size=40)),
    "xlm": ({}, dict(emb_dim=96)),
}

# The small value of a key that is larger.
SMALL = {key: value for value, keys in {
    1: "n_group n_shared_experts topk_group",
    2: """decoder_layers decoder_num_hidden_layers decoder_num_key_value_heads decoder_num_layers depth encoder_layers encoder_num_hidden_layers
        encoder_num_layers folding_trunk_num_hidden_layers l_layers linear_num_key_heads moe_k moe_topk n_layer n_layers num_blocks num_decoder_layers
        num_encoder_layers num_experts_per_tok num_hidden_layers num_hidden_layers_decoder num_key_value_heads num_kv_heads num_layers
        num_nextn_predict_layers perceiver_depth qformer_num_hidden_layers r_layers speech_encoder_layers t2u_decoder_layers t2u_encoder_layers
        top_k_experts x_layers""",
    4: """attention_heads decoder_attention_heads decoder_num_attention_heads encoder_attention_heads encoder_num_attention_heads index_n_heads
        index_topk linear_num_value_heads moe_num_experts n_head n_heads n_routed_experts num_attention_heads num_conv_pos_embedding_groups
        num_experts num_heads num_local_experts speech_encoder_attention_heads t2u_decoder_attention_heads t2u_encoder_attention_heads""",
    8: "n_filters num_filters qk_rope_head_dim",
    16: """encoder_stride index_head_dim linear_key_head_dim num_codevectors_per_group num_conv_pos_embeddings num_image_tokens num_labels num_latents
        num_queries num_query_tokens patch_size qk_nope_head_dim relative_attention_num_buckets""",
    24: "attention_head_dim d_kv global_head_dim head_dim kv_channels linear_value_head_dim qk_head_dim v_head_dim",
    32: "kv_lora_rank num_patches",
    40: "q_lora_rank",
    64: """attention_window classifier_proj_size codebook_dim codebook_size downsample_hidden_size embedding_dim embedding_size expert_ffn_hidden_size
        fusion_hidden_size image_size max_2d_position_embeddings max_decoder_position_embeddings max_encoder_position_embeddings
        max_position_embeddings max_seq_len max_source_positions max_target_positions moe_intermediate_size n_ctx n_positions num_mel_bins
        num_position_embeddings output_channels pooler_output_size sliding_window subsampling_conv_channels window_size xvector_output_dim""",
    72: "moe_shared_expert_intermediate_size projection_dim projection_size share_expert_dim shared_expert_intermediate_size shared_intermediate_size",
    96: """attention_hidden_size d_model decoder_hidden_dim decoder_hidden_size dim embed_dim encoder_hidden_dim encoder_hidden_size entity_hidden_size
        hidden_dim hidden_size lm_hidden_size n_embd out_hidden_size output_hidden_size text_hidden_size vision_hidden_size""",
    160: """d_ff d_inner decoder_ffn_dim decoder_intermediate_size dense_intermediate_size dff dim_feedforward dim_ff encoder_ffn_dim
        encoder_intermediate_size ffn_dim ffn_hidden_size hidden_dim_ff intermediate_size mlp_dim n_inner projector_hidden_size""",
    600: "decoder_vocab_size src_vocab_size text_vocab_size tgt_vocab_size vocab_size vocab_size_per_layer_input",
}.items() for key in keys.split()}
# The deviation of a part of the configuration, by a word in its name: no two alike, so that a recipe cannot take one for another.
RANGES = {"text": 0.04, "thinker": 0.04, "vision": 0.05, "visual": 0.05, "image": 0.05, "vit": 0.05, "audio": 0.06, "speech": 0.06, "sound": 0.06,
          "qformer": 0.045, "decoder": 0.035, "encoder": 0.055, "backbone": 0.033}
FACTORS = {0.04: 0.7, 0.05: 0.9}


def shrink(config, width, path=""):
    """Makes a configuration small, in place; the towers of images have another width."""
    given = next((value for word, value in RANGES.items() if word in path), 0.047 if path else 0.03)
    layers = vars(config).get("num_hidden_layers")
    for key, value in list(vars(config).items()):
        new = value
        if isinstance(value, transformers.PreTrainedConfig):
            shrink(value, width, f"{path}.{key}")
        elif key in ("initializer_range", "init_std"):
            new = given
        elif key == "initializer_factor":
            new = FACTORS.get(given, 0.75) if path else 0.8
        elif key in ("pad_token_id", "bos_token_id", "decoder_start_token_id", "eos_token_id"):
            new = {"pad_token_id": 3, "eos_token_id": 2}.get(key, 1)
        elif value is None and key == "head_dim":
            new = 24
        elif isinstance(value, bool):
            pass
        elif isinstance(value, int) and (key.endswith("token_id") or key.endswith("token_index")):
            new = 500 + sum(map(ord, key)) % 90
        elif isinstance(value, int) and value > 1 and key in SMALL:
            new = SMALL[key]
            if given == 0.05:
                new = {"hidden_size": width, "embed_dim": width, "intermediate_size": 112}.get(key, new)
            if new > value and key not in ("hidden_size", "n_routed_experts"):
                new = value
        elif isinstance(value, (list, tuple)) and (key in ("layer_types", "mlp_layer_types", "layers_block_type") or layers and layers == len(value) > 4):
            kinds = list(dict.fromkeys(value)) if all(isinstance(it, str) for it in value) else list(value)
            new = ([*kinds, value[-1]] if len(kinds) < 2 else kinds)[:2]
        elif isinstance(value, (list, tuple)) and key in ("depths", "num_blocks"):
            new = [1] * len(value)
        elif isinstance(value, (list, tuple)) and key in ("conv_dim", "tdnn_dim") and len(value) > 4:
            new = [64] * len(value)
        elif key in ("deepstack_visual_indexes", "fullatt_block_indexes", "global_attn_indexes"):
            new = [1]
        if new is not value:
            setattr(config, key, new)


def shrunk(model_type, width):
    arguments, values = EXCEPTIONS.get(model_type, ({}, {}))
    config = transformers.models.auto.configuration_auto.CONFIG_MAPPING[model_type](**arguments)
    shrink(config, width)
    for path, value in values.items():
        *parts, key = path.split(".")
        node = config
        for part in parts:
            node = getattr(node, part)
        setattr(node, key, value)
    return config


def class_of(model_type, name):
    """A class by its name, in its module where transformers itself does not give it."""
    if hasattr(transformers, name):
        return getattr(transformers, name)
    home = transformers.models.auto.configuration_auto.CONFIG_MAPPING[model_type].__module__.rsplit(".", 1)[0]
    for file in pathlib.Path(importlib.import_module(home).__file__).parent.glob("modeling_*.py"):
        module = importlib.import_module(f"{home}.{file.stem}")
        if hasattr(module, name):
            return getattr(module, name)
    raise ValueError(f"transformers has no {name}")


def make_shrunk(model_type):
    """With towers of another width, or of the same where the model does not let them differ."""
    for width in (64, 96):
        try:
            torch.manual_seed(sum(map(ord, model_type)))
            return written(class_of(model_type, SHRUNK[model_type])(shrunk(model_type, width)), 45e6)
        except Exception:
            if width == 96:
                raise


def measure(array):
    if not array.size:
        return {"mean": 0.0, "std": 0.0, "min": 0.0, "max": 0.0}
    values = array.astype(np.float64)
    mean, std = float(values.mean()), float(values.std())
    found = {"mean": mean, "std": std, "min": float(values.min()), "max": float(values.max())}
    if std > 0:
        found["kurtosis"] = float((((values - mean) / std) ** 4).mean())
        if array.ndim > 1:
            rows = np.flatnonzero((values.reshape(values.shape[0], -1) == 0).all(axis=1))
            if len(rows):
                found["zero_rows"] = rows.tolist()
    return found


DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "BOOL": np.bool_, "U8": np.uint8}


def read_header(path):
    """Names, dtypes, shapes and places of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return header


def read(path):
    header = read_header(path)
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    arrays = {}
    for name, entry in sorted(header.items()):
        begin, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[8 + length + begin : 8 + length + end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return header, arrays


def make(family):
    if family not in FAMILIES:
        return make_shrunk(family)
    model_type, head, keys = FAMILIES[family]
    torch.manual_seed(1 + list(FAMILIES).index(family))
    config = transformers.AutoConfig.for_model(model_type, **keys)
    if hasattr(transformers, head):
        model = getattr(transformers, head)(config)
    else:
        model = getattr(transformers, f"AutoModelFor{head}" if head else "AutoModel").from_config(config, dtype=torch.float32)
    return written(model, 8e6)


def written(model, most):
    if model.num_parameters() > most:
        raise ValueError(f"{model.num_parameters()} parameters are too many: give it smaller sizes")
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = json.loads(pathlib.Path(folder, "config.json").read_text())
        saved.pop("transformers_version", None)
        header, arrays = read(pathlib.Path(folder, "model.safetensors"))
    header = {name: {"dtype": header[name]["dtype"], "shape": header[name]["shape"]} for name in arrays}
    return {"config": saved, "header": header, "measured": {name: measure(array) for name, array in arrays.items()}}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    failed = 0
    for family in sys.argv[2:] or [*FAMILIES, *(it for it in SHRUNK if it not in FAMILIES)]:
        try:
            made = make(family)
        except Exception as error:
            failed += 1
            place = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{family}: {type(error).__name__}: {str(error)[:300]} ({place.filename.split('site-packages/')[-1]}:{place.lineno})", flush=True)
            continue
        (folder / f"{family}.json").write_text(json.dumps(made))
        print(f"{family}: {len(made['header'])} parameters", flush=True)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}; failed: {failed}")


if __name__ == "__main__":
    main()
