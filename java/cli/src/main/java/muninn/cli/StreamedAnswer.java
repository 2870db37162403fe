package muninn.cli;

import java.io.PrintWriter;
import muninn.engine.Completion;
import muninn.engine.Generation;
import muninn.engine.Token;

/**
 * Prints an answer while it is generated: text or, without a tokenizer, token ids between spaces.
 */
final class StreamedAnswer {
  private StreamedAnswer() {}

  /** Prints until the answer has ended, and a line end. */
  static Completion print(Generation generation, boolean hasText, PrintWriter out) {
    StringBuilder printed = new StringBuilder();
    for (Token token : generation) {
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
