/* Microsoft's compilers, as wgpu calls them: `direct3d.exe fxc|dxc OUT KERNEL..` writes OUT/LABEL.fxc.asm of
 * each LABEL.fxc.hlsl, or OUT/LABEL.dxc.asm of each LABEL.dxc.hlsl. d3dcompiler_47.dll or dxcompiler.dll
 * lies beside it. */
#define COBJMACROS
#include <windows.h>
#include <d3dcompiler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef HRESULT(WINAPI *compile_function)(LPCVOID, SIZE_T, LPCSTR, const D3D_SHADER_MACRO *, ID3DInclude *, LPCSTR,
                                          LPCSTR, UINT, UINT, ID3DBlob **, ID3DBlob **);
typedef HRESULT(WINAPI *disassemble_function)(LPCVOID, SIZE_T, UINT, LPCSTR, ID3DBlob **);
typedef HRESULT(WINAPI *create_function)(REFCLSID, REFIID, LPVOID *);

/* DXC's interfaces, of which mingw's header speaks in C++ alone: as far as they are called. */
typedef struct {
    LPCVOID pointer;
    SIZE_T size;
    UINT encoding;
} source_buffer;
#define UTF8 65001
enum { ERRORS = 2, OBJECT = 1, DISASSEMBLY = 5 };

typedef struct result_interface result_interface;
struct result_interface {
    struct {
        void *query_interface, *add_ref;
        ULONG(WINAPI *release)(result_interface *);
        HRESULT(WINAPI *get_status)(result_interface *, HRESULT *);
        void *get_result, *get_error_buffer, *has_output;
        HRESULT(WINAPI *get_output)(result_interface *, int, REFIID, void **, void **);
    } *of;
};
typedef struct compiler_interface compiler_interface;
struct compiler_interface {
    struct {
        void *query_interface, *add_ref;
        ULONG(WINAPI *release)(compiler_interface *);
        HRESULT(WINAPI *compile)(compiler_interface *, const source_buffer *, LPCWSTR *, UINT32, void *, REFIID, void **);
        HRESULT(WINAPI *disassemble)(compiler_interface *, const source_buffer *, REFIID, void **);
    } *of;
};
static const GUID COMPILER = {0x73e22d93, 0xe6ce, 0x47f3, {0xb5, 0xbf, 0xf0, 0x66, 0x4f, 0x39, 0xc1, 0xb0}};
static const GUID COMPILER_3 = {0x228b4687, 0x5a6a, 0x4730, {0x90, 0x0c, 0x97, 0x02, 0xb2, 0x20, 0x3f, 0x54}};
static const GUID RESULT = {0x58346cda, 0xdde7, 0x4497, {0x94, 0x61, 0x6f, 0x87, 0xaf, 0x5e, 0x06, 0x59}};
/* Laid out as Direct3D's own. */
static const GUID BYTES = {0x8ba5fb08, 0x5195, 0x40e2, {0xac, 0x58, 0x0d, 0x98, 0x9c, 0x3a, 0x01, 0x02}};

static void fail(const char *what, HRESULT code) {
    fprintf(stderr, "%s: 0x%08lx\n", what, (unsigned long)code);
    exit(1);
}

static void *need(HMODULE library, const char *name) {
    void *found = library ? (void *)GetProcAddress(library, name) : NULL;
    if (!found)
        fail(name, E_NOINTERFACE);
    return found;
}

static void *text_of(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    void *text;
    if (!file)
        fail(path, E_INVALIDARG);
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    text = malloc(*size);
    if (!text || fread(text, 1, *size, file) != *size)
        fail(path, E_OUTOFMEMORY);
    fclose(file);
    return text;
}

/* OUT/LABEL.COMPILER.asm of ../kernels/LABEL.COMPILER.hlsl. */
static void write_listing(const char *out, const char *kernel, const void *text, size_t size) {
    char path[1024];
    const char *name = strrchr(kernel, '/');
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", out, name ? name + 1 : kernel);
    strcpy(strrchr(path, '.'), ".asm");
    file = fopen(path, "wb");
    if (!file || fwrite(text, 1, size, file) != size || fclose(file))
        fail(path, E_FAIL);
}

