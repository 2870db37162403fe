package muninn.lab.report;

import java.util.Locale;

/**
 * The colours of charts, in light and dark. Kinds are Okabe and Ito's palette (safe for
 * colour-blind readers), darkened for white paper; the ramp and the cells of heat maps come from
 * the perceptually even maps plasma and viridis (van der Walt &amp; Smith 2015).
 */
final class Style {
  static final int KINDS = 8;
  private static final int RAMP = 12;

  private static final String[] LIGHT_KINDS = {
    "#0067a5", "#c24e00", "#007a5a", "#a8508a", "#8a6a00", "#2684b8", "#444444", "#b0303c"
  };
  private static final String[] DARK_KINDS = {
    "#62b5f0", "#f08c4a", "#3fcf9f", "#e39ac8", "#e6b83c", "#9fd8ff", "#cfcfcf", "#ff8d92"
  };
  private static final int[] PLASMA = {
    0x0d0887, 0x41049d, 0x6a00a8, 0x8f0da4, 0xb12a90, 0xcc4778, 0xe16462, 0xf2844b, 0xfca636,
    0xfcce25, 0xf0f921
  };
  private static final int[] VIRIDIS = {
    0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c, 0x22a884, 0x44bf70, 0x7ad151,
    0xbddf26, 0xfde725
  };

  private Style() {}

  /** Class of the i-th of n series. */
  static String of(Chart.Colours colours, int i, int n) {
    return switch (colours) {
      case KINDS -> "k" + i % KINDS;
      case RAMP -> "r" + (n < 2 ? RAMP / 2 : Math.round((RAMP - 1) * i / (float) (n - 1)));
    };
  }

  /** Fill of a heat map's cell, for a share from 0 to 1. */
  static String cell(double share) {
    return hex(between(VIRIDIS, share));
  }

  /** Class of a text on that fill. */
  static String onCell(double share) {
    int rgb = between(VIRIDIS, share);
    double luminance =
        0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);
    return luminance > 0.18 ? "dark" : "pale";
  }

  /** What every chart needs, for a page or a picture of its own. */
  static String css() {
    StringBuilder css = new StringBuilder();
    css.append(":root{--bg:#fff;--ink:#1b1f24;--soft:#57606a;--rule:#d5dae0;--panel:#f5f7f9;");
    variables(css, LIGHT_KINDS, 0, 0.68);
    css.append("}\n@media(prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#e8eaed;");
    css.append("--soft:#a3abb5;--rule:#363c44;--panel:#1d2126;");
    variables(css, DARK_KINDS, 0.45, 1);
    css.append("}}\n");
    for (int i = 0; i < KINDS; i++) {
      css.append(".k").append(i).append("{--c:var(--k").append(i).append(")}");
    }
    for (int i = 0; i < RAMP; i++) {
      css.append(".r").append(i).append("{--c:var(--r").append(i).append(")}");
    }
    return css.append(
"""

            svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
            svg text.tick{fill:var(--soft);font-variant-numeric:tabular-nums}
            svg text.name{fill:var(--soft)}
            svg text.of{fill:var(--c);font-weight:600}
svg text.of,svg text.halo{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
            svg text.on{fill:var(--bg)}
            svg text.dark{fill:#000}svg text.pale{fill:#fff}
            .grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
            .stroke{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
            .thin{fill:none;stroke:var(--c);stroke-width:1.2;stroke-linejoin:round}
            .leader{stroke:var(--c);stroke-width:.7;opacity:.6}
            .dash{stroke-dasharray:6 3}
            .fill{fill:var(--c)}.band{fill:var(--c);opacity:.17}
            .ring{fill:var(--bg);stroke:var(--c);stroke-width:1.6}
            .reference{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 3}
            .roof{fill:none;stroke:var(--ink);stroke-width:1.6}
            .paper{fill:var(--bg)}
""")
        .toString();
  }

  private static void variables(StringBuilder css, String[] kinds, double from, double to) {
    for (int i = 0; i < KINDS; i++) {
      css.append("--k").append(i).append(':').append(kinds[i]).append(';');
    }
    for (int i = 0; i < RAMP; i++) {
      String colour = hex(between(PLASMA, from + (to - from) * i / (RAMP - 1)));
      css.append("--r").append(i).append(':').append(colour).append(';');
    }
  }

  private static int between(int[] map, double share) {
    double place = Math.clamp(share, 0, 1) * (map.length - 1);
    int i = Math.min((int) place, map.length - 2);
    double rest = place - i;
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = map[i] >> shift & 0xff;
      int b = map[i + 1] >> shift & 0xff;
      rgb |= (int) Math.round(a + (b - a) * rest) << shift;
    }
    return rgb;
  }

  private static double linear(int channel) {
    double c = (channel & 0xff) / 255.0;
    return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
  }

  private static String hex(int rgb) {
    return String.format(Locale.ROOT, "#%06x", rgb);
  }
}
