package muninn.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where Hugging Face's library has another version of Unicode than the JDK, which has 16: its
 * tables for normal forms and marks are those of Unicode 9, for punctuation those of 8, for numbers
 * and small letters those of 17. A model was trained on what these tables made of a text, so they
 * are followed.
 */
final class LibraryUnicode {
  /**
   * Marks, and characters that a normal form changes, that came after Unicode 9: first and one
   * behind the last.
   */
  private static final int[] LATER =
      ranges(
          "7fd 897-89f 8ca-8d3 9fe afa-aff b55 c04 c3c cf3 d00 d3b-d3c d81 eba ece 1715 180f"
              + " 1abf-1ace 1cf7 1df6-1dfa 32ff a7f2-a7f4 a82c a8ff ab69 105c9 105e4 10781-10785"
              + " 10787-107b0 107b2-107ba 10d24-10d27 10d69-10d6d 10eab-10eac 10efc-10eff"
              + " 10f46-10f50 10f82-10f85 11070 11073-11074 110c2 11145-11146 111c9 111ce-111cf"
              + " 11241 1133b 11383 11385 1138e 11391 113b8-113c0 113c2 113c5 113c7-113ca"
              + " 113cc-113d0 113d2 113e1-113e2 1145e 1182c-1183a 11930-11935 11937-11938"
              + " 1193b-1193e 11940 11942-11943 119d1-119d7 119da-119e0 119e4 11a01-11a0a"
              + " 11a33-11a39 11a3b-11a3e 11a47 11a51-11a5b 11a8a-11a99 11d31-11d36 11d3a"
              + " 11d3c-11d3d 11d3f-11d45 11d47 11d8a-11d8e 11d90-11d91 11d93-11d97 11ef3-11ef6"
              + " 11f00-11f01 11f03 11f34-11f3a 11f3e-11f42 11f5a 13440 13447-13455 1611e-1612f"
              + " 16d68-16d6a 16f4f 16f7f-16f87 16fe4 16ff0-16ff1 1ccd6-1ccf9 1cf00-1cf2d"
              + " 1cf30-1cf46 1e030-1e06d 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef"
              + " 1e5ee-1e5ef 1f16c 1fbf0-1fbf9");

  /** Numbers by Unicode 17, as a class of characters in a pattern. */
  static final String NUMBERS = "[\\p{N}\\x{11de0}-\\x{11de9}\\x{16ff4}-\\x{16ff6}]";

  /**
   * Punctuation by Unicode 8, as a class of characters in a pattern. That is what the pre-tokenizer
   * of that name knows.
   */
  static final String PUNCTUATION =
      "[[\\p{P}\\x{166d}\\x{111c9}]&&[^"
          + pattern(
              "61d 9fd a76 c77 c84 1b4e-1b4f 1b7d-1b7f 2e43-2e4f 2e52-2e5d 10d6e 10ead 10f55-10f59"
                  + " 10f86-10f89 113d4-113d5 113d7-113d8 1144b-1144f 1145a-1145b 1145d 11660-1166c"
                  + " 116b9 1183b 11944-11946 119e2 11a3f-11a46 11a9a-11a9c 11a9e-11aa2 11b00-11b09"
                  + " 11be1 11c41-11c45 11c70-11c71 11ef7-11ef8 11f43-11f4f 11fff 12ff1-12ff2"
                  + " 16d6d-16d6f 16e97-16e9a 16fe2 1e5ff 1e95e-1e95f")
          + "]]";

  private LibraryUnicode() {}

  private static int[] ranges(String text) {
    List<Integer> bounds = new ArrayList<>();
    for (String range : text.split(" ", -1)) {
      int hyphen = range.indexOf('-');
      String first = hyphen < 0 ? range : range.substring(0, hyphen);
      bounds.add(Integer.parseInt(first, 16));
      bounds.add(Integer.parseInt(range.substring(hyphen + 1), 16) + 1);
    }
    return bounds.stream().mapToInt(Integer::intValue).toArray();
  }

  private static String pattern(String text) {
    return text.replaceAll("[0-9a-f]+", "\\\\x{$0}").replace(" ", "");
  }

  /** Whether a character's normal form, or its being a mark, came after Unicode 9. */
  static boolean isLater(int codePoint) {
    int at = Arrays.binarySearch(LATER, codePoint);
    return at >= 0 ? at % 2 == 0 : (-at - 1) % 2 == 1;
  }

  /** Whether it was a combining mark in Unicode 9. */
  static boolean isMark(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          !isLater(codePoint);
      default -> codePoint == 0x1cf2 || codePoint == 0x1cf3;
    };
  }

  /** The small letter of a capital one by Unicode 17; what has none is its own. */
  static int lower(int codePoint) {
    return switch (codePoint) {
      case 0xa7ce, 0xa7d2, 0xa7d4 -> codePoint + 1;
      default ->
          codePoint >= 0x16ea0 && codePoint <= 0x16eb8
              ? codePoint + 27
              : Character.toLowerCase(codePoint);
    };
  }
}
