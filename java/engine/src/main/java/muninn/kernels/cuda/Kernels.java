package muninn.kernels.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import muninn.cuda.CudaModule;
import muninn.cuda.DeviceMemory;
import muninn.cuda.Gpu;
import muninn.cuda.Kernel;
import muninn.cuda.KernelArguments;
import muninn.cuda.Launch;
import muninn.cuda.LaunchAttribute;
import muninn.cuda.Stream;
import muninn.cuda.TensorMap;
import muninn.kernels.KvSlot;

/**
 * The loaded kernels, launched by name. A launch may begin while its predecessor still runs where
 * the GPU can do that: every kernel waits for it before it reads what the predecessor wrote. What
 * copies write is there for certain, and so is what {@link #launchConstants} does.
 */
final class Kernels {
  private static final int PROGRAMMATIC_CAPABILITY = 90;

  /** {@link KvSlot} as kernels take it. */
  static final StructLayout SLOT =
      MemoryLayout.structLayout(JAVA_INT.withName("first"), JAVA_INT.withName("perGroup"))
          .withName("Slot");

  private final CudaModule module;
  private final Stream stream;
  private final boolean programmatic;
  private final Switches switches;
  private final Optional<Timeline> timeline;
  private final int capability;
  private final int multiprocessors;
  private final String suffix;
  private final Map<String, Loaded> loaded = new HashMap<>();
  private final Map<String, Call> calls = new HashMap<>();

  // Whether the launch before wrote what kernels read before they wait.
  private boolean constantsBefore;

  /**
   * @param programmatic whether it may begin early: code made from PTX for older GPUs does not wait
   */
  private record Loaded(Kernel kernel, boolean programmatic) {}

  /** A kernel with arguments, which keep their values from launch to launch. */
  final class Call {
    private final Loaded kernel;
    private final KernelArguments arguments;
    private final int count;

    private Call(Loaded kernel, Object... values) {
      this.kernel = kernel;
      count = values.length;
      MemoryLayout[] layouts = layouts(values);
      if (timeline.isPresent()) {
        layouts = Arrays.copyOf(layouts, count + 1);
        layouts[count] = JAVA_LONG;
      }
      arguments = kernel.kernel.arguments(layouts);
      set(0, values);
    }

    /** Sets arguments from one on. */
    Call set(int first, Object... values) {
      for (int i = 0; i < values.length; i++) {
        Kernels.set(arguments, first + i, values[i]);
      }
      return this;
    }

    void launch(Launch launch) {
      boolean early = kernel.programmatic && !constantsBefore;
      timeline.ifPresent(it -> arguments.set(count, it.place(kernel.kernel.name(), launch, early)));
      stream.launch(early ? launch.with(LaunchAttribute.PROGRAMMATIC) : launch, arguments);
      constantsBefore = false;
    }

    /** Of a kernel whose first argument is the lane table. */
    void launch(Launch launch, CudaLanes lanes) {
      set(0, lanes).launch(launch);
    }
  }

  Kernels(CudaModule module, Gpu gpu, Stream stream, String suffix) {
    this(module, gpu, stream, suffix, Switches.NONE, Optional.empty());
  }

  /**
   * @param suffix which ends the names of the kernels for this device's element type
   * @param timeline of kernels that have a place for their blocks' times behind their parameters
   */
  Kernels(
      CudaModule module,
      Gpu gpu,
      Stream stream,
      String suffix,
      Switches switches,
      Optional<Timeline> timeline) {
    this.module = module;
    this.stream = stream;
    this.suffix = suffix;
    capability = gpu.capability();
    programmatic = capability >= PROGRAMMATIC_CAPABILITY;
    this.switches = switches;
    this.timeline = timeline;
    multiprocessors = gpu.attribute(Gpu.Attribute.MULTIPROCESSORS);
  }

  /** What the kernels are called in a message. */
  String module() {
    return module.name();
  }

  /** The GPU's, ten times its number. */
  int capability() {
    return capability;
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
   * A kernel to be launched with these arguments.
   *
   * @param values in order: {@link Argument}, {@link KvSlot}, {@link TensorMap}, {@link
   *     CudaBuffer}, {@link DeviceMemory}, or a number of the parameter's own type
   */
  Call call(String name, Object... values) {
    return new Call(loaded.computeIfAbsent(name, this::load), values);
  }

  /** The same for a kernel that works on lanes: behind the table, which each launch names. */
  Call onLanes(String name, Object... values) {
    Object[] all = new Object[values.length + 1];
    all[0] = CudaLanes.NONE;
    System.arraycopy(values, 0, all, 1, values.length);
    return call(name, all);
  }

  /** Enqueues a kernel once. */
  void launch(String name, Launch launch, Object... values) {
    calls.computeIfAbsent(name, missing -> call(missing, values)).set(0, values).launch(launch);
  }

  /**
   * Enqueues a kernel that writes what others read before they wait for anything, such as weights:
   * the launch behind it does not begin early.
   */
  void launchConstants(String name, Launch launch, Object... values) {
    launch(name, launch, values);
    constantsBefore = true;
  }

  private Loaded load(String name) {
    Kernel kernel = kernel(name);
    // asked on every GPU, since it loads the kernel, which must not happen while a stream records
    int ptx = kernel.attribute(Kernel.Attribute.PTX_VERSION);
    boolean early = programmatic && ptx >= PROGRAMMATIC_CAPABILITY;
    if (early && switches.carveout() && !name.endsWith("_f32")) {
      // A multiprocessor that is set up for little shared memory takes no block that wants much
      // until it is empty: then nothing begins early. Kernels for float32 live on the other half.
      kernel.preferSharedMemory();
    }
    return new Loaded(kernel, early && switches.overlap());
  }

  /** A kernel by its whole name. */
  Kernel kernel(String name) {
    return module.kernel(name);
  }

  /** Whether there is one of that name for this GPU. */
  boolean has(String name) {
    return module.has(name);
  }

  private static MemoryLayout[] layouts(Object... values) {
    MemoryLayout[] layouts = new MemoryLayout[values.length];
    for (int i = 0; i < values.length; i++) {
      layouts[i] =
          switch (values[i]) {
            case Argument struct -> struct.layout();
            case KvSlot _ -> SLOT;
            case TensorMap _ -> TensorMap.LAYOUT;
            case Integer _ -> JAVA_INT;
            case Float _ -> JAVA_FLOAT;
            default -> JAVA_LONG;
          };
    }
    return layouts;
  }

  private static void set(KernelArguments block, int i, Object value) {
    switch (value) {
      case Argument struct -> struct.write(block.struct(i));
      case KvSlot slot -> {
        block.struct(i).set(JAVA_INT, 0, slot.first());
        block.struct(i).set(JAVA_INT, 4, slot.perGroup());
      }
      case TensorMap map -> map.write(block.struct(i));
      case Integer number -> block.set(i, number.intValue());
      case Float number -> block.set(i, number.floatValue());
      case Long number -> block.set(i, number.longValue());
      case CudaBuffer buffer -> block.set(i, buffer.memory());
      case DeviceMemory memory -> block.set(i, memory);
      default -> throw new IllegalArgumentException("argument " + i + " is a " + value.getClass());
    }
  }
}
