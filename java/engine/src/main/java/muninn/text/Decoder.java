package muninn.text;

import java.util.List;

/** Makes text of the pieces of tokens, as the field {@code decoder} says. */
sealed interface Decoder {
  /** Makes this one's flow for one answer, which hands its text on to the next. */
  Flow before(Flow next);

  /**
   * Reads a decoder.
   *
   * @throws muninn.UserException when it is of a kind that is not known, or a field is wrong
   */
  static Decoder read(Part part) {
    return switch (part.type()) {
      case "ByteLevel" -> new ByteLevel();
      case "ByteFallback" -> new ByteFallback();
      case "Fuse" -> new Fuse();
      case "Replace" -> Replace.read(part);
      case "Strip" ->
          new Strip(
              Character.toString(part.field("content").character()),
              part.field("start").count(1000),
              part.field("stop").count(1000));
      case "Metaspace" -> {
        boolean prefixed =
            PreTokenizer.Metaspace.Prefix.read(part) != PreTokenizer.Metaspace.Prefix.NEVER;
        yield new Metaspace(Character.toString(part.field("replacement").character()), prefixed);
      }
      case "Sequence" ->
          new Chain(part.field("decoders").list().stream().map(Decoder::read).toList());
      default ->
          throw part.unknown(
              "ByteLevel", "ByteFallback", "Fuse", "Replace", "Strip", "Metaspace", "Sequence");
    };
  }

  /** One after the other. */
  record Chain(List<Decoder> parts) implements Decoder {
    @Override
    public Flow before(Flow next) {
      Flow flow = next;
      for (Decoder part : parts.reversed()) {
        flow = part.before(flow);
      }
      return flow;
    }
  }

  /** Pieces are bytes in the {@link ByteAlphabet}, and all of them together are one text. */
  record ByteLevel() implements Decoder {
    @Override
    public Flow before(Flow next) {
      return new ByteFlow(next);
    }
  }

  /** Pieces such as {@code <0x41>} are bytes; a run of them is text, if it is UTF-8. */
  record ByteFallback() implements Decoder {
    @Override
    public Flow before(Flow next) {
      return new FallbackFlow(next);
    }
  }

  /** All pieces together are one. */
  record Fuse() implements Decoder {
    @Override
    public Flow before(Flow next) {
      return new Flow() {
        @Override
        public void text(String text) {
          next.text(text);
        }

        @Override
        public void endOfPiece() {}

        @Override
        public void end() {
          next.endOfPiece();
          next.end();
        }
      };
    }
  }

  /** Puts other text in the place of a text. */
  record Replace(String literal, String content) implements Decoder {
    private static Replace read(Part part) {
      Part literal = part.field("pattern").field("String");
      if (literal.text().isEmpty()) {
        throw literal.wrong("a text that is not empty");
      }
      return new Replace(literal.text(), part.field("content").text());
    }

    @Override
    public Flow before(Flow next) {
      return new ReplaceFlow(literal, content, next);
    }
  }

  /**
   * Takes a character away at the ends of each piece.
   *
   * @param start how often at most at its beginning
   * @param stop how often at most at its end
   */
  record Strip(String content, int start, int stop) implements Decoder {
    @Override
    public Flow before(Flow next) {
      return new StripFlow(this, next);
    }
  }

  /**
   * Another character stands for a space.
   *
   * @param prefixed whether those of the first piece stand for nothing
   */
  record Metaspace(String replacement, boolean prefixed) implements Decoder {
    @Override
    public Flow before(Flow next) {
      return new Flow() {
        private boolean first = prefixed;

        @Override
        public void text(String text) {
          next.text(text.replace(replacement, first ? "" : " "));
        }

        @Override
        public void endOfPiece() {
          first = false;
          next.endOfPiece();
        }

        @Override
        public void end() {
          next.end();
        }
      };
    }
  }
}
