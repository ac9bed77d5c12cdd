(defproject web "1.0.0"
  :dependencies [[org.clojure/clojure "1.11.1"]]
  :main web.core
  :aot [web.core]
  :uberjar-name "web-standalone.jar")
