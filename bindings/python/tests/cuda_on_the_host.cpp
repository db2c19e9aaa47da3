// CUDA's driver and NVRTC, as far as the package calls them, on the host: what is "compiled" must be a text whose entry
// point stands in `entries`, and a launch runs it over all workgroups. After wgsl.h, the kernels and `entries`.
#include <cstring>
#include <string>

namespace {
using Fill = void(const void *, void *, u32, u32);
struct Entry {
    const char *name;
    Fill *fill;
};
extern const Entry entries[];
extern const u32 count;

// What goes wrong, as tests have it: the call of this name fails, or launches leave a bit wrong.
std::string failing;
bool wrong = false;
int code = 999;
u32 compiled = 0, launched = 0, pushed = 0;

int says(const char *name) { return failing == name ? code : 0; }
} // namespace

extern "C" {
void arrange(const char *name, u32 is_wrong, int says) {
    failing = name;
    code = says;
    wrong = is_wrong;
    compiled = launched = 0;
}
void counted(u32 *out) {
    out[0] = compiled;
    out[1] = launched;
    out[2] = pushed;
}

int nvrtcCreateProgram(void **program, const char *text, const char *, int, const char *const *, const char *const *) {
    *program = new std::string(text);
    return says("nvrtcCreateProgram");
}
int nvrtcCompileProgram(void *, int options, const char *const *option) {
    for (int at = 0; at < options; ++at)
        if (std::strncmp(option[at], "--", 2))
            return 5;
    ++compiled;
    return says("nvrtcCompileProgram");
}
int nvrtcGetCUBINSize(void *program, size_t *size) {
    *size = static_cast<std::string *>(program)->size() + 1;
    return says("nvrtcGetCUBINSize");
}
int nvrtcGetCUBIN(void *program, char *out) {
    const auto &text = *static_cast<std::string *>(program);
    std::memcpy(out, text.c_str(), text.size() + 1);
    return says("nvrtcGetCUBIN");
}
int nvrtcGetProgramLogSize(void *, size_t *size) {
    *size = 6;
    return 0;
}
int nvrtcGetProgramLog(void *, char *out) {
    std::memcpy(out, "a log", 6);
    return 0;
}
int nvrtcDestroyProgram(void **program) {
    delete static_cast<std::string *>(*program);
    *program = nullptr;
    return 0;
}

int cuDeviceGet(int *device, int ordinal) {
    *device = ordinal + 7;
    return says("cuDeviceGet");
}
int cuDevicePrimaryCtxRetain(void **context, int device) {
    static int held;
    held = device;
    *context = &held;
    return device == 7 ? says("cuDevicePrimaryCtxRetain") : 101;
}
int cuCtxPushCurrent_v2(void *context) {
    if (*static_cast<int *>(context) != 7)
        return 201;
    pushed += !says("cuCtxPushCurrent_v2");
    return says("cuCtxPushCurrent_v2");
}
int cuCtxPopCurrent_v2(void **context) {
    *context = nullptr;
    --pushed;
    return 0;
}
int cuModuleLoadData(void **module, const char *image) {
    *module = new std::string(image);
    return pushed ? says("cuModuleLoadData") : 201;
}
int cuModuleGetFunction(void **function, void *module, const char *name) {
    const auto entry = "ENTRY(" + std::string(name) + ",";
    if (static_cast<std::string *>(module)->find(entry) == std::string::npos)
        return 500;
    for (u32 at = 0; at < count; ++at)
        if (!std::strcmp(entries[at].name, name)) {
            *function = const_cast<Entry *>(entries + at);
            return says("cuModuleGetFunction");
        }
    return 500;
}
int cuLaunchKernel(void *function, u32 columns, u32 rows, u32 layers, u32 width, u32 height, u32 depth, u32 shared,
                   void *stream, void **arguments, void **extra) {
    if (!pushed || layers != 1 || width != 256 || height != 1 || depth != 1 || shared || extra || stream != (void *)5)
        return 1;
    ++launched;
    auto *memory = *static_cast<char **>(arguments[1]);
    static_cast<Entry *>(function)->fill(arguments[0], memory, columns, rows);
    if (wrong)
        memory[4096] ^= 1;
    return says("cuLaunchKernel");
}
}
