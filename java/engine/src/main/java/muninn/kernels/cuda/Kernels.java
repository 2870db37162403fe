package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.util.HashMap;
import java.util.Map;
import muninn.cuda.Arguments;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Gpu;
import muninn.cuda.Kernel;
import muninn.cuda.Launch;
import muninn.cuda.Stream;
import muninn.kernels.KvSlot;

/**
 * The loaded kernels, launched by name. A launch may begin while its predecessor still runs where
 * the GPU can do that: every kernel waits for it before it reads what the predecessor wrote.
 */
final class Kernels {
  private static final int PROGRAMMATIC_CAPABILITY = 90;

  private static final MemoryLayout SLOT = MemoryLayout.structLayout(JAVA_INT, JAVA_INT);

  private final CudaModule module;
  private final Stream stream;
  private final boolean programmatic;
  private final int multiprocessors;
  private final String suffix;
  private final Map<String, Arguments> arguments = new HashMap<>();

  /**
   * @param suffix which ends the names of the kernels for this device's element type
   */
  Kernels(CudaModule module, Gpu gpu, Stream stream, String suffix) {
    this.module = module;
    this.stream = stream;
    this.suffix = suffix;
    programmatic = gpu.capability() >= PROGRAMMATIC_CAPABILITY;
    multiprocessors = gpu.attribute(Gpu.Attribute.MULTIPROCESSORS);
  }

  /** What a split of work over blocks may depend on; the same for every launch. */
  int multiprocessors() {
    return multiprocessors;
  }

  /** The name of a family's kernel for this device's element type, such as {@code norm_bf16}. */
  String typed(String name) {
    return name + suffix;
  }

  /**
   * Enqueues a kernel.
   *
   * @param values its arguments in order: {@link Argument}, {@link KvSlot}, {@link CudaBuffer},
   *     {@link CudaWeights}, {@link DeviceMemory}, or a number of the parameter's own type
   */
  void launch(String name, Launch launch, Object... values) {
    Arguments block =
        arguments.computeIfAbsent(name, missing -> kernel(missing).arguments(layouts(values)));
    for (int i = 0; i < values.length; i++) {
      set(block, i, values[i]);
    }
    stream.launch(launch.withProgrammatic(programmatic), block);
  }

  /** A kernel by its whole name. */
  Kernel kernel(String name) {
    return module.kernel(name);
  }

  private static MemoryLayout[] layouts(Object... values) {
    MemoryLayout[] layouts = new MemoryLayout[values.length];
    for (int i = 0; i < values.length; i++) {
      layouts[i] =
          switch (values[i]) {
            case Argument struct -> struct.layout();
            case KvSlot _ -> SLOT;
            case Integer _ -> JAVA_INT;
            case Float _ -> JAVA_FLOAT;
            default -> JAVA_LONG;
          };
    }
    return layouts;
  }

  private static void set(Arguments block, int i, Object value) {
    switch (value) {
      case Argument struct -> struct.write(block.struct(i));
      case KvSlot slot -> {
        block.struct(i).set(JAVA_INT, 0, slot.first());
        block.struct(i).set(JAVA_INT, 4, slot.perGroup());
      }
      case Integer number -> block.set(i, number.intValue());
      case Float number -> block.set(i, number.floatValue());
      case Long number -> block.set(i, number.longValue());
      case CudaBuffer buffer -> block.set(i, buffer.memory());
      case CudaWeights weights -> block.set(i, weights.memory());
      case DeviceMemory memory -> block.set(i, memory);
      default -> throw new IllegalArgumentException("argument " + i + " is a " + value.getClass());
    }
  }
}
