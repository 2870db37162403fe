package muninn.kernels.cuda;

import java.util.List;
import muninn.kernels.Buffer;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;

/**
 * What becomes of a product, as our kernels are told of it ({@code epilogues.cuh}): every family of
 * them has a kernel for each epilogue, which takes the same arguments last.
 *
 * @param pairs of rows of the weights, as the epilogue takes them
 * @param arguments the kernel's last ones
 */
record CudaEpilogue(int pairs, List<Object> arguments) {

  /** What the names of kernels say that they do. */
  static String operation(Epilogue then) {
    return switch (then) {
      case Epilogue.Store _ -> "store";
      case Epilogue.Add _ -> "add";
      case Epilogue.Gate _ -> "swiglu";
      case Epilogue.Heads _ -> "qkv";
    };
  }

  static CudaEpilogue of(Op.Product op) {
    int rows = op.weights().rows();
    int pairs = Math.ceilDiv(rows, 2);
    return switch (op.then()) {
      case Epilogue.Store(Buffer to) -> {
        CudaBuffer out = CudaBuffer.of(to);
        yield new CudaEpilogue(pairs, List.of(out, rows, out.byRowFlag()));
      }
      case Epilogue.Add(Buffer residual, Buffer to) ->
          new CudaEpilogue(pairs, List.of(CudaBuffer.of(residual), CudaBuffer.of(to), rows));
      case Epilogue.Gate(Buffer to) ->
          new CudaEpilogue(to.columns(), List.of(CudaBuffer.of(to), to.columns()));
      case Epilogue.Heads heads -> new CudaEpilogue(pairs, heads(heads));
    };
  }

  /** The last arguments of kernels that end in heads. */
  static List<Object> heads(Epilogue.Heads heads) {
    return List.of(
        heads.q().columns(),
        heads.bias() == null ? (Object) 0L : CudaBuffer.of(heads.bias()),
        CudaBuffer.of(heads.rope()),
        CudaSequences.of(heads.sequences()),
        CudaKvCache.of(heads.cache()),
        heads.slot(),
        CudaBuffer.of(heads.q()));
  }
}
