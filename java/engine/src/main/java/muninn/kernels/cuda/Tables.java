package muninn.kernels.cuda;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import muninn.kernels.Op;
import muninn.kernels.Op.Epilogue;
import muninn.kernels.Sequences;

/**
 * What the host changes between passes and kernels read: a lane table, and the sequences that a
 * program's operations name. Brought to the device before the program runs.
 */
final class Tables {
  private final Set<CudaSequences> sequences;

  private Tables(Set<CudaSequences> sequences) {
    this.sequences = sequences;
  }

  static Tables of(List<Op> ops) {
    return new Tables(
        ops.stream().flatMap(Tables::sequences).map(CudaSequences::of).collect(Collectors.toSet()));
  }

  private static Stream<Sequences> sequences(Op op) {
    return switch (op) {
      case Op.Embed embed -> Stream.of(embed.sequences());
      case Op.InitialState start -> Stream.of(start.sequences());
      case Op.Attend attend -> Stream.of(attend.sequences());
      case Op.Draw draw -> Stream.of(draw.sequences());
      case Op.Product product when product.then() instanceof Epilogue.Heads heads ->
          Stream.of(heads.sequences());
      default -> Stream.empty();
    };
  }

  void bring(CudaLanes lanes) {
    lanes.upload();
    sequences.forEach(CudaSequences::upload);
  }
}
