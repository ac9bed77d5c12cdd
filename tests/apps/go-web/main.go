package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"runtime"

	"github.com/kballard/go-shellquote"
)

// Set by the linker: GO_LINKER_SYMBOL=main.built.
var built = "nobody knows"

// HTTP by hand: net/http alone takes a minute to compile.
func answer(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	for line := "-"; line != "\r\n"; {
		var err error
		if line, err = reader.ReadString('\n'); err != nil {
			return
		}
	}
	words, _ := shellquote.Split(`a 'b c' d`)
	page := fmt.Sprintf("%s here, %d words, built: %s", runtime.Version(), len(words), built)
	fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
}

func main() {
	listener, err := net.Listen("tcp", ":"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go answer(connection)
	}
}
