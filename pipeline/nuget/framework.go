package nuget

import (
	_ "embed"
	"encoding/json"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Support is what is known about the support of target frameworks: data that
// somebody has to look up again, with where and when it was read.
type Support struct {
	ReadOn  string   `json:"readOn"`
	Sources []string `json:"sources"`
	// Frameworks by their moniker, such as "net8.0" or "net472". EndOfSupport is a
	// date, such as "2026-11-10"; empty for none.
	Frameworks map[string]struct{ Title, EndOfSupport string } `json:"frameworks"`
}

//go:embed support.json
var supportData []byte

// BuiltinSupport is the data built into the program, from support.json.
func BuiltinSupport() Support {
	var s Support
	if err := json.Unmarshal(supportData, &s); err != nil {
		panic("nuget: support.json is embedded, so it can be read: " + err.Error())
	}
	return s
}

// Of returns a framework with its title and the end of its support, as far as
// they are known. What follows a dash, as in "net8.0-windows", names a platform
// and changes nothing.
func (s Support) Of(f pipeline.Framework) pipeline.Framework {
	name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(f.Name)), "-")
	known := s.Frameworks[name]
	f.Title, f.EndOfSupport = known.Title, nil
	if day, err := time.Parse(time.DateOnly, known.EndOfSupport); err == nil {
		f.EndOfSupport = &day
	}
	return f
}
