package muninn.lab.sweep;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import muninn.files.Sha256;

/**
 * What is asked.
 *
 * @param answer the one right text, where there is one
 */
public record Prompt(int[] tokens, Optional<String> answer) {

  /** What tells these prompts from others, in hexadecimal. */
  public static String sha256(List<Prompt> prompts) {
    MessageDigest digest = Sha256.begin();
    for (Prompt prompt : prompts) {
      ByteBuffer ids = ByteBuffer.allocate(4 * prompt.tokens.length + 4);
      ids.putInt(prompt.tokens.length).asIntBuffer().put(prompt.tokens);
      digest.update(ids.array());
      digest.update((prompt.answer.orElse("") + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
