run lambda { |_request|
  page = "rack #{Rack.release} here, #{ENV["RACK_ENV"]}, secret of #{ENV["SECRET_KEY_BASE"].size}"
  [200, { "Content-Type" => "text/plain" }, [page]]
}
