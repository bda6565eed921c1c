package jq

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestEvaluate_Hostile(t *testing.T) {
	e := newEvaluator(maxWorkers)
	defer e.pool.endIdle()
	programs := hostilePrograms()
	costs := map[Cost]int{}
	for _, name := range hostileNames() {
		start := time.Now()
		var before, after syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before)
		r := e.evaluate(context.Background(), hostileInput, []string{programs[name]})[0]
		syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after)
		took := time.Since(start)
		var c Cost
		if r.Problem != nil {
			c = r.Problem.Cost
		}
		costs[c]++
		s := fmt.Sprint(r.Value)
		if len(s) > 60 {
			s = s[:60]
		}
		if r.Problem != nil {
			s = r.Problem.Detail
		}
		fmt.Printf("%-28s %8s %-12s %.80s\n", name, took.Round(time.Millisecond), c, s)
	}
	fmt.Println(costs, len(programs))
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ru)
	fmt.Println("maxrss KB", ru.Maxrss)
	b, _ := os.ReadFile("/proc/self/status")
	fmt.Println(string(b[:0]))
}
