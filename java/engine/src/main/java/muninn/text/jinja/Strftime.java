package muninn.text.jinja;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalField;
import java.util.Locale;

/** A time as {@code strftime} of the C library writes it, in English. */
final class Strftime {
  private Strftime() {}

  static String format(String format, LocalDateTime time, Budget budget) {
    budget.text(16L * format.length());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        text.append(c);
        continue;
      }
      char next = format.charAt(++i);
      boolean bare = next == '-' && i + 1 < format.length();
      String field = field(bare ? format.charAt(++i) : next, time);
      text.append(bare && field.length() > 1 ? field.replaceFirst("^[0 ]+(?=.)", "") : field);
    }
    return text.toString();
  }

  private static String field(char directive, LocalDateTime time) {
    return switch (directive) {
      case 'Y' -> String.valueOf(time.getYear());
      case 'C' -> digits(2, '0', time.getYear() / 100);
      case 'y' -> digits(2, '0', time.getYear() % 100);
      case 'm' -> digits(2, '0', time.getMonthValue());
      case 'd' -> digits(2, '0', time.getDayOfMonth());
      case 'e' -> digits(2, ' ', time.getDayOfMonth());
      case 'j' -> digits(3, '0', time.getDayOfYear());
      case 'H' -> digits(2, '0', time.getHour());
      case 'k' -> digits(2, ' ', time.getHour());
      case 'I' -> digits(2, '0', time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
      case 'l' -> digits(2, ' ', time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
      case 'M' -> digits(2, '0', time.getMinute());
      case 'S' -> digits(2, '0', time.getSecond());
      case 'f' -> digits(6, '0', time.getNano() / 1000);
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'P' -> time.getHour() < 12 ? "am" : "pm";
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' ->
          time.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH).substring(0, 3);
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' ->
          time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH).substring(0, 3);
      case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
      case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
      case 'G' -> iso(IsoFields.WEEK_BASED_YEAR, 4, time);
      case 'V' -> iso(IsoFields.WEEK_OF_WEEK_BASED_YEAR, 2, time);
      case 'D', 'x' -> Strftime.fields("m/d/y", time);
      case 'F' -> Strftime.fields("Y-m-d", time);
      case 'T', 'X' -> Strftime.fields("H:M:S", time);
      case 'R' -> Strftime.fields("H:M", time);
      case 'r' -> Strftime.fields("I:M:S p", time);
      case 'c' -> Strftime.fields("a b e H:M:S Y", time);
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'z', 'Z' -> ""; // the time has no zone
      case '%' -> "%";
      default -> throw TemplateException.of("strftime_now with '%%%s'", directive);
    };
  }

  private static String fields(String directives, LocalDateTime time) {
    StringBuilder text = new StringBuilder();
    for (char c : directives.toCharArray()) {
      text.append(Character.isLetter(c) ? field(c, time) : String.valueOf(c));
    }
    return text.toString();
  }

  private static String iso(TemporalField field, int digits, LocalDateTime time) {
    return digits(digits, '0', time.get(field));
  }

  private static String digits(int count, char fill, int number) {
    String digits = String.valueOf(number);
    return String.valueOf(fill).repeat(Math.max(0, count - digits.length())) + digits;
  }
}
