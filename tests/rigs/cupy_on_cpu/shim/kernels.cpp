// NVRTC and the driver on the host: a kernel's source is compiled by g++ to a shared library, its
// "cubin" is that library's bytes, loading it is dlopen, and a launch loops over grid and block.
//
// A thread of a block that has to wait for others is a fiber with a stack of its own. Fibers are
// run in order, each until it waits; when none can run, barriers that all live threads have reached
// open; when none opens, the launch has failed. A fault or a division by zero inside a kernel fails
// the launch too, where a GPU might have given anything.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "launch.h"

namespace {

// --- fibers ---------------------------------------------------------------------------------------

enum State : unsigned char { Ready, AtBlock, AtWarp, Done };
constexpr unsigned MOST = 1024;
constexpr size_t STACK = 256 << 10, COLOUR = 192;  // stacks in step would share one line of cache

jmp_buf at[MOST], scheduler, failure;
State state[MOST];
unsigned masks[MOST], running, threads;
bool started[MOST];
char* stacks;
void (*body)(void*, unsigned);
void* argument;

void start(unsigned i);

// Leave the running fiber, for the next one that can run or, after the last, for the scheduler.
void leave() {
  for (unsigned i = running + 1; i < threads; i++)
    if (state[i] == Ready) {
      running = i;
      if (started[i]) _longjmp(at[i], 1);
      start(i);
    }
  _longjmp(scheduler, 1);
}

void fiber_main() {
  for (;;) {
    body(argument, running);
    state[running] = Done;
    if (!_setjmp(at[running])) leave();
  }
}

void start(unsigned i) {
  static ucontext_t fresh;
  getcontext(&fresh);
  fresh.uc_stack.ss_sp = stacks + i * (STACK + COLOUR);
  fresh.uc_stack.ss_size = STACK, fresh.uc_link = nullptr;
  makecontext(&fresh, fiber_main, 0);
  started[i] = true;
  setcontext(&fresh);
}

void wait(State why, unsigned mask) {
  state[running] = why, masks[running] = mask;
  if (!_setjmp(at[running])) leave();
}

void wait_block() { wait(AtBlock, 0); }
void wait_warp(unsigned mask) { wait(AtWarp, mask); }

bool open_warps() {
  bool opened = false;
  for (unsigned w = 0; w < threads; w += 32) {
    unsigned live = 0, waiting = 0, m = threads - w < 32 ? threads - w : 32;
    for (unsigned i = 0; i < m; i++) {
      live |= unsigned(state[w + i] != Done) << i;
      waiting |= unsigned(state[w + i] == AtWarp) << i;
    }
    for (unsigned i = 0; i < m; i++)
      if (waiting >> i & 1 && !(masks[w + i] & live & ~waiting)) state[w + i] = Ready, opened = true;
  }
  return opened;
}

void run_fibers(unsigned n, void (*b)(void*, unsigned), void* arg) {
  body = b, argument = arg, threads = n;
  size_t all = MOST * (STACK + COLOUR);
  if (!stacks) {
    void* p = mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) _longjmp(failure, SIGABRT);
    stacks = static_cast<char*>(p);
  }
  std::fill(state, state + n, Ready);
  for (;;) {
    running = unsigned(-1);
    if (!_setjmp(scheduler)) leave();
    unsigned finished = std::count(state, state + n, Done);
    if (finished == n) return;
    if (open_warps()) continue;
    if (finished + std::count(state, state + n, AtBlock) != n) _longjmp(failure, SIGABRT);
    std::replace(state, state + n, AtBlock, Ready);
  }
}

// --- modules and launches -------------------------------------------------------------------------

typedef void (*Entry)(const Launch&, void**);
struct Module {
  void* handle;
  std::map<std::string, void*> functions;
};

enum { Ok, InvalidValue = 1, InvalidImage = 200, NotFound = 500, IllegalAddress = 700 };
enum { LaunchFailed = 719, NotSupported = 801 };
std::mutex one_at_a_time;

void on_fault(int signal) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  _longjmp(failure, signal);
}

struct Faults {
  struct sigaction segv, fpe, bus;
  Faults() {
    struct sigaction a = {};
    a.sa_handler = on_fault, a.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &a, &segv), sigaction(SIGFPE, &a, &fpe), sigaction(SIGBUS, &a, &bus);
  }
  ~Faults() {
    sigaction(SIGSEGV, &segv, nullptr), sigaction(SIGFPE, &fpe, nullptr);
    sigaction(SIGBUS, &bus, nullptr);
  }
};

// --- compilation ----------------------------------------------------------------------------------

struct Program {
  std::string source, log, binary;
  std::vector<std::string> expressions;
  std::map<std::string, std::string> lowered;
};

