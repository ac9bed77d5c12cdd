package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"

	"github.com/google/uuid"
)

// Set by the linker: GO_LINKER_SYMBOL=main.built.
var built = "nobody knows"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s here, id of %d, built: %s", runtime.Version(), len(uuid.NewString()), built)
	})
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
