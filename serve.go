package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"github.com/stalewatch/stalewatch/site/publish"
)

type serveCmd struct {
	Site string `default:"_site" placeholder:"DIR" help:"The site (default: ${default})."`
	Addr string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"A loopback address; port 0 takes a free one (default: ${default})."`
}

// Run is the command.
func (c *serveCmd) Run(ctx context.Context, p *program) error {
	if !publish.Shows(c.Site) {
		return fmt.Errorf("%s holds no report; stalewatch demo or stalewatch run OWNER makes one; --site names another directory", c.Site)
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || !isLoopback(host) {
		return &usageError{fmt.Sprintf("--addr %q is not a loopback address; write it like 127.0.0.1:8080", c.Addr)}
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("%w; --addr 127.0.0.1:0 takes a free port", err)
	}
	server := &http.Server{
		Handler: atHome(publish.Handler(c.Site)), MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0),
		ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Fprintf(p.stdout, "serving %s at http://%s/ until interrupted\n", c.Site, listener.Addr())
	if err := server.Serve(netutil.LimitListener(listener, mostVisitors)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// mostVisitors is how many connections a preview has at once: a browser opens
// six, and a few more pages may be open.
const mostVisitors = 64

// atHome serves only who asks for this machine by a name of its own. Another
// name that leads here is somebody else's page, trying to read the site.
func atHome(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !isLoopback(strings.Trim(host, "[]")) {
			http.Error(w, "This is a preview for this machine: ask for it as localhost or 127.0.0.1.", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
