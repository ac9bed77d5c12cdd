package web;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import org.json.JSONObject;

public class Main {
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(System.getenv("PORT"));
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    long heap = Runtime.getRuntime().maxMemory() / 1024 / 1024;
    byte[] page = new JSONObject().put("java", Runtime.version().feature()).put("heap", heap).toString().getBytes();
    server.createContext("/", exchange -> {
      exchange.sendResponseHeaders(200, page.length);
      exchange.getResponseBody().write(page);
      exchange.close();
    });
    server.start();
  }
}
