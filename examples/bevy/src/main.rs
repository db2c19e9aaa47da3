//! A bevy app whose render graph draws a weight: in bevy's own buffer, encoder and submission.
//!
//! [`weights`] is the recipe. This app has no window; what it reads back is held against the CPU twin.
//!
//! `examples/bevy/check`

mod weights;

use std::time::{Duration, Instant};

use bevy::{
    app::ScheduleRunnerPlugin,
    asset::RenderAssetUsages,
    prelude::*,
    render::{
        gpu_readback::{Readback, ReadbackComplete},
        storage::ShaderBuffer,
    },
    window::ExitCondition,
};
use weights::{Weights, WeightsPlugin};
use wgpu_weights::{Fill, Kaiming, cpu, kaiming_normal};

/// Frames follow each other without a rest, and the readback takes a few of them.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> AppExit {
    let no_window =
        WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() };
    App::new()
        .add_plugins(DefaultPlugins.set(no_window))
        .add_plugins((ScheduleRunnerPlugin::run_loop(Duration::ZERO), WeightsPlugin))
        .add_systems(Startup, add_weights)
        .add_systems(Update, give_up)
        .run()
}

fn add_weights(mut commands: Commands, mut buffers: ResMut<Assets<ShaderBuffer>>) -> Result {
    let shape = [768, 3072];
    let law = kaiming_normal(&shape, Kaiming::default())?;
    let fill = Fill::new(law, shape).with_seed(42).with_name("blocks.0.mlp.W_in");
    let buffer = ShaderBuffer::with_size(fill.bytes()?, RenderAssetUsages::RENDER_WORLD);
    let buffer = buffers.add(buffer);
    commands.spawn(Readback::buffer(buffer.clone())).observe(compare);
    commands.insert_resource(Weights { fill, buffer });
    Ok(())
}

/// Holds the first bytes that come back against the twin's.
fn compare(
    drawn: On<ReadbackComplete>,
    weights: Res<Weights>,
    mut exit: MessageWriter<AppExit>,
) -> Result {
    let mut twin = vec![0; weights.fill.bytes()? as usize];
    cpu::fill(&weights.fill, &mut twin)?;
    let equal = drawn.data.iter().zip(&twin).filter(|(a, b)| a == b).count();
    println!("{equal} of {} bytes are the CPU twin's", twin.len());
    let all = equal == twin.len() && drawn.data.len() == twin.len();
    exit.write(if all { AppExit::Success } else { AppExit::error() });
    Ok(())
}

/// A frame in which nothing is drawn says so, and does not run for ever.
fn give_up(mut begin: Local<Option<Instant>>, mut exit: MessageWriter<AppExit>) {
    if begin.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
        eprintln!("nothing came back from the GPU");
        exit.write(AppExit::error());
    }
}
