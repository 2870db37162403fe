package muninn.engine.request;

import java.util.List;

/**
 * One prompt to be continued. Validated by {@code Engine.submit}: every refusal names field, value
 * and remedy.
 *
 * @param prompt token ids, at least one; copied
 */
public record Request(int[] prompt, Options options) {

  public Request {
    prompt = prompt.clone(); // checked once, read by the engine's thread later
  }

  /** With {@link Options#DEFAULT} but for these two. */
  public static Request of(int[] prompt, int steps, int maxTokens) {
    return new Request(prompt, Options.DEFAULT.withSteps(steps).withMaxTokens(maxTokens));
  }

  /** The requests of its single answers, in order; each is answered as if it stood alone. */
  public List<Request> each() {
    return options.each().stream().map(single -> new Request(prompt, single)).toList();
  }

  /** The same prompt, thought about in another way. */
  public Request with(Thinking thinking) {
    return new Request(prompt, options.withThinking(thinking));
  }
}
