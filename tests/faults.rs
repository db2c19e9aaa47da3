//! Faults in the middle of things: errors as values, no deadlock, and what comes next is right.
mod common;

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use common::Gpu;
use wgpu_weights::{
    Distribution, Fill, Filler, cpu,
    gpu::{GpuError, read_back_blocking},
    wgpu,
};

fn fill(count: u64) -> Fill {
    Fill::new(Distribution::normal(0.0, 1.0).unwrap(), [count]).with_seed(6)
}

fn twin(fill: &Fill) -> Vec<u8> {
    let mut bytes = vec![0; fill.bytes().unwrap() as usize];
    cpu::fill(fill, &mut bytes).unwrap();
    bytes
}

/// On a thread of its own, so that a deadlock fails and does not hang.
fn without_deadlock(run: impl FnOnce() + Send + 'static) {
    let (done, ended) = channel();
    let thread = thread::spawn(move || {
        run();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(120)) {
        Err(RecvTimeoutError::Timeout) => panic!("a deadlock: nothing moved for two minutes"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// What the device says of these calls.
fn said<T>(gpu: &Gpu, run: impl FnOnce() -> T) -> Option<String> {
    let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
    run();
    pollster::block_on(scope.pop()).map(|error| error.to_string())
}

#[test]
fn a_device_lost_after_the_record() {
    without_deadlock(|| {
        for gpu in Gpu::all(wgpu::Features::empty()) {
            let filler = Filler::new(&gpu.device).unwrap();
            let buffer = gpu.buffer(4000);
            let mut encoder = gpu.encoder();
            filler.fill(&mut encoder, buffer.slice(..), &fill(1000)).unwrap();
            gpu.device.destroy();
            let _ = said(&gpu, || gpu.queue.submit([encoder.finish()]));
            let error = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap_err();
            assert_eq!(error, GpuError::DeviceLost, "{}", gpu.name);
            let mut encoder = gpu.encoder();
            let error = filler.fill(&mut encoder, buffer.slice(..), &fill(1000)).unwrap_err();
            assert_eq!(error, GpuError::DeviceLost, "{}", gpu.name);
            let error = Filler::new(&gpu.device).unwrap_err();
            assert_eq!(error, GpuError::DeviceLost, "{}", gpu.name);
        }
    });
}

#[test]
fn a_device_lost_while_it_is_read() {
    without_deadlock(|| {
        let wanted = fill(10 << 20);
        let expected = twin(&wanted);
        // Whole, refused, and cut at many places between.
        for round in 0..30u32 {
            let gpu = Gpu::any();
            let filler = Filler::new(&gpu.device).unwrap();
            let buffer = gpu.buffer(40 << 20);
            let mut encoder = gpu.encoder();
            filler.fill(&mut encoder, buffer.slice(..), &wanted).unwrap();
            gpu.queue.submit([encoder.finish()]);
            let start = Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(|| {
                    start.wait();
                    thread::sleep(Duration::from_millis(u64::from(4 * round)));
                    gpu.device.destroy();
                });
                start.wait();
                match read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)) {
                    Ok(bytes) => assert!(bytes == expected),
                    Err(error) => assert_eq!(error, GpuError::DeviceLost),
                }
            });
        }
    });
}

/// To poll a destroyed device is to free what is mapped of it: no reader polls while another one reads.
#[test]
fn a_device_lost_while_two_read_it() {
    without_deadlock(|| {
        for round in 0..40u32 {
            let gpu = Gpu::any();
            let buffers = [gpu.buffer(32 << 20), gpu.buffer(64)];
            let over = AtomicBool::new(false);
            thread::scope(|scope| {
                for buffer in &buffers {
                    let (gpu, over) = (&gpu, &over);
                    scope.spawn(move || {
                        while !over.load(Ordering::Relaxed) {
                            let slice = buffer.slice(..);
                            let read = read_back_blocking(&gpu.device, &gpu.queue, slice);
                            assert!(matches!(read, Ok(_) | Err(GpuError::DeviceLost)), "{read:?}");
                        }
                    });
                }
                thread::sleep(Duration::from_millis(u64::from(7 * round % 250)));
                gpu.device.destroy();
                thread::sleep(Duration::from_millis(40));
                over.store(true, Ordering::Relaxed);
            });
        }
    });
}

