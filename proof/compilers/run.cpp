// A kernel as naga writes it for Metal, behind an entry point for whatever compiles it: KERNEL is its file.
#include "metal.h"

namespace {
using metal::uint2;
using metal::ulong;
#include KERNEL

using metal::uint3;
constexpr uint LANES = 256;

// What an invocation is told of its place: the workgroup and the lane, or the sum of both.
template <class Buffer>
ALL_INLINE void invoke(void (*fill)(uint3, uint, const Params &, Buffer &, const _mslBufferSizes &), uint3 group,
                       uint lane, const Params &params, void *memory) {
    fill(group, lane, params, *static_cast<Buffer *>(memory), {});
}
template <class Buffer>
ALL_INLINE void invoke(void (*fill)(uint3, const Params &, Buffer &, const _mslBufferSizes &), uint3 group,
                       uint lane, const Params &params, void *memory) {
    fill({group.x * LANES + lane, group.y, group.z}, params, *static_cast<Buffer *>(memory), {});
}
#if defined(__CUDACC__)
// With memory that a workgroup shares: something that was tried (benches/table.wgsl).
template <class Shared, class Buffer>
ALL_INLINE void invoke(void (*fill)(uint3, uint, const Params &, Shared &, Buffer &, const _mslBufferSizes &),
                       uint3 group, uint lane, const Params &params, void *memory) {
    __shared__ char shared[sizeof(Shared)];
    fill(group, lane, params, *reinterpret_cast<Shared *>(shared), *static_cast<Buffer *>(memory), {});
}
#endif
} // namespace

#if defined(__CUDACC__)
extern "C" __global__ void __launch_bounds__(LANES) fill_all(const __grid_constant__ Params params, void *memory) {
    invoke(fill, {blockIdx.x, blockIdx.y, 0}, threadIdx.x, params, memory);
}
#elif defined(__AMDGCN__)
using Global = __attribute__((address_space(1))) void;
extern "C" __attribute__((amdgpu_kernel)) void fill_all(Params params, Global *memory) {
    uint3 group(__builtin_amdgcn_workgroup_id_x(), __builtin_amdgcn_workgroup_id_y(), 0);
    invoke(fill, group, __builtin_amdgcn_workitem_id_x(), params, (void *)memory);
}
#else
#include <xmmintrin.h>

// All workgroups of a dispatch. Devices flush subnormal numbers or keep them: `flush` is the processor's word for it.
extern "C" void run(const void *params, void *memory, uint columns, uint rows, uint flush) {
    const uint before = _mm_getcsr();
    _mm_setcsr(flush ? before | 0x8040 : before & ~0x8040u);
    const Params copy = *static_cast<const Params *>(params);
    for (uint row = 0; row < rows; ++row)
        for (uint column = 0; column < columns; ++column)
            for (uint lane = 0; lane < LANES; ++lane)
                invoke(fill, uint3(column, row, 0), lane, copy, memory);
    _mm_setcsr(before);
}

extern "C" uint differing(const void *one, const void *other, uint words, uint, uint) {
    uint count = 0;
    for (uint i = 0; i < words; ++i)
        count += static_cast<const uint *>(one)[i] != static_cast<const uint *>(other)[i];
    return count;
}
#endif
