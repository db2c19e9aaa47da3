// The part of WGSL that the kernels use, in C++17: for CUDA (NVRTC), and for the host, where tests run it. What a product or a
// sum of two f32 is does not depend on a compiler's options: CUDA's intrinsics are never fused, which on the host
// -ffp-contract=off sees to.
#pragma once

#if defined(__CUDACC__)
#define INLINE __device__ __forceinline__
#define MULTIPLY __fmul_rn
#define ADD __fadd_rn
#else
#define INLINE inline
#define MULTIPLY(a, b) ((a) * (b))
#define ADD(a, b) ((a) + (b))
#endif

using u32 = unsigned int;
using i32 = int;
using u64 = unsigned long long;

struct f32 {
    float value;
    f32() = default;
    // Of a literal, or of an integer that an f32 holds.
    INLINE constexpr f32(double v) : value(static_cast<float>(v)) {}
    INLINE explicit f32(u32 v) : value(static_cast<float>(v)) {}
    INLINE explicit f32(i32 v) : value(static_cast<float>(v)) {}
    INLINE static f32 of(float v) {
        f32 made;
        made.value = v;
        return made;
    }
    friend INLINE f32 operator*(f32 a, f32 b) { return of(MULTIPLY(a.value, b.value)); }
    friend INLINE f32 operator+(f32 a, f32 b) { return of(ADD(a.value, b.value)); }
    friend INLINE f32 operator-(f32 a, f32 b) { return of(ADD(a.value, -b.value)); }
    friend INLINE f32 operator-(f32 a) { return of(-a.value); }
    friend INLINE bool operator<(f32 a, f32 b) { return a.value < b.value; }
    friend INLINE bool operator>(f32 a, f32 b) { return a.value > b.value; }
    friend INLINE bool operator>=(f32 a, f32 b) { return a.value >= b.value; }
    friend INLINE bool operator==(f32 a, f32 b) { return a.value == b.value; }
};

// Of a vector whose components are given, or, of a number, equal; without any they are 0.
template <class T> struct alignas(2 * sizeof(T)) vec2 {
    T x, y;
    INLINE vec2() : x(0), y(0) {}
    INLINE explicit vec2(T all) : x(all), y(all) {}
    INLINE vec2(T x, T y) : x(x), y(y) {}
};

template <class T> struct vec3 {
    T x, y, z;
    INLINE vec3(T x, T y, T z) : x(x), y(y), z(z) {}
};

template <class T> struct alignas(4 * sizeof(T)) vec4 {
    T x, y, z, w;
    INLINE vec4() : x(0), y(0), z(0), w(0) {}
    INLINE explicit vec4(T all) : x(all), y(all), z(all), w(all) {}
    INLINE vec4(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}
    INLINE vec4(vec2<T> a, vec2<T> b) : x(a.x), y(a.y), z(b.x), w(b.y) {}
    INLINE vec4(T x, vec3<T> b) : x(x), y(b.x), z(b.y), w(b.z) {}
    INLINE vec4(vec3<T> a, T w) : x(a.x), y(a.y), z(a.z), w(w) {}
    // No address is taken, so that all stays in registers.
    struct Component {
        vec4 &of;
        u32 at;
        INLINE operator T() const { return at == 0 ? of.x : at == 1 ? of.y : at == 2 ? of.z : of.w; }
        INLINE void operator=(T value) {
            of.x = at == 0 ? value : of.x;
            of.y = at == 1 ? value : of.y;
            of.z = at == 2 ? value : of.z;
            of.w = at == 3 ? value : of.w;
        }
        INLINE void operator=(const Component &other) { *this = static_cast<T>(other); }
    };
    INLINE Component operator[](u32 at) { return {*this, at}; }
    INLINE T operator[](u32 at) const { return at == 0 ? x : at == 1 ? y : at == 2 ? z : w; }
    INLINE vec2<T> xy() const { return {x, y}; }
    INLINE vec2<T> zw() const { return {z, w}; }
    INLINE vec2<T> xz() const { return {x, z}; }
    INLINE vec2<T> yw() const { return {y, w}; }
    INLINE vec3<T> xyz() const { return {x, y, z}; }
    INLINE vec3<T> yzw() const { return {y, z, w}; }
};

