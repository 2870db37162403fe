package muninn.cli;

import java.io.PrintWriter;
import java.util.Iterator;
import muninn.engine.answer.Completion;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;

/**
 * Prints an answer while it is generated: text or, without a tokenizer, token ids between spaces.
 */
final class StreamedAnswer {
  private StreamedAnswer() {}

  /** Prints until the answer has ended, and a line end. */
  static Completion print(Generation generation, boolean hasText, PrintWriter out) {
    return print(generation, hasText, out, () -> {});
  }

  /**
   * The same.
   *
   * @param begins run when the first token is there, before anything is printed
   */
  static Completion print(
      Generation generation, boolean hasText, PrintWriter out, Runnable begins) {
    StringBuilder printed = new StringBuilder();
    Iterator<Token> tokens = generation.iterator();
    boolean more = tokens.hasNext(); // waits for the first
    begins.run();
    for (; more; more = tokens.hasNext()) {
      Token token = tokens.next();
      String part = hasText ? token.text() : (printed.isEmpty() ? "" : " ") + token.id();
      if (!part.isEmpty()) {
        printed.append(part);
        out.print(part);
        out.flush();
      }
    }
    Completion completion = generation.completion().join();
    if (hasText) {
      out.print(completion.text().substring(printed.length()));
    }
    out.println();
    out.flush();
    return completion;
  }
}
