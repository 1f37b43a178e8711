package graphql_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// TestEchoes: a server or a proxy that repeats the token or an address, in
// whatever form and place, does not get it into an error or a result.
func TestEchoes(t *testing.T) {
	const address = "mona@example.com"
	escaped := ""
	for _, r := range token {
		escaped += fmt.Sprintf(`\u%04x`, r)
	}
	listing := func(node string) string {
		return `{"data":{"__typename":"Query","repositoryOwner":{"login":"contoso","id":"O_1","repositories":{"totalCount":1,"pageInfo":{},"nodes":[` + node + `]}}}}`
	}
	for name, r := range map[string]reply{
		"a message":             {status: 500, body: `{"message":"no ` + token + ` of ` + address + `"}`},
		"a message, escaped":    {status: 403, body: `{"message":"no ` + escaped + `"}`},
		"an error":              {status: 200, body: `{"errors":[{"message":"Bearer ` + token + ` ` + address + `"}]}`},
		"a web page":            {status: 502, body: `<html><title>` + token + ` ` + address + `</title>`},
		"a redirect":            {status: 301, header: map[string]string{"Location": "https://elsewhere.example/?t=" + token + "&m=" + address}},
		"a value":               {status: 200, body: listing(`{"id":"R_1","nameWithOwner":"contoso/a","url":"https://github.test/contoso/a","createdAt":"2020-01-01T00:00:00Z","description":"` + token + ` ` + address + `"}`)},
		"a value, escaped":      {status: 200, body: listing(`{"id":"R_1","nameWithOwner":"contoso/a","url":"https://github.test/contoso/a","createdAt":"2020-01-01T00:00:00Z","description":"` + escaped + `"}`)},
		"an undecodable date":   {status: 200, body: listing(`{"id":"R_1","createdAt":"` + token + ` ` + address + `"}`)},
		"an undecodable URL":    {status: 200, body: listing(`{"id":"R_1","url":":` + token + ` ` + address + `"}`)},
		"an undecodable number": {status: 200, body: listing(`{"id":"R_1","stargazerCount":"` + token + ` ` + address + `"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := client("http://github.test/graphql", &script{replies: []reply{r}}).List(t.Context(), github.ListQuery{Owner: "contoso"})
			tellsNothing(t, page, err, address)
		})
	}
	for name, raw := range map[string]string{
		"a malformed status line": "HTTP/1.1 " + token + " " + address + "\r\n\r\n",
		"a malformed header":      "HTTP/1.1 200 OK\r\n" + token + " " + address + "\r\n\r\n",
		"a malformed length":      "HTTP/1.1 200 OK\r\nContent-Length: " + token + "\r\n\r\n",
		"no HTTP at all":          token + " " + address + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			page, err := client(speaking(t, raw), nil).List(t.Context(), github.ListQuery{Owner: "contoso"})
			if err == nil {
				t.Fatal("no error")
			}
			tellsNothing(t, page, err, address)
		})
	}
}

// tellsNothing looks for the token and an address in everything that is handed on.
func tellsNothing(t *testing.T, page github.ListPage, err error, address string) {
	t.Helper()
	b, jsonErr := json.Marshal(page)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("asked", "why", err)
	told := string(b) + log.String()
	for e := err; e != nil; e = errors.Unwrap(e) {
		told += fmt.Sprintf("%v %+v %#v", e, e, e)
	}
	if strings.Contains(told, token) || strings.Contains(told, address) {
		t.Errorf("it tells: %s", told)
	}
}

// speaking is the address of a server that says the same to everybody.
func speaking(t *testing.T, raw string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					_, _ = io.WriteString(c, raw)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/graphql"
}

// TestAnswersThatExplode: what an answer takes in memory is bounded, whatever it
// is made of.
func TestAnswersThatExplode(t *testing.T) {
	const size = 31 << 20
	fill := func(before, piece, after string) string {
		return before + strings.TrimSuffix(strings.Repeat(piece+",", size/(len(piece)+1)), ",") + after
	}
	for name, body := range map[string]string{
		"errors":         fill(`{"errors":[`, `{"message":"x"}`, `]}`),
		"empty errors":   fill(`{"errors":[`, `{}`, `]}`),
		"a path":         fill(`{"errors":[{"message":"x","path":[`, `1`, `]}]}`),
		"empty objects":  fill(`{"data":{"__typename":"Query","repositoryOwner":{"login":"c","repositories":{"nodes":[`, `{}`, `]}}}}`),
		"nulls":          fill(`{"data":{"__typename":"Query","repositoryOwner":{"login":"c","repositories":{"nodes":[`, `null`, `]}}}}`),
		"unknown fields": fill(`{"data":{"__typename":"Query","x":[`, `1`, `]}}`),
	} {
		t.Run(name, func(t *testing.T) {
			c := client("http://github.test/graphql", &script{replies: []reply{{status: 200, body: body}}})
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err := c.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100})
			runtime.ReadMemStats(&after)
			if _, ok := errors.AsType[durable.Remediable](err); err != nil && !ok {
				t.Errorf("%T: %v", err, err)
			}
			took := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%d MB allocated for %d MB: %v", took, len(body)>>20, err)
			if took > 400 {
				t.Errorf("%d MB allocated for an answer of %d MB", took, len(body)>>20)
			}
		})
	}
}

// TestShortTokensSpoilNothing: a token of a few letters, such as a stand-in for
// GitHub accepts, is no reason to take these letters out of every answer.
func TestShortTokensSpoilNothing(t *testing.T) {
	for _, token := range []string{"x", "a", "demo", "nodes"} {
		world := githubsim.NewWorld()
		world.AddOrganization("contoso")
		world.Create(githubsim.Repository{Name: "contoso/nodes-demo-x", CreatedAt: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)})
		server := githubsim.New(world, githubsim.WithToken(token, githubsim.PublicOnly))
		endpoint, stop, err := server.Start()
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		client := graphql.New(graphql.Options{URL: endpoint, Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}), Share: budget.New(budget.Config{}).Pipeline()})
		page, err := client.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Size: 10})
		if err != nil || len(page.Repositories) != 1 || page.Repositories[0].NameWithOwner != "contoso/nodes-demo-x" {
			t.Errorf("token %q: %+v, %v", token, page.Repositories, err)
		}
	}
}
