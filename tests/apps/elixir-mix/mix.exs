defmodule Web.MixProject do
  use Mix.Project

  def project do
    [
      app: :web,
      version: "1.0.0",
      deps: [{:greeting, path: "vendor/greeting"}],
      releases: [web: [include_executables_for: [:unix]]]
    ]
  end

  def application, do: [mod: {Web, []}, extra_applications: [:logger]]
end
