package site

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
)

//go:embed assets templates pages
var embedded embed.FS

// assets are the stylesheet and the script, ready to be served. Their names
// carry a hash of their content, because Pages lets browsers keep any file for
// ten minutes.
type assets struct {
	css, js         []byte
	cssName, jsName string
}

var loadAssets = sync.OnceValue(func() assets {
	css, js := squeeze("assets/style.css", "/*"), squeeze("assets/script.js", "//")
	return assets{css, js, "assets/style-" + hash(css) + ".css", "assets/script-" + hash(js) + ".js"}
})

// squeeze reads an embedded source without its indentation, its blank lines
// and the lines that hold nothing but a comment.
func squeeze(name, comment string) []byte {
	src, err := embedded.ReadFile(name)
	if err != nil {
		panic("site: an embedded file is missing: " + err.Error())
	}
	var b strings.Builder
	for line := range strings.Lines(string(src)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, comment) {
			b.WriteString(line + "\n")
		}
	}
	return []byte(b.String())
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:5])
}

// palette is the colours of the stylesheet's tokens, each written there as
// --name: light-dark(#light, #dark), so that badges and tests use the same.
func palette() map[string][2]string {
	colours := map[string][2]string{}
	for line := range strings.Lines(string(loadAssets().css)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		var light, dark string
		if n, _ := fmt.Sscanf(strings.NewReplacer("(", " ", ",", " ", ")", " ").Replace(value), " light-dark %s %s", &light, &dark); ok && n == 2 {
			colours[strings.TrimPrefix(name, "--")] = [2]string{light, dark}
		}
	}
	return colours
}
