package muninn.bench;

import muninn.engine.answer.Completion;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The third turn of a chat: how long its first token takes. */
public class ChatTurnBench extends PrefixBench {
  /** Tokens that a turn asks with. */
  private static final int TURN = 32;

  @Param("random:1024x8x3456,layers=2/4/2,vocab=8192")
  public String model;

  /** New tokens of each answer. */
  @Param("128")
  public int newTokens;

  private int[] prompt;

  @Override
  String model() {
    return model;
  }

  /** The two turns before. */
  @Setup(Level.Invocation)
  public void talk() {
    prompt = tokens(TURN);
    for (int turn = 1; turn < 3; turn++) {
      Completion answer = ask(prompt, newTokens).completion().join();
      int[] said = answer.tokens().stream().mapToInt(token -> token.id()).toArray();
      prompt = with(with(prompt, said), tokens(TURN));
    }
  }

  @Benchmark
  public Completion thirdTurn() {
    return ask(prompt, 1).completion().join();
  }
}
