// Modules and their functions.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

#include "context.h"
#include "limits.h"
#include "memory.h"
#include "module.h"
#include "order.h"
#include "report.h"

namespace muninn {

namespace {

std::set<Module*> modules;
Module* loading = nullptr;

#if defined(__x86_64__)
constexpr unsigned hostMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned hostMachine = EM_AARCH64;
#endif
constexpr std::uint32_t fatbinMagic = 0xBA55ED50, fatbinWrapperMagic = 0x466243B1;

// Bytes of an ELF image, which ends with its section headers or its last section; 0 if it is no shared object of
// this machine.
std::size_t imageBytes(const Elf64_Ehdr& header) {
  if (header.e_machine != hostMachine || header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) return 0;
  std::size_t end = header.e_shoff + std::size_t{header.e_shnum} * header.e_shentsize;
  const auto* base = reinterpret_cast<const char*>(&header);
  for (unsigned i = 0; i < header.e_shnum; i++) {
    Elf64_Shdr section;
    std::memcpy(&section, base + header.e_shoff + std::size_t{i} * header.e_shentsize, sizeof section);
    if (section.sh_type != SHT_NOBITS) end = std::max<std::size_t>(end, section.sh_offset + section.sh_size);
  }
  return end;
}

// Its segments: constants and tables that kernels may read.
void addRanges(Module& module) {
  const auto* map = static_cast<const link_map*>(module.library);
  struct Request {
    Module& module;
    ElfW(Addr) base;
  } request{module, map->l_addr};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto& r = *static_cast<Request*>(data);
        if (info->dlpi_addr != r.base) return 0;
        for (unsigned i = 0; i < info->dlpi_phnum; i++) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD) continue;
          const std::uintptr_t from = info->dlpi_addr + segment.p_vaddr;
          addModuleRange(from, from + segment.p_memsz);
          r.module.ranges.push_back(from);
        }
        return 1;
      },
      &request);
}

CUresult invalidImage(CUresult code, const char* why) {
  report(code, format("the module's image is %s", why));
  return code;
}

void unload(Module* module) {
  for (const auto from : module->ranges) removeModuleRange(from);
  if (module->library) dlclose(module->library);
  if (module->file >= 0) close(module->file);
  delete module;
}

CUresult load(Module* module, const void* image, std::size_t bytes) {
  module->file = memfd_create("muninn-module", MFD_CLOEXEC);
  REQUIRE(module->file >= 0, CUDA_ERROR_SHARED_OBJECT_INIT_FAILED);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t n = write(module->file, static_cast<const char*>(image) + done, bytes - done);
    REQUIRE(n > 0, CUDA_ERROR_OUT_OF_MEMORY);
    done += n;
  }
  loading = module;
  module->library = dlopen(format("/proc/self/fd/%d", module->file).c_str(), RTLD_NOW | RTLD_LOCAL);
  loading = nullptr;
  if (!module->library) return invalidImage(CUDA_ERROR_SHARED_OBJECT_INIT_FAILED, dlerror());
  addRanges(*module);
  return CUDA_SUCCESS;
}

}  // namespace

void endModules() {
  for (Module* m : modules) unload(m);
  modules.clear();
}

}  // namespace muninn

namespace simt {
__attribute__((visibility("default"))) void registerKernel(const Kernel* kernel) {
  if (muninn::loading) muninn::loading->kernels.push_back(kernel);
}
}  // namespace simt

using namespace muninn;

EXPORT CUresult cuModuleLoadData(CUmodule* out, const void* image) {
  DRIVER_CALL;
  REQUIRE(out && image, CUDA_ERROR_INVALID_VALUE);
  std::uint32_t magic;
  std::memcpy(&magic, image, sizeof magic);
  if (magic == fatbinMagic || magic == fatbinWrapperMagic) {
    return invalidImage(CUDA_ERROR_NO_BINARY_FOR_GPU, "a fatbin for real devices; the emulated one takes a shared object of "
                                                      "kernels compiled for it");
  }
  if (std::memcmp(image, ELFMAG, SELFMAG) != 0) {
    return invalidImage(CUDA_ERROR_INVALID_IMAGE, "not an ELF file; the emulated device takes a shared object of kernels compiled for it");
  }
  Elf64_Ehdr header;
  std::memcpy(&header, image, sizeof header);
  const std::size_t bytes = header.e_machine == hostMachine ? imageBytes(*static_cast<const Elf64_Ehdr*>(image)) : 0;
  if (!bytes) return invalidImage(CUDA_ERROR_NO_BINARY_FOR_GPU, "an ELF file for another machine");
  auto* module = new Module;
  if (const CUresult r = load(module, image, bytes)) {
    unload(module);
    return r;
  }
  if (module->kernels.empty()) {
    unload(module);
    return invalidImage(CUDA_ERROR_INVALID_IMAGE, "a shared object without kernels");
  }
  modules.insert(module);
  *out = module;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleLoadDataEx(CUmodule* out, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(out, image);
}

EXPORT CUresult cuModuleLoad(CUmodule* out, const char* path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file, CUDA_ERROR_FILE_NOT_FOUND);
  const std::string image(std::istreambuf_iterator<char>(file), {});
  return cuModuleLoadData(out, image.c_str());
}

EXPORT CUresult cuModuleUnload(CUmodule module) {
  DRIVER_CALL;
  REQUIRE(modules.count(module), CUDA_ERROR_INVALID_HANDLE);
  if (const CUresult r = catchUp()) return r;
  modules.erase(module);
  unload(module);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleGetFunction(CUfunction* out, CUmodule module, const char* name) {
  DRIVER_CALL;
  REQUIRE(modules.count(module), CUDA_ERROR_INVALID_HANDLE);
  for (Function& f : module->functions) {
    if (std::strcmp(f.kernel->name, name) == 0) {
      *out = &f;
      return CUDA_SUCCESS;
    }
  }
  for (const simt::Kernel* kernel : module->kernels) {
    if (std::strcmp(kernel->name, name) != 0) continue;
    Function& f = module->functions.emplace_back();
    f.kernel = kernel;
    f.module = module;
    *out = &f;
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_NOT_FOUND;
}

EXPORT CUresult cuFuncGetName(const char** name, CUfunction function) {
  DRIVER_CALL;
  *name = function->kernel->name;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncGetParamInfo(CUfunction function, std::size_t index, std::size_t* offset, std::size_t* size) {
  DRIVER_CALL;
  REQUIRE(function && index < function->kernel->count, CUDA_ERROR_INVALID_VALUE);
  const simt::Parameter& p = function->kernel->parameters[index];
  if (offset) *offset = p.offset;
  if (size) *size = p.size;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  DRIVER_CALL;
  REQUIRE(value && function, CUDA_ERROR_INVALID_VALUE);
  switch (attribute) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = function->kernel->maxThreads; break;
    case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = function->staticShared; break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = 32; break;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *value = limits::computeMajor * 10 + limits::computeMinor; break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = function->maxDynamicShared; break;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: *value = -1; break;
    case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
    case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA: *value = 0; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  DRIVER_CALL;
  REQUIRE(function, CUDA_ERROR_INVALID_HANDLE);
  if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT) return CUDA_SUCCESS;
  REQUIRE(attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, CUDA_ERROR_INVALID_VALUE);
  REQUIRE(value >= 0 && static_cast<unsigned>(value) + function->staticShared <= limits::sharedOptIn(), CUDA_ERROR_INVALID_VALUE);
  function->maxDynamicShared = value;
  return CUDA_SUCCESS;
}
