import com.sun.net.httpserver.HttpServer
import java.net.InetSocketAddress

object Main extends App {
  val server = HttpServer.create(new InetSocketAddress(sys.env("PORT").toInt), 0)
  val page = s"scala ${util.Properties.versionNumberString} here".getBytes
  server.createContext("/", exchange => {
    exchange.sendResponseHeaders(200, page.length)
    exchange.getResponseBody.write(page)
    exchange.close()
  })
  server.start()
}
