package muninn.kernels.cuda;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import muninn.cuda.Context;
import muninn.cuda.Stream;
import muninn.kernels.DType;
import muninn.kernels.GateMeasures;
import muninn.kernels.LatentMeasures;
import muninn.kernels.Op;
import muninn.kernels.OutputMeasures;
import muninn.kernels.Program;
import muninn.kernels.Reading;
import muninn.kernels.Samples;
import muninn.kernels.Variant;

/**
 * The operations of a program on a CUDA device, each made ready by the class that launches its
 * family of kernels, in the way that was chosen for it.
 */
final class Operations {
  private final Optional<Timeline> timeline;
  private final Tokens tokens;
  private final Norms norms;
  private final Linears linears;
  private final Attention attention;
  private final Sampler sampler;
  private final Measures measures;
  private final Choices choices;

  /**
   * @param gemm multiplies where there are many lanes; empty: our own kernels do
   * @param timeline that kernels write to, if they are of the build that does
   */
  Operations(
      Context context,
      Stream stream,
      Kernels kernels,
      Tokens tokens,
      CudaOptions options,
      Switches switches,
      Optional<Gemm> gemm,
      Optional<Timeline> timeline) {
    this.timeline = timeline;
    this.tokens = tokens;
    norms = new Norms(context, stream, kernels);
    linears =
        new Linears(
            context, stream, kernels, options.dtype(), gemm, options.deterministic(), switches);
    attention = new Attention(context, stream, kernels);
    choices = Choices.of(switches.variants(), variants());
    sampler = new Sampler(context, stream, kernels);
    measures = new Measures(context, stream, kernels);
  }

  /** Takes the room that products of a matrix will need. */
  void reserve(CudaWeights weights) {
    linears.reserve(weights);
  }

  /** The widest heads that there is a kernel for. */
  int widestHeads(DType dtype) {
    return attention.widest(dtype);
  }

  List<Variant> variants(Op op) {
    return switch (op) {
      case Op.Product product -> linears.variants(product);
      case Op.Attend attend -> attention.variants(attend);
      default -> List.of();
    };
  }

  private Map<String, List<String>> variants() {
    Map<String, List<String>> known = new LinkedHashMap<>(Attention.variants());
    known.putAll(linears.variants());
    return known;
  }

  /** All of a program, as the user chose. */
  List<Prepared> prepare(Program program) {
    return prepare(program, choices);
  }

  /** The same with one variant, whatever the user chose for its operation. */
  List<Prepared> prepare(Program program, Variant variant) {
    return prepare(program, choices.with(variant));
  }

  private List<Prepared> prepare(Program program, Choices chosen) {
    return program.ops().stream().map(op -> named(op, prepared(op, chosen))).toList();
  }

  private Prepared named(Op op, Prepared prepared) {
    return timeline.map(it -> it.named(op.name(), prepared)).orElse(prepared);
  }

  private Prepared prepared(Op op, Choices chosen) {
    return switch (op) {
      case Op.Embed embed -> tokens.prepare(embed);
      case Op.InitialState start -> tokens.prepare(start);
      case Op.Move move -> tokens.prepare(move);
      case Op.Clear clear -> tokens.prepare(clear);
      case Op.Norm norm -> norms.prepare(norm);
      case Op.NormPair pair -> norms.prepare(pair);
      case Op.Product product -> linears.prepare(product, chosen);
      case Op.Attend attend -> attention.prepare(attend, chosen);
      case Op.Draw _, Op.LatentLook _, Op.GateLook _, Op.OutputLook _ ->
          throw Program.tellsTheHost(op);
    };
  }

  Reading<Samples> prepare(Op.Draw draw) {
    return sampler.prepare(draw);
  }

  Reading<LatentMeasures> prepare(Op.LatentLook look) {
    return measures.prepare(look);
  }

  Reading<GateMeasures> prepare(Op.GateLook look) {
    return measures.prepare(look);
  }

  Reading<OutputMeasures> prepare(Op.OutputLook look) {
    return measures.prepare(look);
  }

  /** Closes the matrix library. */
  void close() {
    linears.close();
  }
}
