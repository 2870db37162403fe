package muninn.kernels;

/**
 * One of several ways in which a device does an operation, such as a kernel for so many lanes.
 *
 * @param operation what variants of it are told apart by, such as {@code linear_add}
 * @param name such as {@code n16}
 * @param fromLanes the device takes it from so many lanes on
 * @param toLanes up to so many; {@link Integer#MAX_VALUE} where there is no end
 */
public record Variant(String operation, String name, int fromLanes, int toLanes) {
  /** One that a device takes for no lanes by itself. */
  public static Variant chosenOnly(String operation, String name) {
    return new Variant(operation, name, Integer.MAX_VALUE, 0);
  }

  /** Whether the device takes it by itself. */
  public boolean isFor(int lanes) {
    return fromLanes <= lanes && lanes <= toLanes;
  }
}
