defmodule Web do
  use Application

  def start(_type, _arguments) do
    Task.start_link(fn -> listen(String.to_integer(System.fetch_env!("PORT"))) end)
  end

  defp listen(port) do
    {:ok, socket} = :gen_tcp.listen(port, [:binary, packet: :http_bin, active: false, reuseaddr: true])
    accept(socket)
  end

  defp accept(socket) do
    {:ok, client} = :gen_tcp.accept(socket)
    page = "#{Greeting.text()} from Elixir, #{System.get_env("MIX_ENV")}"
    head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: #{byte_size(page)}\r\n\r\n"
    with :ok <- read(client), do: :gen_tcp.send(client, head <> page)
    :gen_tcp.close(client)
    accept(socket)
  end

  defp read(client) do
    case :gen_tcp.recv(client, 0, 5000) do
      {:ok, :http_eoh} -> :ok
      {:ok, _} -> read(client)
      error -> error
    end
  end
end
