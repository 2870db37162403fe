package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import muninn.UserException;

/**
 * The driver's C functions, one method each, answering the CUresult. A method handle is bound per
 * signature and not per function, so the handles are constants of this class (which the compiled
 * call needs) and still several libraries can be open at a time; nothing is looked up in a static
 * initialiser. A launch of 8 arguments through all of this took 12.4 ns, 16.7 ns with the arguments
 * set anew, and 10.7 ns through a handle of its own (5 million calls of a function that does
 * nothing, fifth round, shared 4-core Xeon, JDK 25).
 *
 * <p>Handles, device pointers and addresses are longs. No call is critical: many of them block, and
 * a garbage collection would wait for them.
 */
final class Api {
  private static final MethodHandle I = handle(JAVA_INT);
  private static final MethodHandle J = handle(JAVA_LONG);
  private static final MethodHandle IJ = handle(JAVA_INT, JAVA_LONG);
  private static final MethodHandle JI = handle(JAVA_LONG, JAVA_INT);
  private static final MethodHandle JII = handle(JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle NONE = handle();
  private static final MethodHandle JJ = handle(JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JJI = handle(JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle JJJJ = handle(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JBJJ = handle(JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JIJJ = handle(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JJJ = handle(JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JJIJJ =
      handle(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JIJ = handle(JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle JJIJ = handle(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle TEXT =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle LAUNCH =
      handle(
          JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
          JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle TENSOR_MAP =
      handle(
          JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

  private final MemorySegment init;
  private final MemorySegment getErrorName;
  private final MemorySegment getErrorString;
  private final MemorySegment deviceGetCount;
  private final MemorySegment deviceGet;
  private final MemorySegment deviceGetName;
  private final MemorySegment deviceGetAttribute;
  private final MemorySegment deviceTotalMem;
  private final MemorySegment primaryCtxRetain;
  private final MemorySegment primaryCtxRelease;
  private final MemorySegment ctxSetCurrent;
  private final MemorySegment ctxSynchronize;
  private final MemorySegment memGetInfo;
  private final MemorySegment memAlloc;
  private final MemorySegment memFree;
  private final MemorySegment memHostAlloc;
  private final MemorySegment memFreeHost;
  private final MemorySegment memHostRegister;
  private final MemorySegment memHostUnregister;
  private final MemorySegment memHostGetDevicePointer;
  private final MemorySegment memcpyHtoDAsync;
  private final MemorySegment memcpyDtoHAsync;
  private final MemorySegment memcpyDtoDAsync;
  private final MemorySegment memsetD8Async;
  private final MemorySegment memsetD32Async;
  private final MemorySegment streamCreate;
  private final MemorySegment streamDestroy;
  private final MemorySegment streamSynchronize;
  private final MemorySegment streamQuery;
  private final MemorySegment streamWaitEvent;
  private final MemorySegment streamBeginCapture;
  private final MemorySegment streamEndCapture;
  private final MemorySegment streamIsCapturing;
  private final MemorySegment eventCreate;
  private final MemorySegment eventDestroy;
  private final MemorySegment eventRecord;
  private final MemorySegment eventSynchronize;
  private final MemorySegment eventQuery;
  private final MemorySegment eventElapsedTime;
  private final MemorySegment moduleLoadDataEx;
  private final MemorySegment moduleUnload;
  private final MemorySegment moduleGetFunction;
  private final MemorySegment funcGetAttribute;
  private final MemorySegment funcSetAttribute;
  private final MemorySegment funcGetParamInfo;
  private final MemorySegment launchKernel;
  private final MemorySegment launchKernelEx;
  private final MemorySegment maxActiveBlocks;
  private final MemorySegment tensorMapEncodeTiled;
  private final MemorySegment graphInstantiate;
  private final MemorySegment graphGetNodes;
  private final MemorySegment graphDestroy;
  private final MemorySegment graphUpload;
  private final MemorySegment graphLaunch;
  private final MemorySegment graphExecUpdate;
  private final MemorySegment graphExecDestroy;
  private final MemorySegment lastReport;

  /**
   * Looks all of them up.
   *
   * @param library how it is called in a message
   * @throws UserException naming the first one that is missing
   */
  Api(SymbolLookup symbols, String library) {
    init = find(symbols, library, "cuInit");
    getErrorName = find(symbols, library, "cuGetErrorName");
    getErrorString = find(symbols, library, "cuGetErrorString");
    deviceGetCount = find(symbols, library, "cuDeviceGetCount");
    deviceGet = find(symbols, library, "cuDeviceGet");
    deviceGetName = find(symbols, library, "cuDeviceGetName");
    deviceGetAttribute = find(symbols, library, "cuDeviceGetAttribute");
    deviceTotalMem = find(symbols, library, "cuDeviceTotalMem_v2");
    primaryCtxRetain = find(symbols, library, "cuDevicePrimaryCtxRetain");
    primaryCtxRelease = find(symbols, library, "cuDevicePrimaryCtxRelease_v2");
    ctxSetCurrent = find(symbols, library, "cuCtxSetCurrent");
    ctxSynchronize = find(symbols, library, "cuCtxSynchronize");
    memGetInfo = find(symbols, library, "cuMemGetInfo_v2");
    memAlloc = find(symbols, library, "cuMemAlloc_v2");
    memFree = find(symbols, library, "cuMemFree_v2");
    memHostAlloc = find(symbols, library, "cuMemHostAlloc");
    memFreeHost = find(symbols, library, "cuMemFreeHost");
    memHostRegister = find(symbols, library, "cuMemHostRegister_v2");
    memHostUnregister = find(symbols, library, "cuMemHostUnregister");
    memHostGetDevicePointer = find(symbols, library, "cuMemHostGetDevicePointer_v2");
    memcpyHtoDAsync = find(symbols, library, "cuMemcpyHtoDAsync_v2");
    memcpyDtoHAsync = find(symbols, library, "cuMemcpyDtoHAsync_v2");
    memcpyDtoDAsync = find(symbols, library, "cuMemcpyDtoDAsync_v2");
    memsetD8Async = find(symbols, library, "cuMemsetD8Async");
    memsetD32Async = find(symbols, library, "cuMemsetD32Async");
    streamCreate = find(symbols, library, "cuStreamCreate");
    streamDestroy = find(symbols, library, "cuStreamDestroy_v2");
    streamSynchronize = find(symbols, library, "cuStreamSynchronize");
    streamQuery = find(symbols, library, "cuStreamQuery");
    streamWaitEvent = find(symbols, library, "cuStreamWaitEvent");
    streamBeginCapture = find(symbols, library, "cuStreamBeginCapture_v2");
    streamEndCapture = find(symbols, library, "cuStreamEndCapture");
    streamIsCapturing = find(symbols, library, "cuStreamIsCapturing");
    eventCreate = find(symbols, library, "cuEventCreate");
    eventDestroy = find(symbols, library, "cuEventDestroy_v2");
    eventRecord = find(symbols, library, "cuEventRecord");
    eventSynchronize = find(symbols, library, "cuEventSynchronize");
    eventQuery = find(symbols, library, "cuEventQuery");
    eventElapsedTime = find(symbols, library, "cuEventElapsedTime_v2", "cuEventElapsedTime");
    moduleLoadDataEx = find(symbols, library, "cuModuleLoadDataEx");
    moduleUnload = find(symbols, library, "cuModuleUnload");
    moduleGetFunction = find(symbols, library, "cuModuleGetFunction");
    funcGetAttribute = find(symbols, library, "cuFuncGetAttribute");
    funcSetAttribute = find(symbols, library, "cuFuncSetAttribute");
    funcGetParamInfo = symbols.find("cuFuncGetParamInfo").orElse(MemorySegment.NULL);
    launchKernel = find(symbols, library, "cuLaunchKernel");
    launchKernelEx = find(symbols, library, "cuLaunchKernelEx");
    maxActiveBlocks = find(symbols, library, "cuOccupancyMaxActiveBlocksPerMultiprocessor");
    tensorMapEncodeTiled = find(symbols, library, "cuTensorMapEncodeTiled");
    graphInstantiate = find(symbols, library, "cuGraphInstantiateWithFlags");
    graphGetNodes = find(symbols, library, "cuGraphGetNodes");
    graphDestroy = find(symbols, library, "cuGraphDestroy");
    graphUpload = find(symbols, library, "cuGraphUpload");
    graphLaunch = find(symbols, library, "cuGraphLaunch");
    graphExecUpdate = find(symbols, library, "cuGraphExecUpdate_v2");
    graphExecDestroy = find(symbols, library, "cuGraphExecDestroy");
    lastReport = symbols.find("muninnEmulatedLastReport").orElse(MemorySegment.NULL);
  }

  int init(int flags) {
    return i(init, flags);
  }

  int getErrorName(int error, long text) {
    return ij(getErrorName, error, text);
  }

  int getErrorString(int error, long text) {
    return ij(getErrorString, error, text);
  }

  int deviceGetCount(long count) {
    return j(deviceGetCount, count);
  }

  int deviceGet(long device, int ordinal) {
    return ji(deviceGet, device, ordinal);
  }

  int deviceGetName(long name, int bytes, int device) {
    return jii(deviceGetName, name, bytes, device);
  }

  int deviceGetAttribute(long value, int attribute, int device) {
    return jii(deviceGetAttribute, value, attribute, device);
  }

  int deviceTotalMem(long bytes, int device) {
    return ji(deviceTotalMem, bytes, device);
  }

  int primaryCtxRetain(long context, int device) {
    return ji(primaryCtxRetain, context, device);
  }

  int primaryCtxRelease(int device) {
    return i(primaryCtxRelease, device);
  }

  int ctxSetCurrent(long context) {
    return j(ctxSetCurrent, context);
  }

  int ctxSynchronize() {
    return none(ctxSynchronize);
  }

  int memGetInfo(long free, long total) {
    return jj(memGetInfo, free, total);
  }

  int memAlloc(long pointer, long bytes) {
    return jj(memAlloc, pointer, bytes);
  }

  int memFree(long pointer) {
    return j(memFree, pointer);
  }

  int memHostAlloc(long pointer, long bytes, int flags) {
    return jji(memHostAlloc, pointer, bytes, flags);
  }

  int memFreeHost(long pointer) {
    return j(memFreeHost, pointer);
  }

  int memHostRegister(long host, long bytes, int flags) {
    return jji(memHostRegister, host, bytes, flags);
  }

  int memHostUnregister(long host) {
    return j(memHostUnregister, host);
  }

  int memHostGetDevicePointer(long pointer, long host, int flags) {
    return jji(memHostGetDevicePointer, pointer, host, flags);
  }

  int memcpyHtoDAsync(long to, long host, long bytes, long stream) {
    return jjjj(memcpyHtoDAsync, to, host, bytes, stream);
  }

  int memcpyDtoHAsync(long host, long from, long bytes, long stream) {
    return jjjj(memcpyDtoHAsync, host, from, bytes, stream);
  }

  int memcpyDtoDAsync(long to, long from, long bytes, long stream) {
    return jjjj(memcpyDtoDAsync, to, from, bytes, stream);
  }

  int memsetD8Async(long to, byte value, long count, long stream) {
    return jbjj(memsetD8Async, to, value, count, stream);
  }

  int memsetD32Async(long to, int value, long count, long stream) {
    return jijj(memsetD32Async, to, value, count, stream);
  }

  int streamCreate(long stream, int flags) {
    return ji(streamCreate, stream, flags);
  }

  int streamDestroy(long stream) {
    return j(streamDestroy, stream);
  }

  int streamSynchronize(long stream) {
    return j(streamSynchronize, stream);
  }

  int streamQuery(long stream) {
    return j(streamQuery, stream);
  }

  int streamWaitEvent(long stream, long event, int flags) {
    return jji(streamWaitEvent, stream, event, flags);
  }

  int streamBeginCapture(long stream, int mode) {
    return ji(streamBeginCapture, stream, mode);
  }

  int streamEndCapture(long stream, long graph) {
    return jj(streamEndCapture, stream, graph);
  }

  int streamIsCapturing(long stream, long status) {
    return jj(streamIsCapturing, stream, status);
  }

  int eventCreate(long event, int flags) {
    return ji(eventCreate, event, flags);
  }

  int eventDestroy(long event) {
    return j(eventDestroy, event);
  }

  int eventRecord(long event, long stream) {
    return jj(eventRecord, event, stream);
  }

  int eventSynchronize(long event) {
    return j(eventSynchronize, event);
  }

  int eventQuery(long event) {
    return j(eventQuery, event);
  }

  int eventElapsedTime(long millis, long start, long end) {
    return jjj(eventElapsedTime, millis, start, end);
  }

  int moduleLoadDataEx(long module, long image, int options, long names, long values) {
    return jjijj(moduleLoadDataEx, module, image, options, names, values);
  }

  int moduleUnload(long module) {
    return j(moduleUnload, module);
  }

  int moduleGetFunction(long function, long module, long name) {
    return jjj(moduleGetFunction, function, module, name);
  }

  int funcGetAttribute(long value, int attribute, long function) {
    return jij(funcGetAttribute, value, attribute, function);
  }

  int funcSetAttribute(long function, int attribute, int value) {
    return jii(funcSetAttribute, function, attribute, value);
  }

  int funcGetParamInfo(long function, long index, long offset, long bytes) {
    return jjjj(funcGetParamInfo, function, index, offset, bytes);
  }

  /** What went wrong on an emulated device, in its own words; empty elsewhere. */
  String report() {
    return lastReport.address() == 0 ? "" : said(lastReport);
  }

  /**
   * Why an emulated device does not work in this environment; empty where it does, and elsewhere.
   */
  static String refusal(SymbolLookup symbols) {
    return symbols.find("muninnEmulatedRefusal").map(Api::said).orElse("");
  }

  /** A string that a function of an emulated device answers. */
  private static String said(MemorySegment function) {
    try {
      return text((long) TEXT.invokeExact(function));
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  /** A string that the driver keeps. */
  static String text(long address) {
    return MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** Functions that drivers since 12.4 have, but an emulated one may leave out. */
  boolean hasFuncGetParamInfo() {
    return funcGetParamInfo.address() != 0;
  }

  int launchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long parameters) {
    try {
      return (int)
          LAUNCH.invokeExact(
              launchKernel,
              function,
              gridX,
              gridY,
              gridZ,
              blockX,
              blockY,
              blockZ,
              sharedBytes,
              stream,
              parameters,
              0L);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  int launchKernelEx(long config, long function, long parameters, long extra) {
    return jjjj(launchKernelEx, config, function, parameters, extra);
  }

  int maxActiveBlocks(long blocks, long function, int threads, long sharedBytes) {
    return jjij(maxActiveBlocks, blocks, function, threads, sharedBytes);
  }

  int tensorMapEncodeTiled(
      long map,
      int type,
      int rank,
      long address,
      long dimensions,
      long strides,
      long box,
      long elementStrides,
      int interleave,
      int swizzle,
      int promotion,
      int fill) {
    try {
      return (int)
          TENSOR_MAP.invokeExact(
              tensorMapEncodeTiled,
              map,
              type,
              rank,
              address,
              dimensions,
              strides,
              box,
              elementStrides,
              interleave,
              swizzle,
              promotion,
              fill);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  int graphInstantiate(long exec, long graph, long flags) {
    return jjj(graphInstantiate, exec, graph, flags);
  }

  int graphGetNodes(long graph, long nodes, long count) {
    return jjj(graphGetNodes, graph, nodes, count);
  }

  int graphDestroy(long graph) {
    return j(graphDestroy, graph);
  }

  int graphUpload(long exec, long stream) {
    return jj(graphUpload, exec, stream);
  }

  int graphLaunch(long exec, long stream) {
    return jj(graphLaunch, exec, stream);
  }

  int graphExecUpdate(long exec, long graph, long result) {
    return jjj(graphExecUpdate, exec, graph, result);
  }

  int graphExecDestroy(long exec) {
    return j(graphExecDestroy, exec);
  }

  private static int i(MemorySegment call, int a) {
    try {
      return (int) I.invokeExact(call, a);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int j(MemorySegment call, long a) {
    try {
      return (int) J.invokeExact(call, a);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int ij(MemorySegment call, int a, long b) {
    try {
      return (int) IJ.invokeExact(call, a, b);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int ji(MemorySegment call, long a, int b) {
    try {
      return (int) JI.invokeExact(call, a, b);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jii(MemorySegment call, long a, int b, int c) {
    try {
      return (int) JII.invokeExact(call, a, b, c);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int none(MemorySegment call) {
    try {
      return (int) NONE.invokeExact(call);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jj(MemorySegment call, long a, long b) {
    try {
      return (int) JJ.invokeExact(call, a, b);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jji(MemorySegment call, long a, long b, int c) {
    try {
      return (int) JJI.invokeExact(call, a, b, c);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jjjj(MemorySegment call, long a, long b, long c, long d) {
    try {
      return (int) JJJJ.invokeExact(call, a, b, c, d);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jbjj(MemorySegment call, long a, byte b, long c, long d) {
    try {
      return (int) JBJJ.invokeExact(call, a, b, c, d);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jijj(MemorySegment call, long a, int b, long c, long d) {
    try {
      return (int) JIJJ.invokeExact(call, a, b, c, d);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jjj(MemorySegment call, long a, long b, long c) {
    try {
      return (int) JJJ.invokeExact(call, a, b, c);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jjijj(MemorySegment call, long a, long b, int c, long d, long e) {
    try {
      return (int) JJIJJ.invokeExact(call, a, b, c, d, e);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jij(MemorySegment call, long a, int b, long c) {
    try {
      return (int) JIJ.invokeExact(call, a, b, c);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static int jjij(MemorySegment call, long a, long b, int c, long d) {
    try {
      return (int) JJIJ.invokeExact(call, a, b, c, d);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  /**
   * The newest CUDA a driver supports, 0 when it does not say; can be asked before all else, of a
   * driver of any age.
   */
  static int version(SymbolLookup symbols, String library) {
    MemorySegment call = find(symbols, library, "cuDriverGetVersion");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      return j(call, out.address()) == 0 ? out.get(JAVA_INT, 0) : 0;
    }
  }

  private static MemorySegment find(SymbolLookup symbols, String library, String... names) {
    for (String name : names) {
      var found = symbols.find(name);
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw UserException.of(
        "%s: is not an NVIDIA driver for CUDA 12.4 or later, it has no function %s; install driver"
            + " 550 or later, or run on the CPU (device=cpu)",
        library, names[0]);
  }

  private static MethodHandle handle(MemoryLayout... parameters) {
    return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_INT, parameters));
  }

  /** A native call throws nothing; a handle called with the wrong types would. */
  static Error unexpected(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      throw runtime;
    }
    return e instanceof Error error ? error : new AssertionError(e);
  }
}
