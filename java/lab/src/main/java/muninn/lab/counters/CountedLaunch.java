package muninn.lab.counters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import muninn.kernels.Program;
import muninn.lab.counters.LaunchCount.Parameter;
import muninn.lab.counters.LaunchCount.Traffic;

/**
 * A launch of a forward pass and what was counted of it, as figures that can be compared: shares,
 * and amounts a warp, a block, a byte of weights.
 *
 * @param lanes of the table
 * @param role the program that it belongs to
 * @param operation as {@link muninn.kernels.Op#name} has it
 * @param occupancy by architecture; empty where no compiler's report is at hand
 */
public record CountedLaunch(
    int lanes, Program.Role role, String operation, LaunchCount count, List<Occupancy> occupancy) {

  private static final String WEIGHTS = "weights";
  private static final String PARTIALS = "work";

  /**
   * How it fits a multiprocessor.
   *
   * @param blocks of the launch that fit at a time
   * @param waves rounds of that many on all multiprocessors
   * @param fitsBeside whether one of its blocks fits beside the launch before it; null where there
   *     is none, or where launches do not overlap
   */
  public record Occupancy(Chip chip, int registers, int blocks, double waves, Boolean fitsBeside) {}

  /**
   * Works out how it fits.
   *
   * @param before the launch before it, or null
   * @param multiprocessors of the GPU that work was cut for
   */
  static List<Occupancy> occupancy(
      LaunchCount launch, LaunchCount before, KernelReport report, int multiprocessors) {
    List<Occupancy> all = new ArrayList<>();
    for (Chip chip : Chip.values()) {
      Optional<Chip.Block> block = block(launch, report, chip);
      if (block.isEmpty()) {
        continue;
      }
      int fit = chip.blocksOf(block.get());
      double waves = fit == 0 ? 0 : launch.blocks() / (double) (fit * multiprocessors);
      all.add(
          new Occupancy(
              chip,
              block.get().registers(),
              fit,
              Math.ceil(waves),
              before == null || !chip.overlapsLaunches()
                  ? null
                  : fitsBeside(block.get(), before, report, chip, multiprocessors)));
    }
    return List.copyOf(all);
  }

  private static Boolean fitsBeside(
      Chip.Block block, LaunchCount before, KernelReport report, Chip chip, int multiprocessors) {
    return block(before, report, chip)
        .map(
            other -> {
              int there =
                  Math.min(
                      chip.blocksOf(other),
                      (int) Math.ceilDiv(before.blocks(), (long) multiprocessors));
              return chip.beside(other, there, block) > 0;
            })
        .orElse(null);
  }

  private static Optional<Chip.Block> block(LaunchCount launch, KernelReport report, Chip chip) {
    OptionalInt registers = report.registers(launch.kernel(), chip);
    return registers.isEmpty()
        ? Optional.empty()
        : Optional.of(new Chip.Block(launch.threads(), registers.getAsInt(), launch.sharedBytes()));
  }

  /** Each kernel of a program's operation once. */
  public static List<CountedLaunch> different(List<CountedLaunch> launches) {
    Map<List<Object>, CountedLaunch> first = new LinkedHashMap<>();
    for (CountedLaunch l : launches) {
      first.putIfAbsent(List.of(l.role, l.operation, l.lanes, l.count.kernel()), l);
    }
    return List.copyOf(first.values());
  }

  /** Bytes wanted of those that all reads and stores move, in whole sectors. */
  public Double sectorEfficiency() {
    return all(p -> p.reads().plus(p.stores())).efficiency();
  }

  /** The same of stores alone. */
  public Double storeEfficiency() {
    return all(Parameter::stores).efficiency();
  }

  /** The same of one parameter's reads. */
  public Double readEfficiency(String parameter) {
    return named(parameter).reads().efficiency();
  }

  /** The same of one parameter's stores. */
  public Double storeEfficiency(String parameter) {
    return named(parameter).stores().efficiency();
  }

  /** How often a sector of a parameter is read. */
  public Double passes(String parameter) {
    Parameter found = named(parameter);
    return found.sectorsRead() == 0 ? null : found.reads().sectors() / (double) found.sectorsRead();
  }

  Double weightEfficiency() {
    return readEfficiency(WEIGHTS);
  }

  Double weightPasses() {
    return passes(WEIGHTS);
  }

  /** Lines of 128 bytes that a warp's read of global memory touches. */
  public Double linesPerRequest() {
    Traffic reads = all(Parameter::reads);
    return reads.requests() == 0 ? null : reads.lines() / (double) reads.requests();
  }

  /** Bytes through the L2 cache, of all that is read, for a byte of weights. */
  public Double cacheBytesPerWeightByte() {
    long weights = named(WEIGHTS).sectorsRead();
    return weights == 0 ? null : all(Parameter::reads).sectors() / (double) weights;
  }

  /** Bytes of a block that are on their way when it begins to wait, mostly; null: no copies. */
  public Long bytesInFlight() {
    return count.copiesWaited() == 0 ? null : count.onTheirWay();
  }

  /** And when it has waited. */
  public Long bytesLeftInFlight() {
    return count.copiesWaited() == 0 ? null : count.leftOnTheirWay();
  }

  /** Wavefronts of shared memory over those that no conflict would need. */
  public Double bankConflictRatio() {
    LaunchCount.Shared shared = count.shared();
    return shared.least() == 0 ? null : shared.wavefronts() / (double) shared.least();
  }

  /** Wavefronts of shared memory for a byte of weights; null: no weights. */
  public Double wavefrontsPerWeightByte() {
    long weights = named(WEIGHTS).sectorsRead();
    return weights == 0
        ? null
        : count.shared().wavefronts() / ((double) LaunchCount.SECTOR * weights);
  }

  /** Of sums that blocks leave for one another, in the whole launch. */
  public Double partialBytesWritten() {
    return partials(p -> p.stores().bytes());
  }

  /** The same as read by who comes last; null where nobody does, as only some blocks ran. */
  public Double partialBytesRead() {
    return count.alone() ? null : partials(p -> p.reads().bytes());
  }

  private Double partials(ToLongFunction<Parameter> bytes) {
    List<Parameter> work =
        count.parameters().stream().filter(p -> p.name().startsWith(PARTIALS + "+")).toList();
    // the larger of the two is the sums; the other counts who has arrived
    return work.isEmpty()
        ? null
        : work.stream().mapToLong(bytes).max().orElse(0)
            * (double) count.blocks()
            / count.sampled();
  }

  /** What the block that reads most reads, over the mean. */
  public Double shareImbalance() {
    return count.read() == 0 ? null : count.mostRead() * (double) count.sampled() / count.read();
  }

  double perWarp(long amount) {
    return amount / (double) count.warps();
  }

  double perBlock(long amount) {
    return amount / (double) count.sampled();
  }

  /** How it fits one chip; null where that is not known. */
  public Occupancy on(Chip chip) {
    return occupancy.stream().filter(o -> o.chip() == chip).findFirst().orElse(null);
  }

  String place() {
    return role.name().toLowerCase(Locale.ROOT);
  }

  private Parameter named(String name) {
    return count.parameters().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElse(new Parameter(name, Traffic.NONE, Traffic.NONE, 0, 0));
  }

  private Traffic all(Function<Parameter, Traffic> of) {
    return count.parameters().stream().map(of).reduce(Traffic.NONE, Traffic::plus);
  }
}
