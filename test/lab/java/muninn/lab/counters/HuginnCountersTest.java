package muninn.lab.counters;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import muninn.engine.DeviceOptions;
import muninn.kernels.Program.Role;
import muninn.lab.expect.Card;
import muninn.model.Model;
import muninn.model.WeightChoice;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * How the launches of Huginn's own shapes use an H100, counted over some of their blocks: the cuts
 * are those of 132 multiprocessors. Where today's kernels miss the mark, the bound is what they
 * reach today.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HuginnCountersTest {
  private static final String SHAPE = "random:huginn-0125,vocab=512,layers=1/1/1";
  private static final List<String> PRODUCTS =
      List.of("adapter", "qkv", "attention out", "gate up", "mlp out");
  private static final List<String> BEFORE_NORMS = List.of("attention out", "mlp out", "adapter");

  private List<CountedLaunch> few; // of one lane
  private List<CountedLaunch> many; // of 64

  @BeforeAll
  void count() {
    few = counted(1);
    many = counted(64);
  }

  private static List<CountedLaunch> counted(int lanes) {
    DeviceOptions options = DeviceOptions.DEFAULT.on("emulated");
    try (Model model = Model.open(SHAPE)) {
      return new Counting(model, options, WeightChoice.AUTO, Card.H100, 128, 16, _ -> {})
          .run(List.of(lanes), Set.of(Role.CORE));
    }
  }

  private static CountedLaunch of(List<CountedLaunch> launches, String operation) {
    return launches.stream().filter(l -> l.operation().equals(operation)).findFirst().orElseThrow();
  }

  @Test
  void everyProductReadsItsWeightsOnceInWholeSectors() {
    for (String product : PRODUCTS) {
      Structure.weightsAreReadOnce(of(few, product));
      Structure.weightsAreReadOnce(of(many, product));
    }
  }

  @Test
  void productsOfOneLaneReadLittleBesidesTheirWeights() {
    for (String product : PRODUCTS) {
      assertThat(of(few, product).cacheBytesPerWeightByte()).as(product).isLessThan(1.1);
      // half of the weights again: each tile of 128 rows reads all operands
      assertThat(of(many, product).cacheBytesPerWeightByte()).as(product).isLessThan(2);
    }
  }

  @Test
  void everyProductHasEnoughOnItsWay() {
    for (String product : PRODUCTS) {
      Structure.enoughIsOnItsWay(of(few, product));
      Structure.enoughIsOnItsWay(of(many, product));
    }
  }

  @Test
  void productsHaveNoConflictsOfBanks() {
    for (String product : PRODUCTS) {
      Structure.banksDoNotConflict(of(few, product), 1.05);
      Structure.banksDoNotConflict(of(many, product), 1.05);
    }
  }

  @Test
  void attentionHasFewConflictsOfBanks() {
    Structure.banksDoNotConflict(of(few, "attention"), 1.05);
    Structure.banksDoNotConflict(of(many, "attention"), 1.05);
  }

  /** Whole pages come by a copy each: two of keys and two of values a warp, of 128 positions. */
  @Test
  void attentionHasEnoughOnItsWayByFewCopies() {
    for (CountedLaunch attention : List.of(of(few, "attention"), of(many, "attention"))) {
      Structure.enoughIsOnItsWay(attention);
      assertThat(attention.count().asyncCopies()).isEqualTo(4 * attention.count().warps());
    }
  }

  @Test
  void blocksShareAMatrixEvenly() {
    // of the largest: a share is a whole number of steps
    Structure.blocksShareEvenly(of(few, "gate up"), 1.05);
    Structure.blocksShareEvenly(of(many, "gate up"), 1.05);
  }

  /** Of the sampled blocks the first store queries, the last values, and between them keys. */
  @Test
  void queriesKeysAndValuesAreStoredInWholeSectors() {
    for (CountedLaunch launch : List.of(of(few, "qkv"), of(many, "qkv"))) {
      Structure.sectorsAreStoredWhole(launch, "q", 1);
      Structure.sectorsAreStoredWhole(launch, "cache", 1);
    }
  }

  /**
   * Where it begins before they have ended. As the code was when the table of instructions was
   * made, which is committed with it.
   */
  @Test
  void normsFitBesideTwoBlocksOfTheProductsTheyFollow() {
    KernelReport report = KernelReport.of(Path.of("../../kernels-cu/sass.txt"));
    for (CountedLaunch launch : all(few, many)) {
      if (!launch.operation().startsWith("norm")) {
        continue;
      }
      Chip.Block norm = block(report, launch);
      for (CountedLaunch product : all(few, many)) {
        if (BEFORE_NORMS.contains(product.operation())) {
          assertThat(Chip.SM_90.beside(block(report, product), 2, norm))
              .as("%s beside two of %s", launch.count().kernel(), product.count().kernel())
              .isPositive();
        }
      }
    }
  }

  private static Chip.Block block(KernelReport report, CountedLaunch launch) {
    LaunchCount count = launch.count();
    int registers = report.registers(count.kernel(), Chip.SM_90).orElseThrow();
    return new Chip.Block(count.threads(), registers, count.sharedBytes());
  }

  private static List<CountedLaunch> all(List<CountedLaunch> one, List<CountedLaunch> other) {
    return Stream.concat(one.stream(), other.stream()).toList();
  }
}
