package muninn.kernels;

import java.util.List;

/**
 * What a pass over a table's lanes does: operations in order, written once. A device makes it ready
 * and runs it any number of times ({@link Device#prepare(Program)}).
 *
 * @param name what profiles call it
 * @param role which part of a token's way it is
 */
public record Program(String name, Role role, List<Op> ops) {

  /** The parts of a token's way. */
  public enum Role {
    /** Prelude blocks over an embedding. */
    PRELUDE,
    /** The latent that a position starts from. */
    START,
    /** A recurrence step. */
    CORE,
    /** Coda blocks over a latent, as far as they leave keys. */
    CODA,
    /** The rest of the last of them, and logits. */
    HEAD,
    /** A token of logits. */
    DRAW,
    /** What exit rules look at. */
    EXIT
  }

  public Program {
    ops = List.copyOf(ops);
  }

  /** Of one operation, which names it. */
  public static Program of(Role role, Op op) {
    return new Program(op.name(), role, List.of(op));
  }

  /** What a device throws where a program holds an operation whose results the host reads. */
  public static IllegalArgumentException tellsTheHost(Op op) {
    return new IllegalArgumentException(op.name() + " tells the host something: prepare it alone");
  }
}