/// Who submits is told; the filler is as good as before.
fn misused(gpu: &Gpu, filler: &Filler, buffer: &wgpu::Buffer, word: &str, then: impl FnOnce()) {
    let mut encoder = gpu.encoder();
    filler.fill(&mut encoder, buffer.slice(..), &fill(1000)).unwrap();
    then();
    let error = said(gpu, || gpu.queue.submit([encoder.finish()]));
    assert!(error.as_ref().is_some_and(|error| error.contains(word)), "{}: {error:?}", gpu.name);
    assert!(gpu.fill(filler, &fill(1000)) == twin(&fill(1000)), "{}", gpu.name);
}

#[test]
fn a_target_mapped_or_destroyed_while_it_is_recorded() {
    without_deadlock(|| {
        for gpu in Gpu::all(wgpu::Features::empty()) {
            let filler = Filler::new(&gpu.device).unwrap();
            let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
            let mapped = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("mapped"),
                size: 4000,
                usage,
                mapped_at_creation: true,
            });
            misused(&gpu, &filler, &mapped, "mapped", || {});
            let error = read_back_blocking(&gpu.device, &gpu.queue, mapped.slice(..)).unwrap_err();
            assert!(matches!(error, GpuError::Device(_)), "{}: {error}", gpu.name);
            // Unmapped it is a buffer like any other.
            mapped.unmap();
            let mut encoder = gpu.encoder();
            filler.fill(&mut encoder, mapped.slice(..), &fill(1000)).unwrap();
            gpu.queue.submit([encoder.finish()]);
            let found = read_back_blocking(&gpu.device, &gpu.queue, mapped.slice(..)).unwrap();
            assert!(found == twin(&fill(1000)));

            let destroyed = gpu.buffer(4000);
            misused(&gpu, &filler, &destroyed, "destroyed", || destroyed.destroy());
        }
    });
}

#[test]
fn submissions_that_fail_leave_nothing_behind() {
    without_deadlock(|| {
        let gpu = Gpu::any();
        let filler = Filler::new(&gpu.device).unwrap();
        let kept = || gpu.instance.generate_report().unwrap().hub.buffers.num_kept_from_user;
        let mut before = 0;
        for round in 0..20 {
            let buffer = gpu.buffer(4000);
            misused(&gpu, &filler, &buffer, "destroyed", || buffer.destroy());
            drop(buffer);
            gpu.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
            if round == 1 {
                before = kept();
            }
        }
        assert_eq!(kept(), before);
    });
}

#[test]
fn two_threads_fill_while_a_third_reads() {
    without_deadlock(|| {
        let gpu = Gpu::any();
        let filler = Filler::new(&gpu.device).unwrap();
        let whole = fill(5 << 20);
        let (large, expected) = (gpu.buffer(20 << 20), twin(&whole));
        let mut encoder = gpu.encoder();
        filler.fill(&mut encoder, large.slice(..), &whole).unwrap();
        gpu.queue.submit([encoder.finish()]);
        thread::scope(|scope| {
            for stream in 0..2 {
                let (gpu, filler) = (&gpu, &filler);
                scope.spawn(move || {
                    for count in 1..100 {
                        let fill = fill(count).with_stream(stream);
                        assert!(gpu.fill(filler, &fill) == twin(&fill));
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..5 {
                    let read = read_back_blocking(&gpu.device, &gpu.queue, large.slice(..));
                    assert!(read.unwrap() == expected);
                }
            });
        });
    });
}

/// Set in the process that has too little memory.
const POOR: &str = "WGPU_WEIGHTS_TEST_POOR";

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only there a shell takes memory away")]
fn lack_of_memory_is_an_error() {
    if std::env::var_os(POOR).is_some() {
        return read_without_memory();
    }
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 4000000; exec \"$0\" lack_of_memory_is_an_error --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(POOR, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "it did not run");
}

fn read_without_memory() {
    let gpu = Gpu::any();
    let filler = Filler::new(&gpu.device).unwrap();
    let large = fill(60 << 20);
    let needed = large.bytes().unwrap();
    let buffer = gpu.buffer(needed);
    let mut encoder = gpu.encoder();
    filler.fill(&mut encoder, buffer.slice(..), &large).unwrap();
    gpu.queue.submit([encoder.finish()]);
    gpu.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    // All that is left, and then some, for drivers do not fail as well as this.
    let take = || {
        let mut more = Vec::<u8>::new();
        more.try_reserve_exact(16 << 20).is_ok().then_some(more)
    };
    let mut taken: Vec<_> = std::iter::from_fn(take).collect();
    taken.truncate(taken.len().saturating_sub(4));
    let error = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..)).unwrap_err();
    assert_eq!(error, GpuError::Memory { needed });
    drop(taken);
    let found = read_back_blocking(&gpu.device, &gpu.queue, buffer.slice(..40_000)).unwrap();
    assert!(found == twin(&fill(10_000)));
}
