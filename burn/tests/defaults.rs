//! `burn_defaults` against what burn's own modules draw, each by the extremes or the spread of burn's values.

mod shared;

use std::{cell::RefCell, collections::HashMap};

use burn::{
    module::Module,
    nn::{
        BatchNorm, BatchNormConfig, BiGru, BiGruConfig, BiLstm, BiLstmConfig, BiRnn, BiRnnConfig,
        Embedding, EmbeddingConfig, GroupNorm, GroupNormConfig, Gru, GruConfig, Initializer,
        InstanceNorm, InstanceNormConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig,
        LinearLayout, Lstm, LstmConfig, PRelu, PReluConfig, RmsNorm, RmsNormConfig, Rnn, RnnConfig,
        SwiGlu, SwiGluConfig,
        attention::{
            CrossAttention, CrossAttentionConfig, MultiHeadAttention, MultiHeadAttentionConfig,
        },
        conv::{
            Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, Conv3d, Conv3dConfig, ConvTranspose1d,
            ConvTranspose1dConfig, ConvTranspose2d, ConvTranspose2dConfig, ConvTranspose3d,
            ConvTranspose3dConfig, DeformConv2d, DeformConv2dConfig,
        },
        transformer::{
            TransformerDecoder, TransformerDecoderConfig, TransformerEncoder,
            TransformerEncoderConfig,
        },
    },
    tensor::Device,
};
use shared::seen;
use wgpu_weights_burn::{
    Parameter, RuleError, burn_defaults, distribution_of, init,
    wgpu_weights::{Distribution, Fans, Kind},
};

#[derive(Module, Debug)]
struct Weights {
    row: Linear,
    col: Linear,
    conv1: Conv1d,
    conv2: Conv2d,
    conv3: Conv3d,
    deform: DeformConv2d,
    back1: ConvTranspose1d,
    back2: ConvTranspose2d,
    back3: ConvTranspose3d,
    embedding: Embedding,
    swiglu: SwiGlu,
    relu: PRelu,
}

#[derive(Module, Debug)]
struct Norms {
    layer: LayerNorm,
    batch: BatchNorm,
    group: GroupNorm,
    instance: InstanceNorm,
    rms: RmsNorm,
}

#[derive(Module, Debug)]
struct Recurrent {
    lstm: Lstm,
    bilstm: BiLstm,
    gru: Gru,
    bigru: BiGru,
    rnn: Rnn,
    birnn: BiRnn,
}

#[derive(Module, Debug)]
struct Attention {
    attention: MultiHeadAttention,
    encoder: TransformerEncoder,
    decoder: TransformerDecoder,
}

/// Inputs and outputs differ everywhere, and everything that can be grouped is.
fn weights(device: &Device) -> Weights {
    let col = LinearConfig::new(40, 90).with_layout(LinearLayout::Col);
    Weights {
        row: LinearConfig::new(40, 90).init(device),
        col: col.init(device),
        conv1: Conv1dConfig::new(32, 96, 3).with_groups(4).init(device),
        conv2: Conv2dConfig::new([32, 96], [3, 5]).with_groups(4).init(device),
        conv3: Conv3dConfig::new([32, 96], [1, 3, 2]).with_groups(4).init(device),
        deform: DeformConv2dConfig::new([32, 96], [3, 5]).with_weight_groups(4).init(device),
        back1: ConvTranspose1dConfig::new([32, 96], 3).with_groups(4).init(device),
        back2: ConvTranspose2dConfig::new([32, 96], [3, 5]).with_groups(4).init(device),
        back3: ConvTranspose3dConfig::new([32, 96], [1, 3, 2]).with_groups(4).init(device),
        embedding: EmbeddingConfig::new(90, 40).init(device),
        swiglu: SwiGluConfig::new(40, 90).with_bias(true).init(device),
        relu: PReluConfig::new().with_num_parameters(40).init(device),
    }
}

fn norms(device: &Device) -> Norms {
    Norms {
        layer: LayerNormConfig::new(40).init(device),
        batch: BatchNormConfig::new(40).init(device),
        group: GroupNormConfig::new(4, 40).init(device),
        instance: InstanceNormConfig::new(40).init(device),
        rms: RmsNormConfig::new(40).init(device),
    }
}

fn recurrent(device: &Device) -> Recurrent {
    Recurrent {
        lstm: LstmConfig::new(40, 90, true).init(device),
        bilstm: BiLstmConfig::new(40, 90, true).init(device),
        gru: GruConfig::new(40, 90, true).init(device),
        bigru: BiGruConfig::new(40, 90, true).init(device),
        rnn: RnnConfig::new(40, 90, true).init(device),
        birnn: BiRnnConfig::new(40, 90, true).init(device),
    }
}

fn attention(device: &Device) -> Attention {
    Attention {
        attention: MultiHeadAttentionConfig::new(48, 4).init(device),
        encoder: TransformerEncoderConfig::new(48, 96, 4, 2).init(device),
        decoder: TransformerDecoderConfig::new(48, 96, 4, 2).init(device),
    }
}

