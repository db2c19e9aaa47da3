//! The recipe: a weight in a [`ShaderBuffer`], drawn by a system of bevy's render graph.

use bevy::{
    prelude::*,
    render::{
        RenderApp, RenderStartup,
        extract_resource::{ExtractResource, ExtractResourcePlugin},
        render_asset::RenderAssets,
        render_resource::BufferId,
        renderer::{RenderContext, RenderDevice, RenderGraph, RenderGraphSystems},
        storage::{GpuShaderBuffer, ShaderBuffer},
    },
};
use wgpu_weights::{Fill, Filler};

/// What is drawn, and where: a resource of the main world, which may change at any time.
#[derive(Resource, ExtractResource, Clone)]
#[extract_app(RenderApp)]
pub struct Weights {
    pub fill: Fill,
    /// As many bytes as the fill has; of another size it is an error, which bevy's handler gets.
    pub buffer: Handle<ShaderBuffer>,
}

/// Draws [`Weights`] before anything else in the frame may read them.
pub struct WeightsPlugin;

impl Plugin for WeightsPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(ExtractResourcePlugin::<Weights>::default());
        if let Some(render_app) = app.get_sub_app_mut(RenderApp) {
            render_app
                .add_systems(RenderStartup, make_filler)
                .add_systems(RenderGraph, draw.in_set(RenderGraphSystems::Begin));
        }
    }
}

#[derive(Resource, Deref)]
struct WeightFiller(Filler);

/// bevy runs it anew when it lost its device and has another one.
fn make_filler(mut commands: Commands, device: Res<RenderDevice>) -> Result {
    commands.insert_resource(WeightFiller(Filler::new(device.wgpu_device())?));
    Ok(())
}

/// Records the fill once for each buffer and each fill, in the encoder that bevy submits with the frame.
fn draw(
    mut context: RenderContext,
    filler: If<Res<WeightFiller>>,
    weights: If<Res<Weights>>,
    buffers: Res<RenderAssets<GpuShaderBuffer>>,
    mut drawn: Local<Option<(BufferId, Fill)>>,
) -> Result {
    let Weights { fill, buffer } = &**weights;
    // An asset is on the GPU some time after it was added.
    let Some(GpuShaderBuffer { buffer, .. }) = buffers.get(buffer) else { return Ok(()) };
    let now = Some((buffer.id(), fill.clone()));
    if *drawn != now {
        // bevy wraps wgpu's slice.
        filler.fill(context.command_encoder(), *buffer.slice(..), fill)?;
        *drawn = now;
    }
    Ok(())
}
