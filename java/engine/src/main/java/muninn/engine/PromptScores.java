package muninn.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import muninn.engine.answer.Token;
import muninn.kernels.LogProbs;

/**
 * How probable a model found the tokens of a prompt: each under what the position before it said.
 * The engine's thread sees them, once each; others hear of them when the first token of the answer
 * is there.
 */
final class PromptScores implements Inspector {
  private final int[] prompt;
  private final int beside;
  private final Token[] tokens;

  /**
   * @param beside how many of the most probable tokens to report beside each
   */
  PromptScores(int[] prompt, int beside) {
    this.prompt = prompt;
    this.beside = beside;
    tokens = new Token[prompt.length];
    tokens[0] = new Token(prompt[0], "", 0, Float.NaN, List.of());
  }

  @Override
  public boolean everyStep() {
    return false;
  }

  @Override
  public void begins(int position, Supplier<float[]> state) {}

  @Override
  public void speaks(int position, int steps, float[] logits, Latents latents) {
    int next = position + 1;
    if (next < prompt.length) {
      LogProbs of = LogProbs.of(logits);
      tokens[next] =
          new Token(prompt[next], "", steps, of.of(logits[prompt[next]]), top(logits, of));
    }
  }

  private List<Token.Alternative> top(float[] logits, LogProbs of) {
    List<Token.Alternative> top = new ArrayList<>();
    if (beside > 0) {
      long[] ranked = new long[logits.length];
      Arrays.setAll(ranked, i -> LogProbs.ranked(logits[i], i));
      Arrays.sort(ranked);
      for (int i = 0; i < Math.min(beside, ranked.length); i++) {
        int token = (int) ranked[i];
        top.add(new Token.Alternative(token, of.of(logits[token])));
      }
    }
    return List.copyOf(top);
  }

  /** All of them; empty where the answer ended before the prompt was thought about. */
  List<Token> tokens() {
    return Arrays.stream(tokens).allMatch(token -> token != null) ? List.of(tokens) : List.of();
  }
}
