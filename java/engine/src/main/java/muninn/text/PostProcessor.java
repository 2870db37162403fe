package muninn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import muninn.UserException;
import muninn.files.Json;

/**
 * The tokens that the field {@code post_processor} puts before a text. What it puts behind one is
 * passed over: a prompt is to be continued.
 */
final class PostProcessor {
  private final Map<String, AddedToken> added;

  PostProcessor(Map<String, AddedToken> added) {
    this.added = added;
  }

  /**
   * The ids before a text.
   *
   * @throws UserException when it is of a kind that is not known, or names a token that is none
   */
  List<Integer> before(Part part) {
    if (part.isNull()) {
      return List.of();
    }
    return switch (part.type()) {
      case "TemplateProcessing" -> template(part);
      case "RobertaProcessing", "BertProcessing" ->
          List.of(id(part, classToken(part.field("cls"))));
      case "ByteLevel" -> List.of();
      case "Sequence" -> {
        List<Integer> before = new ArrayList<>();
        for (Part processor : part.field("processors").list()) {
          before.addAll(0, before(processor));
        }
        yield List.copyOf(before);
      }
      default ->
          throw part.unknown(
              "TemplateProcessing", "RobertaProcessing", "BertProcessing", "ByteLevel", "Sequence");
    };
  }

  private List<Integer> template(Part part) {
    List<Integer> before = new ArrayList<>();
    for (Part piece : part.field("single").list()) {
      if (!piece.node().has("SpecialToken")) {
        break;
      }
      before.add(id(part, piece.field("SpecialToken").field("id").text()));
    }
    return List.copyOf(before);
  }

  /** The text of a pair of text and id. */
  private static String classToken(Part pair) {
    if (pair.node().size() != 2) {
      throw pair.wrong("a list of a token and its id");
    }
    return pair.list().getFirst().text();
  }

  private int id(Part part, String token) {
    AddedToken known = added.get(token);
    if (known == null) {
      throw UserException.of(
          "%s: the %s begins a text with %s, which is not among added_tokens; download the file"
              + " again",
          part.file(), part.place(), Json.shortened(token));
    }
    return known.id();
  }
}