/// What the rule gives each parameter, by path.
fn laws<M: Module>(module: M) -> HashMap<String, Kind> {
    let laws = RefCell::new(HashMap::new());
    let rule = |it: &Parameter<'_>| {
        let law = burn_defaults(it)?;
        laws.borrow_mut().insert(it.path().to_owned(), law.kind());
        Ok::<_, RuleError>(law)
    };
    init(module, 1, rule).unwrap();
    laws.into_inner()
}

/// Whether burn's values may be of this law; each test of it rejects values that are with probability 1e-6.
fn fits(values: &[f32], law: Kind) -> bool {
    let count = values.len() as f64;
    let largest = values.iter().map(|it| it.abs()).fold(0.0, f32::max);
    match law {
        Kind::Constant { value } => values.iter().all(|&it| it == value),
        // Within the bound, and as near to it as so many values come.
        Kind::Uniform { low, high } => {
            low == -high && largest <= high && largest >= high * 1e-6f64.powf(1.0 / count) as f32
        }
        Kind::Normal { mean, std } => {
            let squares = values.iter().map(|it| f64::from(it - mean).powi(2)).sum::<f64>();
            let ratio = (squares / count).sqrt() / f64::from(std);
            (ratio - 1.0).abs() <= 4.9 / (2.0 * count).sqrt()
        }
        _ => false,
    }
}

fn assert_fits<M: Module>(name: &str, parameters: usize, make: impl Fn(&Device) -> M) {
    // One seed for all of burn; whichever test is first, the bounds hold.
    let device = Device::flex();
    let (laws, burn) = (laws(make(&device)), seen(&make(&device)));
    assert_eq!(burn.len(), parameters, "{name}");
    for it in burn {
        let law = laws[&it.path];
        assert!(fits(&it.values(), law), "{name}.{}: burn's values are not {law:?}", it.path);
    }
}

#[test]
fn weights_and_biases_have_burns_laws() {
    assert_fits("weights", 2 * 9 + 1 + 4 + 1, weights);
}

#[test]
fn norms_have_burns_laws() {
    assert_fits("norms", 2 + 4 + 2 + 2 + 1, norms);
}

#[test]
fn recurrent_layers_have_burns_laws() {
    assert_fits("recurrent", 4 * (4 + 8 + 3 + 6 + 1 + 2), recurrent);
}

#[test]
fn attention_and_transformers_have_burns_laws() {
    let linears = |attentions: usize| 2 * (4 * attentions + 2);
    let encoder = 2 * (linears(1) + 2 * 2);
    let decoder = 2 * (linears(2) + 2 * 3);
    assert_fits("attention", 8 + encoder + decoder, attention);
}

#[derive(Module, Debug)]
struct Cross {
    cross: CrossAttention,
}

#[test]
fn a_scale_that_no_parameter_shows_is_an_error_that_says_so() {
    let cross = CrossAttentionConfig::new(8, 8, 2, 2, 4).init(&Device::flex());
    let error = init(Cross { cross }, 1, burn_defaults).unwrap_err().to_string();
    let start =
        "cross.query.weight: no default is known for `weight` of a `Linear in a CrossAttention`";
    assert!(error.starts_with(start), "{error}");
}

/// burn's formula as it stands there, for every initialiser and fan.
#[test]
fn initialisers_have_burns_scales() {
    let gain = 1.0 / 3f64.sqrt();
    for fan in 1..=200_000u64 {
        let fans = Fans { fan_in: fan, fan_out: 3 * fan };
        let of = |initializer| distribution_of(&initializer, fans).unwrap();
        let bound = 3f64.sqrt() * gain * (1.0 / (fan as f64).sqrt());
        let kaiming = of(Initializer::KaimingUniform { gain, fan_out_only: false });
        assert_eq!(kaiming, Distribution::uniform(-bound, bound).unwrap(), "{fan}");
        let std = 2.0 * (1.0 / (3.0 * fan as f64).sqrt());
        let kaiming = of(Initializer::KaimingNormal { gain: 2.0, fan_out_only: true });
        assert_eq!(kaiming, Distribution::normal(0.0, std).unwrap(), "{fan}");
        let std = (2.0 / (4 * fan) as f64).sqrt();
        let xavier = of(Initializer::XavierNormal { gain: 1.0 });
        assert_eq!(xavier, Distribution::normal(0.0, std).unwrap(), "{fan}");
        let bound = 3f64.sqrt() * std;
        let xavier = of(Initializer::XavierUniform { gain: 1.0 });
        assert_eq!(xavier, Distribution::uniform(-bound, bound).unwrap(), "{fan}");
    }
    let fans = Fans { fan_in: 0, fan_out: 0 };
    let kaiming = Initializer::KaimingNormal { gain: 1.0, fan_out_only: false };
    assert!(matches!(distribution_of(&kaiming, fans), Err(RuleError::Init(_))));
    let orthogonal = Initializer::Orthogonal { gain: 1.0 };
    assert!(matches!(distribution_of(&orthogonal, fans), Err(RuleError::Orthogonal)));
}
