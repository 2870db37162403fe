package muninn.cli;

import java.util.ArrayList;
import java.util.List;
import muninn.UserException;
import muninn.text.ChatTemplate.Message;
import muninn.wire.Responder;

/** What was said so far, as the prompt of the next answer. */
final class Conversation {
  private final Responder responder;
  private final int blockSize;
  private final String system;
  private final List<Message> messages = new ArrayList<>();

  /** An empty conversation; {@code system} may be null. */
  Conversation(Responder responder, int blockSize, String system) {
    this.responder = responder;
    this.blockSize = blockSize;
    this.system = system;
    reset();
  }

  /** Forgets everything but the system message. */
  void reset() {
    messages.clear();
    if (system != null) {
      messages.add(new Message("system", system));
    }
  }

  /**
   * The tokens of the whole conversation with one more question; nothing is remembered yet.
   *
   * @throws UserException when the model cannot take that many
   */
  int[] asking(String question) {
    List<Message> next = new ArrayList<>(messages);
    next.add(new Message("user", question));
    int[] ids = responder.conversation(next);
    if (ids.length >= blockSize) {
      throw UserException.of(
          "the conversation has come to %d tokens and the model takes %d (block_size): /reset"
              + " begins a new one",
          ids.length, blockSize);
    }
    return ids;
  }

  void remember(String question, String answer) {
    messages.add(new Message("user", question));
    messages.add(new Message("assistant", answer));
  }
}
