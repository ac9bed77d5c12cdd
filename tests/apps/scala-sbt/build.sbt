enablePlugins(JavaAppPackaging)

name := "web"
version := "1.0.0"
scalaVersion := "2.13.14"