static void by_fxc(HMODULE library, const char *out, const char *kernel) {
    compile_function compile = (compile_function)need(library, "D3DCompile");
    disassemble_function disassemble = (disassemble_function)need(library, "D3DDisassemble");
    ID3DBlob *code = NULL, *errors = NULL, *listing = NULL;
    size_t size;
    void *text = text_of(kernel, &size);
    HRESULT result = compile(text, size, kernel, NULL, NULL, "fill", "cs_5_1", D3DCOMPILE_ENABLE_STRICTNESS, 0, &code,
                             &errors);
    if (FAILED(result)) {
        if (errors)
            fprintf(stderr, "%s\n", (char *)ID3D10Blob_GetBufferPointer(errors));
        fail(kernel, result);
    }
    result = disassemble(ID3D10Blob_GetBufferPointer(code), ID3D10Blob_GetBufferSize(code), 0, NULL, &listing);
    if (FAILED(result))
        fail(kernel, result);
    write_listing(out, kernel, ID3D10Blob_GetBufferPointer(listing), ID3D10Blob_GetBufferSize(listing) - 1);
    ID3D10Blob_Release(listing);
    ID3D10Blob_Release(code);
    free(text);
}

static ID3DBlob *output(result_interface *result, int kind, const char *kernel) {
    ID3DBlob *blob = NULL;
    HRESULT code = result->of->get_output(result, kind, &BYTES, (void **)&blob, NULL);
    if (FAILED(code) || !blob)
        fail(kernel, code);
    return blob;
}

static void by_dxc(HMODULE library, const char *out, const char *kernel) {
    create_function create = (create_function)need(library, "DxcCreateInstance");
    LPCWSTR arguments[] = {L"-E", L"fill", L"-T", L"cs_6_0", L"-HV", L"2018", L"-no-warnings", L"-Ges"};
    compiler_interface *compiler = NULL;
    result_interface *compiled = NULL, *disassembled = NULL;
    ID3DBlob *code, *listing;
    size_t size;
    void *text = text_of(kernel, &size);
    source_buffer source = {text, size, UTF8};
    HRESULT result = create(&COMPILER, &COMPILER_3, (void **)&compiler);
    if (FAILED(result))
        fail("DxcCreateInstance", result);
    result = compiler->of->compile(compiler, &source, arguments, sizeof arguments / sizeof *arguments, NULL, &RESULT,
                                   (void **)&compiled);
    if (SUCCEEDED(result))
        compiled->of->get_status(compiled, &result);
    if (FAILED(result)) {
        if (compiled) {
            ID3DBlob *errors = output(compiled, ERRORS, kernel);
            fprintf(stderr, "%.*s\n", (int)ID3D10Blob_GetBufferSize(errors),
                    (char *)ID3D10Blob_GetBufferPointer(errors));
        }
        fail(kernel, result);
    }
    code = output(compiled, OBJECT, kernel);
    source.pointer = ID3D10Blob_GetBufferPointer(code);
    source.size = ID3D10Blob_GetBufferSize(code);
    source.encoding = 0;
    result = compiler->of->disassemble(compiler, &source, &RESULT, (void **)&disassembled);
    if (FAILED(result))
        fail(kernel, result);
    listing = output(disassembled, DISASSEMBLY, kernel);
    write_listing(out, kernel, ID3D10Blob_GetBufferPointer(listing), strlen(ID3D10Blob_GetBufferPointer(listing)));
    ID3D10Blob_Release(listing);
    ID3D10Blob_Release(code);
    disassembled->of->release(disassembled);
    compiled->of->release(compiled);
    compiler->of->release(compiler);
    free(text);
}

int main(int count, char **arguments) {
    int at, is_fxc = count > 3 && !strcmp(arguments[1], "fxc");
    HMODULE library;
    if (count < 4) {
        fprintf(stderr, "usage: direct3d.exe fxc|dxc OUT KERNEL..\n");
        return 2;
    }
    library = LoadLibraryA(is_fxc ? "d3dcompiler_47.dll" : "dxcompiler.dll");
    for (at = 3; at < count; at++)
        (is_fxc ? by_fxc : by_dxc)(library, arguments[2], arguments[at]);
    return 0;
}
