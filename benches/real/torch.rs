//! torch on the same GPU, where there is one: a process that draws on request.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;
use wgpu_weights::Dtype;

/// The other side of `peers/torch_gpu.py`.
pub(crate) struct Torch {
    process: Child,
    requests: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
    pub(crate) version: String,
    pub(crate) device: String,
}

impl Torch {
    /// torch with the adapter of this name, which torch itself may know by another; else why not.
    pub(crate) fn start(adapter: &str, device: Option<&str>) -> Result<Self, String> {
        let python = std::env::var("PYTHON").unwrap_or("python3".into());
        let mut process = Command::new(&python)
            .args(["-c", include_str!("../peers/torch_gpu.py"), adapter])
            .args(device)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python}: {error}"))?;
        let (Some(requests), Some(replies)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(format!("{python} has no standard input and output"));
        };
        let replies = BufReader::new(replies).lines();
        let mut torch =
            Self { process, requests, replies, version: String::new(), device: String::new() };
        let found = torch.reply()?;
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        (torch.version, torch.device) = (text("version"), text("device"));
        Ok(torch)
    }

    /// The time of some calls of an in-place draw.
    pub(crate) fn seconds(
        &mut self,
        draw: &str,
        dtype: Dtype,
        count: u64,
        calls: u32,
    ) -> Result<f64, String> {
        let dtype = dtype.name().to_lowercase();
        let sent = writeln!(self.requests, "{draw} {dtype} {count} {calls}");
        sent.and_then(|()| self.requests.flush()).map_err(|error| format!("torch: {error}"))?;
        self.reply()?["seconds"].as_f64().ok_or("torch said no time".into())
    }

    fn reply(&mut self) -> Result<Value, String> {
        let line = self.replies.next().ok_or("python3 stopped without a word")?;
        let line = line.map_err(|error| format!("torch: {error}"))?;
        let reply: Value =
            serde_json::from_str(&line).map_err(|error| format!("torch: {error}: {line}"))?;
        match reply["why"].as_str() {
            Some(why) => Err(why.into()),
            None => Ok(reply),
        }
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        // It has nothing to finish, and may be in the middle of something.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
