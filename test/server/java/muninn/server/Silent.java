package muninn.server;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Request;
import muninn.text.ChatTemplate.Message;
import muninn.wire.Responder;

/**
 * A model that says nothing by itself. Its answers end when the test says so, or when they are
 * cancelled; one with a prompt of one token, as the first tick has, ends at once.
 */
final class Silent implements Responder {
  final BlockingQueue<Answer> asked = new LinkedBlockingQueue<>();

  /** An answer that the test speaks. */
  static final class Answer implements Generation {
    private static final Object END = new Object();

    final Request request;
    final CompletableFuture<Completion> completion = new CompletableFuture<>();
    private final BlockingQueue<Object> said = new LinkedBlockingQueue<>();

    private Answer(Request request) {
      this.request = request;
    }

    void say(String text) {
      said.add(new Token(0, text, 1, Float.NaN, List.of()));
    }

    void end(FinishReason reason) {
      Completion.Stats stats =
          new Completion.Stats(
              request.prompt().length, 0, 0, 0, 0, 0, 0, 0, 0, Completion.Speculated.NOTHING);
      completion.complete(new Completion(List.of(), "", reason, stats));
      said.add(END);
    }

    void fail(RuntimeException failure) {
      completion.completeExceptionally(failure);
      said.add(failure);
    }

    @Override
    public Iterator<Token> iterator() {
      return new Iterator<>() {
        private Object head;

        @Override
        public boolean hasNext() {
          try {
            head = head == null ? said.take() : head;
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          if (head instanceof RuntimeException failure) {
            throw failure;
          }
          return !head.equals(END);
        }

        @Override
        public Token next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }
          Token token = (Token) head;
          head = null;
          return token;
        }
      };
    }

    @Override
    public CompletableFuture<Completion> completion() {
      return completion;
    }

    @Override
    public void cancel() {
      end(FinishReason.CANCELLED);
    }
  }

  @Override
  public boolean hasText() {
    return true;
  }

  @Override
  public int[] prompt(String text) {
    return text.chars().toArray();
  }

  @Override
  public int[] conversation(List<Message> messages) {
    return prompt(messages.getLast().content());
  }

  @Override
  public void requireChat() {}

  @Override
  public String spell(int token) {
    return Character.toString(token);
  }

  @Override
  public String text(int[] tokens) {
    return new String(tokens, 0, tokens.length);
  }

  @Override
  public Generation submit(Request request) {
    Answer answer = new Answer(request);
    if (request.prompt().length == 1) {
      answer.end(FinishReason.LENGTH);
    } else {
      asked.add(answer);
    }
    return answer;
  }
}
