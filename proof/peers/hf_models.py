"""Makes tiny models by transformers and measures what each saved parameter holds, for tests of the recipes hf/*.

    pip install torch transformers && python proof/peers/hf_models.py OUT_FOLDER [FAMILY...]

Writes OUT_FOLDER/FAMILY.json: the saved config.json, the header of the saved file (names, dtypes, shapes) and what is measured of each
parameter. A family that cannot be made is told of and passed over.
"""

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


def measure(array):
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


def read(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in sorted(header.items()):
        begin, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[8 + length + begin : 8 + length + end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return header, arrays


def make(family):
    model_type, head, keys = FAMILIES[family]
    torch.manual_seed(1 + list(FAMILIES).index(family))
    config = transformers.AutoConfig.for_model(model_type, **keys)
    if hasattr(transformers, head):
        model = getattr(transformers, head)(config)
    else:
        model = getattr(transformers, f"AutoModelFor{head}" if head else "AutoModel").from_config(config, dtype=torch.float32)
    if model.num_parameters() > 8e6:
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
    for family in sys.argv[2:] or FAMILIES:
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
