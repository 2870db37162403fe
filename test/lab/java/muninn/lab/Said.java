package muninn.lab;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Completion.Speculated;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;

/** An answer that has ended before anybody reads it, for instruments that need no engine. */
public record Said(Completion answer) implements Generation {

  /**
   * An answer that the model ended, of tokens whose texts are letters.
   *
   * @param steps of each token
   * @param passes of the core, one lane in each
   * @param rows of the core
   */
  public static Said of(
      String text, int prompt, int steps, long passes, long rows, Speculated guesses) {
    List<Token> tokens = new ArrayList<>();
    for (char letter : text.toCharArray()) {
      tokens.add(new Token(letter, String.valueOf(letter), steps, Float.NaN, List.of()));
    }
    Completion.Stats stats = new Completion.Stats(prompt, 0, 1, 2, 3, passes, 0, 1, rows, guesses);
    return new Said(new Completion(List.copyOf(tokens), text, FinishReason.STOP, stats));
  }

  @Override
  public Iterator<Token> iterator() {
    return answer.tokens().iterator();
  }

  @Override
  public CompletableFuture<Completion> completion() {
    return CompletableFuture.completedFuture(answer);
  }

  @Override
  public void cancel() {}
}