#define EACH(OP)                                                                                                \
    template <class T, class U> INLINE auto operator OP(vec2<T> a, vec2<U> b) {                                 \
        return vec2<decltype(a.x OP b.x)>(a.x OP b.x, a.y OP b.y);                                              \
    }                                                                                                           \
    template <class T, class U> INLINE auto operator OP(vec4<T> a, vec4<U> b) {                                 \
        return vec4<decltype(a.x OP b.x)>(a.x OP b.x, a.y OP b.y, a.z OP b.z, a.w OP b.w);                      \
    }                                                                                                           \
    template <class T> INLINE auto operator OP(T a, vec2<T> b) { return vec2<T>(a) OP b; }                      \
    template <class T> INLINE auto operator OP(vec2<T> a, T b) { return a OP vec2<T>(b); }                      \
    template <class T> INLINE auto operator OP(T a, vec4<T> b) { return vec4<T>(a) OP b; }                      \
    template <class T> INLINE auto operator OP(vec4<T> a, T b) { return a OP vec4<T>(b); }
EACH(+)
EACH(-)
EACH(*)
EACH(&)
EACH(|)
EACH(^)
EACH(<<)
EACH(>>)
EACH(<)
EACH(>)
EACH(==)
EACH(!=)
#undef EACH

template <class T> INLINE vec4<T> &operator|=(vec4<T> &a, vec4<T> b) { return a = a | b; }

INLINE u32 min(u32 a, u32 b) { return a < b ? a : b; }
INLINE u32 max(u32 a, u32 b) { return a > b ? a : b; }
INLINE i32 max(i32 a, i32 b) { return a > b ? a : b; }

INLINE bool all(vec2<bool> v) { return v.x && v.y; }
INLINE bool any(vec2<bool> v) { return v.x || v.y; }

template <class T> INLINE T select(T no, T yes, bool c) { return c ? yes : no; }
template <class T> INLINE vec4<T> select(vec4<T> no, vec4<T> yes, vec4<bool> c) {
    return {c.x ? yes.x : no.x, c.y ? yes.y : no.y, c.z ? yes.z : no.z, c.w ? yes.w : no.w};
}

template <class To, class From> struct Bits;
#if defined(__CUDACC__)
template <> struct Bits<u32, f32> {
    static INLINE u32 of(f32 v) { return __float_as_uint(v.value); }
};
template <> struct Bits<f32, u32> {
    static INLINE f32 of(u32 v) { return f32::of(__uint_as_float(v)); }
};
#else
template <> struct Bits<u32, f32> {
    static INLINE u32 of(f32 v) { return __builtin_bit_cast(u32, v.value); }
};
template <> struct Bits<f32, u32> {
    static INLINE f32 of(u32 v) { return f32::of(__builtin_bit_cast(float, v)); }
};
#endif
template <> struct Bits<i32, u32> {
    static INLINE i32 of(u32 v) { return static_cast<i32>(v); }
};
template <class To, class From> struct Bits<vec2<To>, vec2<From>> {
    static INLINE vec2<To> of(vec2<From> v) { return {Bits<To, From>::of(v.x), Bits<To, From>::of(v.y)}; }
};
template <class To, class From> struct Bits<vec4<To>, vec4<From>> {
    static INLINE vec4<To> of(vec4<From> v) {
        return {Bits<To, From>::of(v.x), Bits<To, From>::of(v.y), Bits<To, From>::of(v.z), Bits<To, From>::of(v.w)};
    }
};
template <class To, class From> INLINE To bitcast(From from) { return Bits<To, From>::of(from); }

// The entry point: a workgroup is a block.
#if defined(__CUDACC__)
#define ENTRY(NAME, OUTPUT, ...)                                                                                \
    extern "C" __global__ void __launch_bounds__(256)                                                           \
        NAME(const __grid_constant__ NAME##_text::Params params, void *memory) {                                \
        const vec3<u32> group(blockIdx.x, blockIdx.y, 0);                                                       \
        const u32 lane = threadIdx.x;                                                                           \
        NAME##_text::Kernel{params, static_cast<OUTPUT *>(memory)}.fill(__VA_ARGS__);                           \
    }
#else
#define ENTRY(NAME, OUTPUT, ...)                                                                                \
    extern "C" void NAME(const void *told, void *memory, u32 columns, u32 rows) {                               \
        const auto params = *static_cast<const NAME##_text::Params *>(told);                                    \
        for (u32 row = 0; row < rows; ++row)                                                                    \
            for (u32 column = 0; column < columns; ++column)                                                    \
                for (u32 lane = 0; lane < 256; ++lane) {                                                        \
                    const vec3<u32> group(column, row, 0);                                                      \
                    NAME##_text::Kernel{params, static_cast<OUTPUT *>(memory)}.fill(__VA_ARGS__);               \
                }                                                                                               \
    }
#endif
