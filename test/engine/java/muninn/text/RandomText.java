package muninn.text;

import java.util.List;
import java.util.Random;

/**
 * Texts that tokenizers meet, and texts they hardly do: several scripts in a row, emoji, combining
 * marks, controls, white space of all sorts, long runs, and tokens spelled out in the middle.
 */
final class RandomText {
  private static final List<String> ALPHABETS =
      List.of(
          "etaoinshrdlcumwfgypbvkETAOIN",
          "оеаинтсрвлкмдОЕ",
          "あいうえおかきくけこア",
          "的一是不了人我在有他这中大来上个国",
          "가나다라마\u1100\u1161\u11a8",
          "áéíóúñüçßÀſıİǅ",
          "अआइईउऊ\u093f\u094dक",
          "اأبتثجحخ\u064b\u0651",
          "ไทยภาษา\u0e31\u0e34",
          "0123456789",
          "٣४Ⅷ½²①𝟘㊿",
          ".,;:!?…-–—'\"()[]{}<>/\\|@#$%^&*_+=~`。、！",
          " \t\n\r\u000b\f\u0085\u00a0\u2003\u2028\u3000\u200b\ufeff",
          "\0\u0001\u001b\u007f\u009f\ufffd\ufffe\ue000",
          "\u0300\u0301\u0323\u0308\u0327\u20dd\u3099\u1ab0\u0359\ufe0f\u0345",
          "ŁøæœÅ\u212b\u2126ﬁﬂ㎏㍿\uff21ﾊﾞ",
          "▁ĠĊ<0x");

  private static final List<String> WORDS =
      List.of(
          " ",
          " ",
          " ",
          "  ",
          "\n",
          "\r\n",
          "\n\n",
          "don't",
          "We'LL",
          "'s",
          "'S",
          "'ſ",
          "the ",
          " return",
          "(x) == null",
          "😀",
          "👩‍👩‍👧‍👦",
          "🇩🇪",
          "👍🏽",
          "naïve",
          "12345678",
          "3.14",
          "http://a.b/c?d=e",
          "▁",
          "<0x41>",
          "e\u0301\u0323",
          "\ud83d",
          "…");

  private final Random random;
  private final List<String> tokens;

  /** Draws texts in which these tokens are spelled out now and then. */
  RandomText(long seed, List<String> tokens) {
    random = new Random(seed);
    this.tokens = tokens;
  }

  String next() {
    StringBuilder text = new StringBuilder();
    int parts = random.nextInt(random.nextInt(10) == 0 ? 80 : 14);
    for (int i = 0; i < parts; i++) {
      part(text);
    }
    return text.toString();
  }

  private void part(StringBuilder text) {
    switch (random.nextInt(12)) {
      case 0 -> {
        if (!tokens.isEmpty()) {
          text.append(tokens.get(random.nextInt(tokens.size())));
        }
      }
      case 1 -> text.append(character().repeat(random.nextInt(random.nextInt(8) == 0 ? 300 : 12)));
      case 2 -> text.appendCodePoint(codePoint());
      case 3, 4, 5, 6 -> text.append(WORDS.get(random.nextInt(WORDS.size())));
      default -> {
        String alphabet = ALPHABETS.get(Math.max(0, random.nextInt(ALPHABETS.size() + 8) - 8));
        for (int i = random.nextInt(9); i >= 0; i--) {
          text.append(oneOf(alphabet));
        }
      }
    }
  }

  private String character() {
    return oneOf(ALPHABETS.get(random.nextInt(ALPHABETS.size())));
  }

  private String oneOf(String alphabet) {
    int[] codePoints = alphabet.codePoints().toArray();
    return Character.toString(codePoints[random.nextInt(codePoints.length)]);
  }

  private int codePoint() {
    int bound = random.nextBoolean() ? 0x3000 : random.nextBoolean() ? 0x10000 : 0x20000;
    int codePoint = random.nextInt(bound);
    return codePoint >= 0xd800 && codePoint < 0xe000 ? 'x' : codePoint;
  }
}
