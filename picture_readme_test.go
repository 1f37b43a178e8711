package main

import (
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/stalewatch/stalewatch/site/publish"
)

var pictures = flag.Bool("pictures", false, "take the pictures of the README anew")

// TestPictures takes the README's pictures from the demonstration:
//
//	go test -run TestPictures . -pictures
//
// Without the flag it takes them with STALEWATCH_TESTS=all only, as in CI, and
// throws them away.
func TestPictures(t *testing.T) {
	for _, name := range []string{"overview-light.png", "overview-dark.png"} {
		if info, err := os.Stat(filepath.Join("testdata", "screenshots", name)); !*pictures && (err != nil || info.Size() == 0) {
			t.Errorf("the README shows testdata/screenshots/%s, which is not there; take it with: go test -run TestPictures . -pictures", name)
		}
	}
	if !*pictures && !everything() {
		t.Skip("STALEWATCH_TESTS=all takes them")
	}
	t.Parallel()
	browser, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("no Chromium was found: install the package chromium")
	}
	if err != nil {
		t.Skip("no Chromium was found: install the package chromium")
	}
	folder := filepath.Join("testdata", "screenshots")
	if !*pictures {
		folder = t.TempDir()
	}
	w := newWorkspace(t, nil)
	w.ok("demo", "--as-of", day.Format(time.RFC3339))
	server := httptest.NewServer(publish.Handler(w.path("site")))
	defer server.Close()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.Flag("force-color-profile", "srgb"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	for _, theme := range []string{"light", "dark"} {
		params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, params); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 960), chromedp.Navigate(server.URL)); err != nil {
			t.Fatal(err)
		}
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "overview-"+theme+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
