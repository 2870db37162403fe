package muninn.bench;

import java.util.ArrayList;
import java.util.List;
import muninn.engine.answer.Generation;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** A batch of requests that all begin with the same examples: from the first to the last answer. */
public class FewShotBench extends PrefixBench {
  private static final int REQUESTS = 200;
  private static final int SHARED = 400;
  private static final int OWN = 16;

  @Param("random:128x4x384,layers=1/2/1,vocab=1024")
  public String model;

  /** New tokens of each answer. */
  @Param("8")
  public int newTokens;

  @Override
  String model() {
    return model;
  }

  @Benchmark
  public int fewShot() {
    int[] examples = tokens(SHARED);
    List<Generation> answers = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      answers.add(ask(with(examples, tokens(OWN)), newTokens));
    }
    return answers.stream().mapToInt(answer -> answer.completion().join().tokens().size()).sum();
  }
}
