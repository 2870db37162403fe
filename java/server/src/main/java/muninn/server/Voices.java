package muninn.server;

import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;

/** Several answers heard as one: whatever any of them says next. */
final class Voices {
  private final LinkedBlockingQueue<Said> said = new LinkedBlockingQueue<>();

  /**
   * Something that an answer said.
   *
   * @param index whose
   * @param token null where it ended without one
   * @param end why it ended with this; null where it goes on
   * @param spent what the answer had taken then
   * @param failure why it broke off; null where it did not
   */
  record Said(
      int index, Token token, FinishReason end, Generation.Spent spent, Throwable failure) {}

  Voices(List<Generation> answers) {
    for (int i = 0; i < answers.size(); i++) {
      int index = i;
      Thread.ofVirtual().name("muninn-answer").start(() -> hear(index, answers.get(index)));
    }
  }

  private void hear(int index, Generation answer) {
    try {
      int heard = 0;
      FinishReason end = null;
      for (Token token : answer) {
        heard++;
        end = end(answer, heard);
        said.add(new Said(index, token, end, answer.spent(), null));
      }
      if (end == null) {
        FinishReason why = answer.completion().join().finishReason();
        said.add(new Said(index, null, why, answer.spent(), null));
      }
    } catch (Throwable t) {
      said.add(new Said(index, null, null, answer.spent(), t));
    }
  }

  /** Why an answer ended, if so many tokens are all of it. */
  private static FinishReason end(Generation answer, int heard) {
    if (!answer.completion().isDone() || answer.completion().isCompletedExceptionally()) {
      return null;
    }
    Completion completion = answer.completion().join();
    boolean all = completion.tokens().size() == heard;
    return all ? completion.finishReason() : null;
  }

  /** Waits for what is said next. */
  Said next() throws InterruptedException {
    return said.take();
  }

  /** Whether something was said already. */
  boolean hasMore() {
    return !said.isEmpty();
  }
}
