//! The vector units that the twin is compiled for.

/// Compiles a function for each of the vector units below; a call takes the widest that the processor has.
///
/// `--cfg wgpu_weights_cpu="avx2"` leaves the widest out, so that benches can measure what a
/// processor without AVX-512 would do.
macro_rules! for_every_vector_unit {
    ($function:item) => {
        #[cfg_attr(
            not(wgpu_weights_cpu = "avx2"),
            multiversion::multiversion(targets(
                "x86_64+avx512f+avx512bw+avx512cd+avx512dq+avx512vl+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
                "x86_64+avx2+fma+bmi1+bmi2+lzcnt+popcnt",
                "x86_64+sse4.2+popcnt",
                "aarch64+neon"
            ))
        )]
        #[cfg_attr(
            wgpu_weights_cpu = "avx2",
            multiversion::multiversion(targets("x86_64+avx2+fma+bmi1+bmi2+lzcnt+popcnt"))
        )]
        $function
    };
}
pub(super) use for_every_vector_unit;
