package muninn.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The house rules, for the module that the command's tests do not see. */
class SparkArchitectureTest {
  private static final JavaClasses SPARK =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("muninn.spark");

  @Test
  void sparkKnowsWhatLiesBelowIt() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "muninn.cli..", "muninn.batch..", "muninn.lab..", "muninn.server..", "muninn.hub..")
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage("muninn.kernels..", "muninn.cuda..", "java.lang.foreign..")
        .check(SPARK);
  }

  @Test
  void onlyTheMainClassPrintsAndEndsTheProcess() {
    noClasses()
        .that()
        .doNotHaveSimpleName("MuninnBatch")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(SPARK);
  }
}
