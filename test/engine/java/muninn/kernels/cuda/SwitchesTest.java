package muninn.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import muninn.UserException;
import org.junit.jupiter.api.Test;

/** Switches of launches among the variants of kernels that a user chooses. */
class SwitchesTest {
  @Test
  void switchesAreTakenOutOfTheChoicesOfVariants() {
    Switches switches = Switches.of("linear_add=n16, pdl=off,blocks=1,attention=split");
    assertThat(switches.overlap()).isFalse();
    assertThat(switches.carveout()).isTrue();
    assertThat(switches.blocks()).hasValue(1);
    assertThat(switches.libraryFrom()).isEmpty();
    assertThat(switches.variants()).isEqualTo("linear_add=n16,attention=split");
    assertThat(Switches.of("")).isEqualTo(Switches.NONE);
  }

  @Test
  void theLastOfSeveralValuesCounts() {
    assertThat(Switches.of("blocks=1,blocks=2,pdl=off,pdl=on,library_from=129"))
        .isEqualTo(new Switches(true, true, false, OptionalInt.of(2), OptionalInt.of(129), ""));
  }

  @Test
  void aValueThatASwitchCannotHaveIsOneSentence() {
    assertThatThrownBy(() -> Switches.of("pdl=maybe"))
        .isInstanceOf(UserException.class)
        .hasMessage("kernels is 'pdl=maybe', and pdl cannot be 'maybe': use one of on, off");
  }
}
