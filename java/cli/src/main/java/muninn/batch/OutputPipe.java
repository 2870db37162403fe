package muninn.batch;

import java.util.BitSet;
import java.util.function.Consumer;

/** Answers to a stream, each handed over at once. */
record OutputPipe(Consumer<byte[]> out) implements JobOutput.Answers {

  @Override
  public Answered begin(JobRecord job, boolean overwrite) {
    return new Answered(new BitSet(), 0);
  }

  @Override
  public void append(byte[] line) {
    out.accept(line);
  }

  @Override
  public void close() {}
}
