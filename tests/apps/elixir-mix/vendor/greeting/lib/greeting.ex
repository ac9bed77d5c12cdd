defmodule Greeting do
  def text, do: "good morning"
end
