// The part of Metal's language that naga's text of our kernels uses, for C++17 and CUDA: plain structs, so that
// a compiler sees through everything. `metal_stdlib` itself, which that text includes, is an empty file of ours.
#pragma once

#if defined(__clang__) || defined(__GNUC__) && !defined(__CUDACC__)
#define ALL_INLINE inline __attribute__((always_inline))
#else
#define ALL_INLINE __forceinline__
#endif

// Where memory lies is for the entry point to say (run.cpp): here it is a reference like any other.
#define device
#define thread
#define threadgroup
#define constant const
// Neither `static` nor `inline`: what includes the kernel puts it into a namespace without a name.
#define kernel

// Swizzles have no parentheses: these words are calls.
#define xy xy_()
#define zw zw_()
#define xz xz_()
#define yw yw_()
#define xyz xyz_()
#define yzw yzw_()

namespace metal {

using uint = unsigned int;
using ulong = unsigned long long;

template <class T, int N> struct vec;

template <class T> struct vec<T, 2> {
    T x, y;
    vec() = default;
    ALL_INLINE explicit vec(T all) : x(all), y(all) {}
    ALL_INLINE vec(T x, T y) : x(x), y(y) {}
    template <class U> ALL_INLINE explicit vec(vec<U, 2> v) : x(T(v.x)), y(T(v.y)) {}
    ALL_INLINE T &operator[](uint i) { return reinterpret_cast<T *>(this)[i]; }
    ALL_INLINE T operator[](uint i) const { return reinterpret_cast<const T *>(this)[i]; }
};

template <class T> struct vec<T, 3> {
    T x, y, z;
    vec() = default;
    ALL_INLINE vec(T x, T y, T z) : x(x), y(y), z(z) {}
};

template <class T> struct alignas(4 * sizeof(T)) vec<T, 4> {
    T x, y, z, w;
    vec() = default;
    ALL_INLINE explicit vec(T all) : x(all), y(all), z(all), w(all) {}
    ALL_INLINE vec(T x, T y, T z, T w) : x(x), y(y), z(z), w(w) {}
    ALL_INLINE vec(vec<T, 2> a, vec<T, 2> b) : x(a.x), y(a.y), z(b.x), w(b.y) {}
    ALL_INLINE vec(T x, vec<T, 3> b) : x(x), y(b.x), z(b.y), w(b.z) {}
    ALL_INLINE vec(vec<T, 3> a, T w) : x(a.x), y(a.y), z(a.z), w(w) {}
    template <class U> ALL_INLINE explicit vec(vec<U, 4> v) : x(T(v.x)), y(T(v.y)), z(T(v.z)), w(T(v.w)) {}
    ALL_INLINE T &operator[](uint i) { return reinterpret_cast<T *>(this)[i]; }
    ALL_INLINE T operator[](uint i) const { return reinterpret_cast<const T *>(this)[i]; }
    ALL_INLINE vec<T, 2> xy_() const { return {x, y}; }
    ALL_INLINE vec<T, 2> zw_() const { return {z, w}; }
    ALL_INLINE vec<T, 2> xz_() const { return {x, z}; }
    ALL_INLINE vec<T, 2> yw_() const { return {y, w}; }
    ALL_INLINE vec<T, 3> xyz_() const { return {x, y, z}; }
    ALL_INLINE vec<T, 3> yzw_() const { return {y, z, w}; }
};

#define EACH(op)                                                                                       \
    template <class T, class U> ALL_INLINE auto operator op(vec<T, 2> a, vec<U, 2> b) {                \
        return vec<decltype(a.x op b.x), 2>(a.x op b.x, a.y op b.y);                                   \
    }                                                                                                  \
    template <class T, class U> ALL_INLINE auto operator op(vec<T, 4> a, vec<U, 4> b) {                \
        return vec<decltype(a.x op b.x), 4>(a.x op b.x, a.y op b.y, a.z op b.z, a.w op b.w);           \
    }                                                                                                  \
    template <class T, int N> ALL_INLINE auto operator op(T a, vec<T, N> b) { return vec<T, N>(a) op b; } \
    template <class T, int N> ALL_INLINE auto operator op(vec<T, N> a, T b) { return a op vec<T, N>(b); }
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

template <class T, int N> ALL_INLINE vec<T, N> &operator-=(vec<T, N> &a, vec<T, N> b) { return a = a - b; }

using uint2 = vec<uint, 2>;
using uint3 = vec<uint, 3>;
using uint4 = vec<uint, 4>;
using float2 = vec<float, 2>;
using float4 = vec<float, 4>;
using ulong2 = vec<ulong, 2>;
using ulong4 = vec<ulong, 4>;
using bool2 = vec<bool, 2>;
using bool4 = vec<bool, 4>;

ALL_INLINE uint min(uint a, uint b) { return a < b ? a : b; }
ALL_INLINE int max(int a, int b) { return a > b ? a : b; }

ALL_INLINE bool all(bool2 v) { return v.x && v.y; }
ALL_INLINE bool any(bool2 v) { return v.x || v.y; }

#if defined(__CUDACC__)
ALL_INLINE uint clz(uint word) { return __clz(word); }
namespace mem_flags {
constexpr int mem_threadgroup = 0;
}
ALL_INLINE void threadgroup_barrier(int) { __syncthreads(); }
#endif

ALL_INLINE uint select(uint no, uint yes, bool c) { return c ? yes : no; }
ALL_INLINE uint4 select(uint4 no, uint4 yes, bool4 c) {
    return {c.x ? yes.x : no.x, c.y ? yes.y : no.y, c.z ? yes.z : no.z, c.w ? yes.w : no.w};
}

} // namespace metal

template <class To, class From> ALL_INLINE To as_type(From from) {
    static_assert(sizeof(To) == sizeof(From), "as_type keeps every bit");
    return __builtin_bit_cast(To, from);
}
