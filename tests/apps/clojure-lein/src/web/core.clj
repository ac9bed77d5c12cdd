(ns web.core
  (:gen-class)
  (:import [com.sun.net.httpserver HttpHandler HttpServer]
           [java.net InetSocketAddress]))

(defn -main []
  (let [port (Integer/parseInt (System/getenv "PORT"))
        server (HttpServer/create (InetSocketAddress. port) 0)
        page (.getBytes (str "clojure " (clojure-version) " here"))]
    (.createContext server "/"
                    (reify HttpHandler
                      (handle [_ exchange]
                        (.sendResponseHeaders exchange 200 (count page))
                        (.write (.getResponseBody exchange) page)
                        (.close exchange))))
    (.start server)))
