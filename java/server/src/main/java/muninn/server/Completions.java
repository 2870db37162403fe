package muninn.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import muninn.UserException;
import muninn.engine.answer.Completion;
import muninn.engine.answer.FinishReason;
import muninn.engine.answer.Generation;
import muninn.engine.answer.Token;
import muninn.engine.request.Options;
import muninn.engine.request.Request;
import muninn.wire.AnswerJson;
import muninn.wire.Ask;
import muninn.wire.Choice;
import muninn.wire.ChunkJson;
import muninn.wire.OpenAiJson;
import muninn.wire.TokenUsage;

/**
 * {@code /v1/completions} and {@code /v1/chat/completions}: the whole answer, or a stream of it. A
 * client that goes away cancels what it asked for.
 */
final class Completions implements Endpoint {
  private final OpenAiJson.Kind kind;
  private final Supplier<Loaded> model;
  private final Metrics metrics;

  /**
   * @param model refuses while it is not there
   */
  Completions(OpenAiJson.Kind kind, Supplier<Loaded> model, Metrics metrics) {
    this.kind = kind;
    this.model = model;
    this.metrics = metrics;
  }

  /** A request under way. */
  private record Work(
      Loaded model, Ask ask, List<Generation> answers, OpenAiJson format, String id, long created) {

    String prompt(int index) {
      return ask.telling().echo() ? model.responder().text(ask.requests().get(index).prompt()) : "";
    }

    Options options(int index) {
      return ask.requests().get(index).options();
    }

    /** What is told of the prompt's tokens before the first new one. */
    List<Token> told(int index) {
      return ask.telling().echo() ? answers.get(index).prompt() : List.of();
    }

    Choice choice(int index, Completion completion) {
      boolean opens = index % ask.each() == 0;
      return new Choice(options(index), prompt(index), opens, completion);
    }

    List<Choice> choices() {
      List<Choice> choices = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        choices.add(choice(i, ended(answers.get(i))));
      }
      return choices;
    }
  }

  @Override
  public void answer(Exchange exchange) throws IOException, InterruptedException {
    Loaded loaded = model.get();
    Ask ask = loaded.asks().read(kind, loaded.body(exchange));
    String name = loaded.answersTo(ask.model());
    if (ask.requests().size() > loaded.options().limits().choices()) {
      throw UserException.of(
          "%d answers are asked for at once, and at most %d are given: ask more often",
          ask.requests().size(), loaded.options().limits().choices());
    }
    List<Generation> answers = new ArrayList<>();
    try {
      for (Request request : ask.requests()) {
        Generation answer = loaded.responder().submit(request);
        answer.completion().thenAccept(metrics::ended);
        answers.add(answer);
      }
      exchange.whenGone(() -> answers.forEach(Generation::cancel));
      OpenAiJson format = new OpenAiJson(kind, AnswerJson.of(loaded.responder()), name);
      String id = kind.id(HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
      long created = System.currentTimeMillis() / 1000;
      Work work = new Work(loaded, ask, List.copyOf(answers), format, id, created);
      if (ask.telling().streamed()) {
        stream(exchange, work);
      } else {
        whole(exchange, work);
      }
    } finally {
      answers.forEach(Generation::cancel);
    }
  }

  private static void whole(Exchange exchange, Work work) {
    List<Choice> choices = work.choices();
    tally(exchange, work, choices);
    exchange.json(
        200,
        json ->
            work.format().write(json, work.id(), work.created(), work.ask().telling(), choices));
  }

  private void stream(Exchange exchange, Work work) throws IOException, InterruptedException {
    int choices = work.answers().size();
    ChunkJson chunks =
        new ChunkJson(work.format(), work.id(), work.created(), work.ask().telling(), choices);
    Voices voices = new Voices(work.answers());
    Voices.Said said = voices.next();
    if (said.failure() != null) {
      throw failure(said.failure()); // nothing is on its way yet, so that this is an answer too
    }
    EventStream events = new EventStream(exchange);
    long[] heard = new long[choices]; // when, of each choice
    for (int i = 0; i < choices && chunks.begins(); i++) {
      int index = i;
      events.send(
          json ->
              chunks.begin(json, index, work.options(index), work.prompt(index), work.told(index)));
    }
    for (int open = choices; open > 0; said = open > 0 ? voices.next() : null) {
      open -= said.end() == null ? 0 : 1;
      say(events, chunks, work, said);
      note(heard, said);
      if (!voices.hasMore()) {
        events.flush();
      }
    }
    List<Choice> all = work.choices();
    tally(exchange, work, all);
    if (work.ask().telling().usage()) {
      events.send(json -> chunks.usage(json, TokenUsage.of(work.ask().telling(), all)));
    }
    events.done();
  }

  private void note(long[] heard, Voices.Said said) {
    long now = System.nanoTime();
    if (said.token() != null) {
      if (heard[said.index()] != 0) {
        metrics.between(now - heard[said.index()]);
      }
      heard[said.index()] = now;
    }
  }

  private static void say(EventStream events, ChunkJson chunks, Work work, Voices.Said said)
      throws IOException {
    if (said.failure() != null) {
      events.flush();
      throw failure(said.failure());
    }
    if (said.end() == FinishReason.CANCELLED) {
      throw cancelled();
    }
    if (said.token() == null || work.ask().telling().promptOnly()) {
      if (said.end() != null) {
        events.send(json -> chunks.end(json, said.index(), said.end()));
      }
    } else {
      events.send(
          json ->
              chunks.token(
                  json,
                  said.index(),
                  work.options(said.index()),
                  said.token(),
                  said.end(),
                  said.spent()));
    }
  }

  /** What an answer is, once it has ended. */
  private static Completion ended(Generation answer) {
    try {
      Completion completion = answer.completion().join();
      if (completion.finishReason() == FinishReason.CANCELLED) {
        throw cancelled();
      }
      return completion;
    } catch (CompletionException e) {
      throw failure(e.getCause());
    } catch (CancellationException e) {
      throw cancelled();
    }
  }

  /** The client went away, and hears nothing of this, or the server ends. */
  private static Refusal cancelled() {
    return Refusal.unable(503, "the server ends: ask again later", "server_error", "shutting_down");
  }

  private static RuntimeException failure(Throwable failure) {
    if (failure instanceof UserException mistake) {
      return Refusal.unable(500, mistake.getMessage(), "server_error", null);
    }
    return new IllegalStateException("the answer failed", failure);
  }

  private static void tally(Exchange exchange, Work work, List<Choice> choices) {
    TokenUsage usage = TokenUsage.of(work.ask().telling(), choices);
    long steps =
        choices.stream()
            .flatMap(choice -> choice.completion().tokens().stream())
            .mapToLong(token -> token.steps())
            .sum();
    exchange.tally(
        new Exchange.Tally(
            choices.size(),
            usage.prompt(),
            usage.completion(),
            steps,
            choices.getFirst().completion().finishReason().id()));
  }
}
