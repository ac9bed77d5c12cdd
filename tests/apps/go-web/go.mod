module example.org/web

go 1.19

require github.com/kballard/go-shellquote v0.0.0-20180428030007-95032a82bc51
