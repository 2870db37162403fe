package muninn.text;

/**
 * A token that is found in a text before anything else happens to it, as an entry of {@code
 * added_tokens} says.
 *
 * @param singleWord found only where no letter or digit stands beside it
 * @param left whether it takes in white space before it
 * @param right whether it takes in white space behind it
 * @param normalized whether it is looked for in the normalized text, and normalized itself
 * @param special whether decoding may leave it out
 */
record AddedToken(
    String content,
    int id,
    boolean singleWord,
    boolean left,
    boolean right,
    boolean normalized,
    boolean special) {

  static AddedToken read(Part part, int id) {
    return new AddedToken(
        part.field("content").text(),
        id,
        part.field("single_word").flag(),
        part.field("lstrip").flag(),
        part.field("rstrip").flag(),
        part.field("normalized").flag(),
        part.field("special").flag());
  }
}
