package muninn.server;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import muninn.UserException;
import muninn.files.Json;
import muninn.files.Text;

/**
 * A request and the answer to it, as an endpoint sees them: a body that is a JSON object, and ways
 * to answer. It also keeps what the log says of it.
 */
final class Exchange {
  /** Bytes of a body that is too large which are read so that the client hears of that. */
  private static final long MOST_DRAINED = 1L << 26;

  private final ServerRequest request;
  private final ServerResponse response;
  private volatile int status;
  private volatile boolean brokeOff;
  private boolean closes;
  private Tally tally = Tally.NONE;

  /** What an answer took. */
  record Tally(int choices, int promptTokens, int tokens, long steps, String end) {
    static final Tally NONE = new Tally(0, 0, 0, 0, "");

    /** Steps that a token took, on average; 0 where there is none. */
    double meanSteps() {
      return tokens == 0 ? 0 : (double) steps / tokens;
    }
  }

  /** Writes a JSON value. */
  @FunctionalInterface
  interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  Exchange(ServerRequest request, ServerResponse response) {
    this.request = request;
    this.response = response;
    closes =
        header("Connection").stream()
            .flatMap(value -> Arrays.stream(value.split(",", -1)))
            .anyMatch(value -> value.strip().equalsIgnoreCase("close"));
  }

  String method() {
    return request.prologue().method().text();
  }

  String path() {
    return request.path().path();
  }

  /** The value of a header of the request. */
  Optional<String> header(String name) {
    return request.headers().first(HeaderNames.create(name));
  }

  /** Where the client is. */
  String client() {
    return request.remotePeer().host();
  }

  /** Sets a header of the response. */
  void put(String name, String value) {
    response.header(name, value);
  }

  /** The status answered; 0 where nothing was. */
  int status() {
    return status;
  }

  /** The answer's end did not reach the client. */
  void breaksOff() {
    brokeOff = true;
  }

  boolean brokeOff() {
    return brokeOff;
  }

  /** The status answered, and whether all of the answer was. */
  String outcome() {
    return status + (brokeOff ? " broke off" : "");
  }

  Tally tally() {
    return tally;
  }

  void tally(Tally taken) {
    tally = taken;
  }

  /**
   * Has this run if the client goes away before it is answered. To be called with the body read.
   */
  void whenGone(Runnable action) {
    Connections.CLIENT
        .get()
        .whenGone(
            request.id(),
            () -> {
              if (!begun()) { // else it may have left with all of its answer
                breaksOff();
              }
              action.run();
            });
  }

  /** It is over, for better or worse. */
  void ends() {
    if (Connections.CLIENT.isBound()) {
      if (closes) {
        Connections.CLIENT.get().last(); // Helidon says that it closes, and waits for the client
      }
      Connections.CLIENT.get().over(request.id());
    }
  }

  /**
   * The object that was sent.
   *
   * @param mostBytes that it may have
   * @throws Refusal when there is none
   */
  ObjectNode body(long mostBytes) {
    requireJson();
    byte[] bytes = bytes(mostBytes);
    String text;
    try {
      ByteBuffer plain = ByteBuffer.wrap(Text.withoutMark(bytes));
      text = StandardCharsets.UTF_8.newDecoder().decode(plain).toString();
    } catch (CharacterCodingException e) {
      throw Refusal.of(400, "the body is not UTF-8 text: send JSON in UTF-8");
    }
    if (text.isBlank()) {
      throw Refusal.of(400, "the body is empty: send a JSON object");
    }
    try {
      return Json.object(text, "the body");
    } catch (UserException e) {
      throw Refusal.of(400, e.getMessage());
    }
  }

  /**
   * Other types, or none, are what a page of somebody else's can send without being asked first.
   */
  private void requireJson() {
    String type = header("Content-Type").orElse("").toLowerCase(Locale.ROOT);
    String[] parts = type.split(";", 2);
    String charset = parts.length < 2 ? "" : parts[1].replaceAll("[\\s\"]", "");
    if (!parts[0].strip().equals("application/json")
        || !Set.of("", "charset=utf-8", "charset=utf8").contains(charset)) {
      throw Refusal.of(
          415,
          "Content-Type is "
              + (type.isEmpty() ? "missing" : "\"" + Json.shortened(type) + "\"")
              + ", wanted application/json, in UTF-8");
    }
    header("Content-Encoding")
        .ifPresent(
            encoding -> {
              throw Refusal.of(
                  415, "Content-Encoding is \"" + Json.shortened(encoding) + "\", wanted none");
            });
  }

  private byte[] bytes(long most) {
    long stated = request.headers().contentLength().orElse(0);
    boolean asksFirst = header("Expect").isPresent();
    if (stated > most && (asksFirst || stated > MOST_DRAINED)) {
      throw tooLarge(most);
    }
    try {
      InputStream in = request.content().inputStream(); // its end would read on where it broke off
      byte[] bytes = in.readNBytes(Math.toIntExact(Math.min(Integer.MAX_VALUE - 8L, most + 1)));
      if (bytes.length > most) {
        in.skip(MOST_DRAINED);
        throw tooLarge(most);
      }
      return bytes;
    } catch (DataReader.InsufficientDataAvailableException | IOException e) {
      breaksOff();
      throw new CloseConnectionException("the client went away", e);
    } catch (NumberFormatException e) {
      closes();
      throw Refusal.of(
          400,
          "the body's chunks cannot be told apart: send the size of each as a hexadecimal number,"
              + " and nothing behind it, or state a Content-Length");
    }
  }

  private Refusal tooLarge(long most) {
    closes();
    return Refusal.of(
        413, "the body is larger than the " + most + " bytes that are read: send less at once");
  }

  /** Ends the connection with this answer, where it is of one request at a time. */
  private void closes() {
    if (request.prologue().protocolVersion().startsWith("1")) {
      put("Connection", "close");
      closes = true;
    }
  }

  /** Answers with JSON. */
  void json(int status, Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      body.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    send(status, "application/json", bytes.toByteArray());
  }

  /** Answers with some bytes. */
  void send(int status, String type, byte[] bytes) {
    this.status = status;
    put("Content-Type", type);
    if (method().equals("HEAD")) {
      put("Content-Length", Integer.toString(bytes.length));
      response.status(status).send();
    } else {
      response.status(status).send(bytes);
    }
  }

  /** Answers with nothing. */
  void send(int status) {
    this.status = status;
    response.status(status).send();
  }

  /** Begins an answer that is written as it comes. */
  OutputStream stream(String type) {
    status = 200;
    put("Content-Type", type);
    put("Cache-Control", "no-cache");
    put("X-Accel-Buffering", "no"); // asks proxies to pass on what comes when it comes
    return response.status(200).outputStream();
  }

  /** Whether some of an answer is on its way, so that no other one can be given. */
  boolean begun() {
    return status != 0;
  }
}
