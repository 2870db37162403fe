package muninn.cli;

import muninn.UserException;

/** A key by which a client of a server is known, which the head of a request is to carry. */
final class Key {
  private Key() {}

  /**
   * The key, without white space around it.
   *
   * @param from where it was stated, for a message, which never shows the key itself
   * @throws UserException when no head can carry it
   */
  static String checked(String key, String from) {
    String stripped = key.strip();
    if (stripped.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw UserException.of(
          "the key in %s holds a character that no HTTP header carries, wanted letters, digits and"
              + " signs of ASCII, and no space",
          from);
    }
    return stripped;
  }
}
