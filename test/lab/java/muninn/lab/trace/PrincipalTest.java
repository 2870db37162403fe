package muninn.lab.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PrincipalTest {
  private static final Offset<Double> NEAR = Offset.offset(1e-5);

  /** Three independent directions of falling strength in a space of that size. */
  private static List<float[]> cloud(int n, int d) {
    Random random = new Random(1);
    List<float[]> states = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      float[] state = new float[d];
      double a = 10 * random.nextGaussian();
      double b = 3 * random.nextGaussian();
      state[0] = (float) (5 + a * 0.6);
      state[1] = (float) (a * 0.8);
      state[2] = (float) b;
      state[3] = (float) (0.5 * random.nextGaussian());
      states.add(state);
    }
    return states;
  }

  @Test
  void directionsAreThoseOfLargestVarianceInOrder() {
    Principal principal = Principal.ofStates(cloud(500, 8), 6);
    assertThat(principal.size()).isEqualTo(3); // the states span no more
    assertThat(Math.abs(principal.directions().get(0)[1])).isCloseTo(0.8f, Offset.offset(0.01f));
    assertThat(principal.directions().get(1)[2]).isCloseTo(1f, Offset.offset(0.01f));
    assertThat(principal.share(0)).isBetween(0.88, 0.95);
    assertThat(principal.share(0) + principal.share(1) + principal.share(2)).isCloseTo(1, NEAR);
  }

  @Test
  void fewStatesInManyDimensionsGiveWhatTheirCovarianceWould() {
    List<float[]> states = cloud(20, 40); // by the Gram matrix
    List<float[]> narrow =
        states.stream().map(s -> java.util.Arrays.copyOf(s, 5)).toList(); // by the covariance
    Principal wide = Principal.ofStates(states, 3);
    Principal same = Principal.ofStates(narrow, 3);
    for (int k = 0; k < 3; k++) {
      assertThat(wide.share(k)).isCloseTo(same.share(k), NEAR);
      for (int i = 0; i < states.size(); i++) {
        assertThat(wide.place(states.get(i))[k])
            .isCloseTo(same.place(narrow.get(i))[k], Offset.offset(1e-4));
      }
    }
  }

  @Test
  void directionsAreOrthogonalAndPlacesKeepDistances() {
    List<float[]> states = cloud(100, 8);
    Principal principal = Principal.ofStates(states, 6);
    double[] a = principal.place(states.get(0));
    double[] b = principal.place(states.get(1));
    double square = 0;
    for (int k = 0; k < a.length; k++) {
      square += (a[k] - b[k]) * (a[k] - b[k]);
    }
    assertThat(Math.sqrt(square))
        .isCloseTo(Vectors.distance(states.get(0), states.get(1)), Offset.offset(1e-4));
  }

  @Test
  void ofManyStatesAnEvenSelectionIsTaken() {
    assertThat(Principal.ofStates(cloud(2500, 5), 2).fitted()).isBetween(800, 1024);
  }
}
