package muninn.model;

import muninn.UserException;
import muninn.files.Fields;

/**
 * How queries, keys and values are divided into heads, where a config may say so.
 *
 * @param kvHeads of keys and values, each of which serves as many of queries
 */
record HeadFields(int kvHeads, int headWidth) {

  /**
   * {@code num_key_value_heads}, as many as there are heads where it is missing, and {@code
   * head_dim}, by default what the heads leave of the width.
   *
   * @param widthField where the width was stated, for messages, and likewise the heads
   */
  static HeadFields read(
      Fields fields, int width, int heads, String widthField, String headsField) {
    int kvHeads = fields.integer("num_key_value_heads", 1, heads, heads);
    if (heads % kvHeads != 0) {
      throw UserException.of(
          "%s: field num_key_value_heads is %d, wanted a divisor of %s, which is %d; correct one of"
              + " the two",
          fields.file(), kvHeads, headsField, heads);
    }
    if (!fields.has("head_dim") && width % heads != 0) {
      throw UserException.of(
          "%s: field %s is %d, wanted a multiple of %s, which is %d, or head_dim; correct one of"
              + " them",
          fields.file(), widthField, width, headsField, heads);
    }
    int headWidth = fields.integer("head_dim", 1, ConfigReader.MAX_WIDTH, width / heads);
    if (headWidth % 2 != 0) {
      throw UserException.of(
          "%s: heads are of width %d (head_dim, or %s over %s), wanted an even width, since the"
              + " rotary embedding turns pairs; correct the field",
          fields.file(), headWidth, widthField, headsField);
    }
    return new HeadFields(kvHeads, headWidth);
  }
}
