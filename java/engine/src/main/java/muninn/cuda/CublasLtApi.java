package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import muninn.UserException;

/**
 * The functions of cuBLASLt that one kind of product needs, answering the cublasStatus_t; bound
 * like {@link Api}, a handle per signature. They are the same in versions 12 and 13.
 */
final class CublasLtApi {
  private static final MethodHandle VERSION = of(JAVA_LONG);
  private static final MethodHandle NAME = of(JAVA_LONG, JAVA_INT);
  private static final MethodHandle J = of(JAVA_INT, JAVA_LONG);
  private static final MethodHandle JII = of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle JIJJ = of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle JIJJJ =
      of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle HEURISTIC =
      of(
          JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MATMUL =
      of(
          JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_LONG);

  private final MemorySegment getCudartVersion;
  private final MemorySegment getStatusName;
  private final MemorySegment create;
  private final MemorySegment destroy;
  private final MemorySegment descCreate;
  private final MemorySegment descDestroy;
  private final MemorySegment descSet;
  private final MemorySegment layoutCreate;
  private final MemorySegment layoutDestroy;
  private final MemorySegment preferenceCreate;
  private final MemorySegment preferenceDestroy;
  private final MemorySegment preferenceSet;
  private final MemorySegment heuristic;
  private final MemorySegment matmul;

  /**
   * Looks all of them up.
   *
   * @throws UserException naming the first one that is missing
   */
  CublasLtApi(SymbolLookup symbols, String library) {
    getCudartVersion = find(symbols, library, "cublasLtGetCudartVersion");
    getStatusName = find(symbols, library, "cublasLtGetStatusName");
    create = find(symbols, library, "cublasLtCreate");
    destroy = find(symbols, library, "cublasLtDestroy");
    descCreate = find(symbols, library, "cublasLtMatmulDescCreate");
    descDestroy = find(symbols, library, "cublasLtMatmulDescDestroy");
    descSet = find(symbols, library, "cublasLtMatmulDescSetAttribute");
    layoutCreate = find(symbols, library, "cublasLtMatrixLayoutCreate");
    layoutDestroy = find(symbols, library, "cublasLtMatrixLayoutDestroy");
    preferenceCreate = find(symbols, library, "cublasLtMatmulPreferenceCreate");
    preferenceDestroy = find(symbols, library, "cublasLtMatmulPreferenceDestroy");
    preferenceSet = find(symbols, library, "cublasLtMatmulPreferenceSetAttribute");
    heuristic = find(symbols, library, "cublasLtMatmulAlgoGetHeuristic");
    matmul = find(symbols, library, "cublasLtMatmul");
  }

  /** Such as 120604 for 12.6.4; can be asked before all else, of a library of any age. */
  static long version(SymbolLookup symbols, String library) {
    return version(find(symbols, library, "cublasLtGetVersion"));
  }

  /** The CUDA it was built for, as the driver counts: 12060 for 12.6. */
  long cudaVersion() {
    return version(getCudartVersion);
  }

  private static long version(MemorySegment call) {
    try {
      return (long) VERSION.invokeExact(call);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  String statusName(int status) {
    try {
      long text = (long) NAME.invokeExact(getStatusName, status);
      return text == 0 ? "status " + status : Api.text(text) + " (" + status + ")";
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  int create(long handle) {
    return j(create, handle);
  }

  int destroy(long handle) {
    return j(destroy, handle);
  }

  int descCreate(long desc, int computeType, int scaleType) {
    try {
      return (int) JII.invokeExact(descCreate, desc, computeType, scaleType);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  int descDestroy(long desc) {
    return j(descDestroy, desc);
  }

  int descSet(long desc, int attribute, long value, long bytes) {
    return jijj(descSet, desc, attribute, value, bytes);
  }

  /** A matrix in columns: {@code rows} long, {@code pitch} elements from one to the next. */
  int layoutCreate(long layout, int type, long rows, long columns, long pitch) {
    try {
      return (int) JIJJJ.invokeExact(layoutCreate, layout, type, rows, columns, pitch);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  int layoutDestroy(long layout) {
    return j(layoutDestroy, layout);
  }

  int preferenceCreate(long preference) {
    return j(preferenceCreate, preference);
  }

  int preferenceDestroy(long preference) {
    return j(preferenceDestroy, preference);
  }

  int preferenceSet(long preference, int attribute, long value, long bytes) {
    return jijj(preferenceSet, preference, attribute, value, bytes);
  }

  int heuristic(
      long handle,
      long desc,
      long a,
      long b,
      long c,
      long d,
      long preference,
      int wanted,
      long results,
      long count) {
    try {
      return (int)
          HEURISTIC.invokeExact(
              heuristic, handle, desc, a, b, c, d, preference, wanted, results, count);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  int matmul(
      long handle,
      long desc,
      long alpha,
      long a,
      long layoutA,
      long b,
      long layoutB,
      long beta,
      long c,
      long layoutC,
      long d,
      long layoutD,
      long algorithm,
      long workspace,
      long workspaceBytes,
      long stream) {
    try {
      return (int)
          MATMUL.invokeExact(
              matmul,
              handle,
              desc,
              alpha,
              a,
              layoutA,
              b,
              layoutB,
              beta,
              c,
              layoutC,
              d,
              layoutD,
              algorithm,
              workspace,
              workspaceBytes,
              stream);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  private static int j(MemorySegment call, long a) {
    try {
      return (int) J.invokeExact(call, a);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  private static int jijj(MemorySegment call, long a, int b, long c, long d) {
    try {
      return (int) JIJJ.invokeExact(call, a, b, c, d);
    } catch (Throwable thrown) {
      throw Api.unexpected(thrown);
    }
  }

  private static MemorySegment find(SymbolLookup symbols, String library, String name) {
    return symbols
        .find(name)
        .orElseThrow(
            () ->
                UserException.of(
                    "%s is not cuBLASLt 12 or 13, it has no function %s", library, name));
  }

  private static MethodHandle of(MemoryLayout result, MemoryLayout... parameters) {
    return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(result, parameters));
  }
}
