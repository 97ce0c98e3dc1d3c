// promlint reads metrics on its standard input and prints what Prometheus' own linter says of them.
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func main() {
	problems, err := promlint.New(os.Stdin).Lint()
	for _, problem := range problems {
		fmt.Printf("%s: %s\n", problem.Metric, problem.Text)
	}
	if err != nil {
		fmt.Println(err)
	}
	if err != nil || len(problems) > 0 {
		os.Exit(1)
	}
}
