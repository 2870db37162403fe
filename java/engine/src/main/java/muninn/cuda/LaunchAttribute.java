package muninn.cuda;

import java.util.List;

/**
 * What the driver is told of a launch beside its sizes: a CUlaunchAttribute.
 *
 * @param name in messages
 * @param value the first words of its union; the others are zero
 */
public record LaunchAttribute(String name, int id, List<Integer> value) {
  /**
   * It may start while its predecessor in the stream still runs (programmatic stream
   * serialization): then it must wait for it itself before reading what it wrote. The device needs
   * sm_90 for that.
   */
  public static final LaunchAttribute PROGRAMMATIC =
      new LaunchAttribute("programmatic", 6, List.of(1));

  public LaunchAttribute {
    value = List.copyOf(value);
  }
}
