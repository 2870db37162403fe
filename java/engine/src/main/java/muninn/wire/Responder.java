package muninn.wire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import muninn.UserException;
import muninn.engine.Engine;
import muninn.engine.answer.Generation;
import muninn.engine.request.Request;
import muninn.model.Model;
import muninn.text.ChatTemplate.Message;
import muninn.text.Tokenizer;

/** What others need of a model: prompts turned into tokens, and requests answered. */
public interface Responder {

  /**
   * Whether answers have text. Where the checkpoint's tokenizer cannot be used they have none: the
   * reason is told to each request that is made, so that each line of a job gets its answer.
   */
  boolean hasText();

  /**
   * The ids of a prompt to be continued.
   *
   * @throws UserException when the checkpoint has no tokenizer
   */
  int[] prompt(String text);

  /**
   * The ids of a conversation, ending where the assistant is to speak.
   *
   * @throws UserException when the checkpoint has no tokenizer or its template cannot be rendered
   */
  int[] conversation(List<Message> messages);

  /**
   * Refuses, before anything is asked, a checkpoint that cannot talk.
   *
   * @throws UserException when it has no tokenizer, or no chat template that can be read
   */
  void requireChat();

  /**
   * The text of one token by itself, special ones included.
   *
   * @throws UserException when the checkpoint has no tokenizer
   */
  String spell(int token);

  /**
   * The text of some tokens, special ones left out.
   *
   * @throws UserException when the checkpoint has no tokenizer
   */
  String text(int[] tokens);

  /**
   * Queues a request.
   *
   * @throws UserException when the request cannot be served
   */
  Generation submit(Request request);

  /** The responder that an engine is. */
  static Responder of(Engine engine) {
    return of(engine.model(), engine::submit);
  }

  /** A model's words, and requests answered in any way. */
  static Responder of(Model model, Function<Request, Generation> answers) {
    return new Responder() {
      @Override
      public boolean hasText() {
        try {
          return model.tokenizer().isPresent();
        } catch (UserException e) {
          return false;
        }
      }

      @Override
      public int[] prompt(String text) {
        return tokenizer().encodePrompt(text);
      }

      @Override
      public int[] conversation(List<Message> messages) {
        Tokenizer tokenizer = tokenizer();
        return tokenizer.encodeRaw(model.chatTemplate().render(messages));
      }

      @Override
      public void requireChat() {
        tokenizer();
        model.chatTemplate();
      }

      @Override
      public String spell(int token) {
        return tokenizer().decode(new int[] {token}, false);
      }

      @Override
      public String text(int[] tokens) {
        return tokenizer().decode(tokens, true);
      }

      @Override
      public Generation submit(Request request) {
        return answers.apply(request);
      }

      private Tokenizer tokenizer() {
        return model
            .tokenizer()
            .orElseThrow(
                () ->
                    UserException.of(
                        "%s has no tokenizer.json, so it cannot read text: give token ids"
                            + " instead%s",
                        model.name(), model.directory().map(Responder::makesTokenizer).orElse("")));
      }
    };
  }

  /** How the file is made where the folder has a tokenizer in another form. */
  private static String makesTokenizer(Path folder) {
    return Files.exists(folder.resolve("tokenizer.model"))
        ? ", or make that file of tokenizer.model, which is not read: transformers does, with"
            + " AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)"
        : "";
  }
}
