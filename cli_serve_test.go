package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestServeIsForThisMachine: the preview answers who asks for this machine by its own name, so
// many at once, and ends when it is told to.
func TestServeIsForThisMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	w := newWorkspace(t, githubsim.Generate("contoso", 2, 1, day))
	w.ok("run", "contoso")
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	p := &program{args: []string{"serve", "--site", w.path("site"), "--addr", "127.0.0.1:0"}, env: func(string) string { return "" },
		stdout: in, stderr: io.Discard, now: time.Now}
	go func() { ended <- p.main(ctx) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)

	// Visitors that stay, as many as may come.
	connections := make([]*visitor, mostVisitors)
	for i := range connections {
		connections[i] = visit(t, address)
		if status := connections[i].get("localhost"); status != http.StatusOK {
			t.Fatalf("visitor %d got %d", i, status)
		}
	}
	late := visit(t, address)
	late.ask("127.0.0.1")
	if err := late.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := late.from.Peek(1); err == nil {
		t.Error("one more was let in")
	}
	connections[0].Close()
	if err := late.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if status := late.status(); status != http.StatusOK {
		t.Errorf("when one left, the next got %d", status)
	}

	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8080": 200, address: 200, "[::1]:80": 200, "127.0.0.2": 200,
		"evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "192.168.0.1": 421, "0.0.0.0": 421,
	} {
		if status := connections[1].get(host); status != want {
			t.Errorf("asked as %s it answers %d, want %d", host, status, want)
		}
	}
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("it ended with exit code %d", code)
	}
}

// visitor is a connection that stays open.
type visitor struct {
	net.Conn
	t    *testing.T
	from *bufio.Reader
}

func visit(t *testing.T, address string) *visitor {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &visitor{c, t, bufio.NewReader(c)}
}

func (v *visitor) ask(host string) {
	if _, err := fmt.Fprintf(v, "GET /data/v1/summary.json HTTP/1.1\r\nHost: %s\r\n\r\n", host); err != nil {
		v.t.Error(err)
	}
}

func (v *visitor) status() int {
	v.t.Helper()
	resp, err := http.ReadResponse(v.from, nil)
	if err != nil {
		v.t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK && strings.Contains(string(b), "schemaVersion") {
		v.t.Errorf("%s: %s %v", resp.Status, b, err)
	}
	return resp.StatusCode
}

func (v *visitor) get(host string) int {
	v.t.Helper()
	v.ask(host)
	return v.status()
}