bool word(char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool mentions(const std::string& text, const char* name) {
  return text.find(name) != std::string::npos;
}

// Names of the kernels that are not templates: the identifier before the first parenthesis, unless
// that opens the launch bounds.
std::vector<std::string> kernels(const std::string& s) {
  std::vector<std::string> found;
  for (size_t at = 0; (at = s.find("__global__", at)) != std::string::npos;) {
    size_t from = s.find_last_of(";}", at) + 1;
    std::string before = s.substr(from, at - from);
    at += strlen("__global__");
    size_t open = s.find('(', at), end = open;
    std::string name;
    while (open != std::string::npos) {
      end = open;
      while (end > at && isspace(static_cast<unsigned char>(s[end - 1]))) end--;
      size_t begin = end;
      while (begin > at && word(s[begin - 1])) begin--;
      name = s.substr(begin, end - begin);
      if (name != "__launch_bounds__") break;
      open = s.find('(', s.find(')', open));
    }
    if (!mentions(before, "template") && !name.empty()) found.push_back(name);
  }
  return found;
}

std::string replace_dynamic_shared(std::string s) {
  for (size_t at; (at = s.find("extern __shared__")) != std::string::npos;) {
    size_t end = s.find(';', at), bracket = s.rfind('[', end);
    std::string decl = s.substr(at + 17, bracket - at - 17);
    size_t align = decl.find("__align__");
    if (align != std::string::npos) decl.erase(align, decl.find(')', align) + 1 - align);
    while (isspace(static_cast<unsigned char>(decl.back()))) decl.pop_back();
    size_t cut = decl.size();
    while (word(decl[cut - 1])) cut--;
    std::string type = decl.substr(0, cut);
    s.replace(at, end - at, type + "*" + decl.substr(cut) + " = (" + type + "*)launch->shared");
  }
  return s;
}

std::string quoted(const std::string& s) {
  std::string out = "'";
  for (char c : s) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// The options that mean something to g++; false for one that this shim cannot honour.
bool translate(const std::string& o, std::string* command) {
  static const char* ignored[] = {"-ftz=", "--ftz=", "-arch=", "--gpu-architecture=", "-fmad=",
                                  "--fmad=", "--device-as-default-execution-space", "-lineinfo",
                                  "--generate-line-info", "-default-device", "--use_fast_math"};
  for (const char* i : ignored)
    if (!o.compare(0, strlen(i), i)) return true;
  size_t dashes = o.compare(0, 6, "--std=") ? 0 : 1;
  bool takes = dashes || !o.compare(0, 2, "-D") || !o.compare(0, 2, "-I") || !o.compare(0, 2, "-U") ||
               !o.compare(0, 5, "-std=");
  if (takes) *command += " " + quoted(o.substr(dashes));
  return takes;
}

bool compile(Program* p, int n, const char** options) {
  std::string text = replace_dynamic_shared(p->source), tail;
  for (const std::string& name : kernels(text)) tail += "CPU_ENTRY(" + name + ", " + name + ")\n";
  for (size_t i = 0; i < p->expressions.size(); i++) {
    std::string id = "expression_" + std::to_string(i);
    p->lowered[p->expressions[i]] = id;
    tail += "CPU_ENTRY(" + id + ", " + p->expressions[i] + ")\n";
  }
  std::string command = CPU_COMPILER " -I" CPU_INCLUDE " -include " CPU_INCLUDE;
  command += mentions(text, "<cupy/carray.cuh>") ? "/cupy_device.h" : "/device.h";
  for (int i = 0; i < n; i++)
    if (!translate(options[i], &command)) {
      p->log = std::string("the CuPy-on-CPU rig does not know the option ") + options[i];
      return false;
    }
  static const char* waits[] = {"__syncthreads", "__syncwarp", "__shfl_"};
  for (const char* w : waits)
    if (mentions(text, w)) {
      command += " -DCPU_FIBERS";
      break;
    }
  const char* tmp = getenv("TMPDIR");
  std::string folder = std::string(tmp ? tmp : "/tmp") + "/cupy_on_cpu_XXXXXX";
  if (!mkdtemp(&folder[0])) return p->log = "no temporary folder", false;
  std::string source = folder + "/kernel.cpp", library = folder + "/kernel.so";
  std::string log = folder + "/log";
  std::ofstream(source) << text << "\n" << tail;
  command += " -o " + quoted(library) + " " + quoted(source) + " >" + quoted(log) + " 2>&1";
  bool good = system(command.c_str()) == 0;
  p->log = read(log);
  if (good) p->binary = read(library);
  unlink(source.c_str()), unlink(library.c_str()), unlink(log.c_str()), rmdir(folder.c_str());
  return good;
}

}  // namespace

extern "C" {

// --- NVRTC ----------------------------------------------------------------------------------------

const char* nvrtcGetErrorString(int code) {
  return code == 0 ? "NVRTC_SUCCESS" : code == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR";
}
int nvrtcVersion(int* major, int* minor) { return *major = 12, *minor = 9, 0; }
int nvrtcCreateProgram(Program** p, const char* source, const char*, int headers, const char**,
                       const char**) {
  if (headers) return 3;
  *p = new Program();
  (*p)->source = source;
  return 0;
}
int nvrtcDestroyProgram(Program** p) { return delete *p, *p = nullptr, 0; }
int nvrtcAddNameExpression(Program* p, const char* e) { return p->expressions.push_back(e), 0; }
int nvrtcGetLoweredName(Program* p, const char* e, const char** name) {
  auto it = p->lowered.find(e);
  return it == p->lowered.end() ? 10 : (*name = it->second.c_str(), 0);
}
int nvrtcCompileProgram(Program* p, int n, const char** options) {
  if (p->source.find_first_not_of(" \t\r\n") == std::string::npos) return 0;
  return compile(p, n, options) ? 0 : 6;
}
int nvrtcGetPTXSize(Program*, size_t* n) { return *n = strlen("// " CPU_RIG) + 1, 0; }
int nvrtcGetPTX(Program*, char* out) { return strcpy(out, "// " CPU_RIG), 0; }
int nvrtcGetCUBINSize(Program* p, size_t* n) { return *n = p->binary.size() + 1, 0; }
int nvrtcGetCUBIN(Program* p, char* out) {
  return memcpy(out, p->binary.c_str(), p->binary.size() + 1), 0;
}
int nvrtcGetProgramLogSize(Program* p, size_t* n) { return *n = p->log.size() + 1, 0; }
int nvrtcGetProgramLog(Program* p, char* out) {
  return memcpy(out, p->log.c_str(), p->log.size() + 1), 0;
}

// --- driver ---------------------------------------------------------------------------------------

const char* cudaGetErrorName(int);
const char* cudaGetErrorString(int);
int cuGetErrorName(int code, const char** s) { return *s = cudaGetErrorName(code), 0; }
int cuGetErrorString(int code, const char** s) { return *s = cudaGetErrorString(code), 0; }

int cuModuleLoadData(Module** m, const char* image) {
  auto elf = reinterpret_cast<const ElfW(Ehdr)*>(image);
  if (memcmp(image, ELFMAG, SELFMAG)) return InvalidImage;
  size_t size = elf->e_shoff + size_t(elf->e_shentsize) * elf->e_shnum;
  const char* tmp = getenv("TMPDIR");
  std::string path = std::string(tmp ? tmp : "/tmp") + "/cupy_on_cpu_XXXXXX";
  int fd = mkstemp(&path[0]);
  if (fd < 0) return InvalidImage;
  bool written = write(fd, image, size) == ssize_t(size);
  close(fd);
  void* handle = written ? dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  unlink(path.c_str());
  if (!handle) return fprintf(stderr, "%s\n", dlerror()), InvalidImage;
  *m = new Module{handle, {}};
  return Ok;
}
int cuModuleUnload(Module* m) { return dlclose(m->handle), delete m, Ok; }
int cuModuleGetFunction(void** f, Module* m, const char* name) {
  *f = dlsym(m->handle, (std::string("cpu_entry_") + name).c_str());
  return *f ? Ok : NotFound;
}
int cuModuleGetGlobal(void** p, size_t* size, Module* m, const char* name) {
  Dl_info info;
  ElfW(Sym)* symbol = nullptr;
  *p = dlsym(m->handle, name);
  if (!*p) return NotFound;
  if (dladdr1(*p, &info, reinterpret_cast<void**>(&symbol), RTLD_DL_SYMENT) && symbol)
    *size = symbol->st_size;
  return Ok;
}
int cuFuncGetAttribute(int* v, int attribute, void*) {
  return attribute == 0 ? (*v = 1024, Ok) : NotSupported;
}
int cuLaunchKernel(void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                   unsigned bz, unsigned shared, void*, void** params, void** extra) {
  if (extra || !gx || !gy || !gz || gx > 2147483647u || gy > 65535 || gz > 65535) return InvalidValue;
  if (!bx || !by || !bz || bx > 1024 || by > 1024 || bz > 64) return InvalidValue;
  if (size_t(bx) * by * bz > 1024 || shared > 49152) return InvalidValue;
  std::lock_guard<std::mutex> lock(one_at_a_time);
  static char memory[49152] __attribute__((aligned(64)));
  Launch l = {dim3(gx, gy, gz), dim3(bx, by, bz), memory, run_fibers, wait_block, wait_warp};
  Faults faults;
  if (int signal = _setjmp(failure)) {
    std::fill(started, started + MOST, false);
    return signal == SIGSEGV || signal == SIGBUS ? IllegalAddress : LaunchFailed;
  }
  reinterpret_cast<Entry>(f)(l, params);
  return Ok;
}

}  // extern "C"
