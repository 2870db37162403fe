package muninn.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A product of one shape, {@code out[m, n] = Σ_k x[m, k] · w[n, k]}, bfloat16 operands, float32
 * sums and result, all three in rows; with the ways to compute it that cuBLASLt proposes, its
 * favourite first. Addresses are multiples of 16 bytes.
 *
 * <p>cuBLASLt thinks in columns, where our rows are columns of the transposed matrix: it is asked
 * for {@code out^T [n, m] = (w^T)^T [n, k] · x^T [k, m]}, which needs no data to move.
 */
public final class Matmul extends Handle {
  // Names of cublasLt.h and library_types.h.
  private static final int R_32F = 0;
  private static final int R_16BF = 14;
  private static final int COMPUTE_32F = 68;
  private static final int OP_N = 0;
  private static final int OP_T = 1;
  private static final int DESC_TRANSA = 3;
  private static final int DESC_TRANSB = 4;
  private static final int PREF_MAX_WORKSPACE_BYTES = 1;

  /** Of the four matrices A, B, C, D from this number on. */
  private static final int PREF_MIN_ALIGNMENT_A_BYTES = 5;

  private static final int ALIGNMENT = 16;

  // cublasLtMatmulHeuristicResult_t: the algorithm, what workspace it needs, whether it is one.
  private static final long RESULT_BYTES = 96;
  private static final long RESULT_ALGORITHM_BYTES = 64;
  private static final long RESULT_STATE = 72;

  private final Blas blas;
  private final CublasLt library;
  private final Arena arena;
  private final long layoutW;
  private final long layoutX;
  private final long layoutOut;
  private final List<MemorySegment> algorithms;

  private Matmul(
      Blas blas, Arena arena, long desc, long[] layouts, List<MemorySegment> algorithms) {
    super(blas.context, desc, true);
    this.blas = blas;
    this.library = blas.library;
    this.arena = arena;
    this.layoutW = layouts[0];
    this.layoutX = layouts[1];
    this.layoutOut = layouts[2];
    this.algorithms = algorithms;
  }

  static Matmul of(
      Blas blas, int m, int n, int k, int xPitch, int wPitch, boolean rounded, int candidates) {
    CublasLt library = blas.library;
    long handle = blas.value();
    Arena arena = Arena.ofConfined();
    long desc = 0;
    long[] layouts = new long[3];
    try {
      MemorySegment out = arena.allocate(JAVA_LONG);
      library.check(
          "cublasLtMatmulDescCreate", library.api.descCreate(out.address(), COMPUTE_32F, R_32F));
      desc = out.get(JAVA_LONG, 0);
      set(library, desc, DESC_TRANSA, arena.allocateFrom(JAVA_INT, OP_T));
      set(library, desc, DESC_TRANSB, arena.allocateFrom(JAVA_INT, OP_N));
      layouts[0] = layout(library, out, R_16BF, k, n, wPitch);
      layouts[1] = layout(library, out, R_16BF, k, m, xPitch);
      layouts[2] = layout(library, out, rounded ? R_16BF : R_32F, n, m, n);
      List<MemorySegment> algorithms =
          algorithms(library, handle, desc, layouts, arena, candidates);
      return new Matmul(blas, arena, desc, layouts, algorithms);
    } catch (Throwable e) {
      destroy(library, desc, layouts);
      arena.close();
      throw e;
    }
  }

  private static void set(CublasLt library, long desc, int attribute, MemorySegment value) {
    library.check(
        "cublasLtMatmulDescSetAttribute",
        library.api.descSet(desc, attribute, value.address(), value.byteSize()));
  }

  private static long layout(
      CublasLt library, MemorySegment out, int type, int rows, int columns, int pitch) {
    library.check(
        "cublasLtMatrixLayoutCreate",
        library.api.layoutCreate(out.address(), type, rows, columns, pitch));
    return out.get(JAVA_LONG, 0);
  }

  private static List<MemorySegment> algorithms(
      CublasLt library, long handle, long desc, long[] layouts, Arena arena, int wanted) {
    MemorySegment out = arena.allocate(JAVA_LONG);
    library.check("cublasLtMatmulPreferenceCreate", library.api.preferenceCreate(out.address()));
    long preference = out.get(JAVA_LONG, 0);
    try {
      prefer(
          library,
          preference,
          PREF_MAX_WORKSPACE_BYTES,
          arena.allocateFrom(JAVA_LONG, Blas.WORKSPACE_BYTES));
      for (int matrix = 0; matrix < 4; matrix++) {
        prefer(
            library,
            preference,
            PREF_MIN_ALIGNMENT_A_BYTES + matrix,
            arena.allocateFrom(JAVA_INT, ALIGNMENT));
      }
      MemorySegment results = arena.allocate(RESULT_BYTES * wanted, Long.BYTES);
      library.check(
          "cublasLtMatmulAlgoGetHeuristic",
          library.api.heuristic(
              handle,
              desc,
              layouts[0],
              layouts[1],
              layouts[2],
              layouts[2],
              preference,
              wanted,
              results.address(),
              out.address()));
      List<MemorySegment> algorithms = new ArrayList<>();
      for (int i = 0; i < out.get(JAVA_INT, 0); i++) {
        MemorySegment result = results.asSlice(i * RESULT_BYTES, RESULT_BYTES);
        if (result.get(JAVA_INT, RESULT_STATE) == 0) {
          algorithms.add(result.asSlice(0, RESULT_ALGORITHM_BYTES));
        }
      }
      if (algorithms.isEmpty()) {
        library.check("cublasLtMatmulAlgoGetHeuristic", CublasLt.NOT_SUPPORTED);
      }
      return List.copyOf(algorithms);
    } finally {
      library.check("cublasLtMatmulPreferenceDestroy", library.api.preferenceDestroy(preference));
    }
  }

  private static void prefer(CublasLt library, long preference, int what, MemorySegment value) {
    library.check(
        "cublasLtMatmulPreferenceSetAttribute",
        library.api.preferenceSet(preference, what, value.address(), value.byteSize()));
  }

  /** How many ways to compute it there are, at least one. */
  public int candidates() {
    return algorithms.size();
  }

  /** One of the ways, as the library may be asked for it again in another process: hexadecimal. */
  public String way(int candidate) {
    byte[] bytes = algorithms.get(candidate).toArray(JAVA_BYTE);
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Enqueues the product.
   *
   * @param candidate which of the ways
   * @param addend of the result's type and shape, which may be {@code out} itself
   * @param accumulate whether {@code addend} is added
   */
  public void enqueue(
      Stream stream, int candidate, long x, long w, long addend, long out, boolean accumulate) {
    library.check(
        "cublasLtMatmul",
        library.api.matmul(
            blas.value(),
            value(),
            blas.one.address(),
            w,
            layoutW,
            x,
            layoutX,
            (accumulate ? blas.one : blas.zero).address(),
            addend,
            layoutOut,
            out,
            layoutOut,
            algorithms.get(candidate).address(),
            blas.workspace(),
            Blas.WORKSPACE_BYTES,
            stream.value()));
  }

  @Override
  void release(long desc) {
    arena.close();
    destroy(library, desc, new long[] {layoutW, layoutX, layoutOut});
  }

  /** What was created of it; failures leave nothing to be done. */
  private static void destroy(CublasLt library, long desc, long[] layouts) {
    for (long layout : layouts) {
      if (layout != 0) {
        library.api.layoutDestroy(layout);
      }
    }
    if (desc != 0) {
      library.api.descDestroy(desc);
    }
  }
}
