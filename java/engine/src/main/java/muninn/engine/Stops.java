package muninn.engine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import muninn.UserException;
import muninn.engine.request.Request;
import muninn.model.Model;
import muninn.text.Tokenizer;

/**
 * What ends an answer before its last token: tokens, and texts. A special token never appears as
 * text, so a stop text that spells one is waited for as a token.
 */
record Stops(Set<Integer> tokens, List<String> texts) {

  /**
   * What a request asks for, beside the model's own ends of text.
   *
   * @throws UserException when a stop text holds a special token among other text, which no answer
   *     ever says
   */
  static Stops of(Request request, Model model) {
    Set<Integer> tokens =
        new HashSet<>(request.options().ignoreEos() ? Set.of() : model.stopTokens());
    List<String> texts = new ArrayList<>();
    Map<String, Integer> special =
        request.options().stop().isEmpty()
            ? Map.of()
            : model.tokenizer().map(Tokenizer::specialTokens).orElse(Map.of());
    for (String stop : request.options().stop()) {
      Integer token = special.get(stop);
      if (token != null) {
        tokens.add(token);
      } else {
        refuseMixed(stop, special.keySet());
        texts.add(stop);
      }
    }
    return new Stops(tokens, texts);
  }

  private static void refuseMixed(String stop, Set<String> special) {
    for (String token : special) {
      if (stop.contains(token)) {
        throw UserException.of(
            "stop holds the special token %s among other text, where no answer shows it: give the"
                + " token alone",
            token);
      }
    }
  }
}
