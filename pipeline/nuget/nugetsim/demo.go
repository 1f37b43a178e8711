package nugetsim

import (
	"fmt"
	"strings"
	"time"
)

// DemoOwner publishes some of the packages of [Demo].
const DemoOwner = "contoso"

// demoSources are the packages of the demonstration: how many years ago the
// first and the last version of each was published, and what speaks against it.
var demoSources = []struct {
	id          string
	first, last int
	deprecated  string // what to use instead
	vulnerable  bool
}{
	{id: "Contoso.Identity.Client", first: 6, last: 3, deprecated: "Fabrikam.Identity"},
	{id: "Contoso.Orders.Contracts", first: 5},
	{id: "Contoso.Storage.Blobs", first: 6},
	{id: "Contoso.Messaging", first: 4, last: 1},
	{id: "Fabrikam.Identity", first: 4},
	{id: "Fabrikam.Json", first: 7, vulnerable: true},
	{id: "Fabrikam.Telemetry", first: 6, last: 1},
	{id: "Fabrikam.Web.Hosting", first: 5},
	{id: "Fabrikam.Testing", first: 6},
}

// Demo is a made-up feed, which the project files of [DemoProject] refer to.
func Demo(asOf time.Time) *World {
	w := &World{Advisories: make(map[string][]Advisory)}
	for n, s := range demoSources {
		p := Package{ID: s.id, Owners: []string{"fabrikam"}, Downloads: int64(9000 - 700*n), ProjectURL: "https://github.com/fabrikam/" + strings.ToLower(s.id)}
		if strings.HasPrefix(s.id, "Contoso.") {
			p.Owners = []string{DemoOwner}
		}
		if s.id == "Contoso.Orders.Contracts" {
			p.RepositoryURL = "https://github.com/contoso-samples/speech-notes"
		}
		var early []string
		for major := range s.first - s.last + 1 {
			for minor := range 3 {
				v := Version{Version: fmt.Sprintf("%d.%d.0", major+1, minor), Published: asOf.AddDate(major-s.first, 4*minor-9, 0)}
				if major < 3 {
					early = append(early, v.Version)
				}
				p.Versions = append(p.Versions, v)
			}
		}
		if s.vulnerable {
			w.Advisories[strings.ToLower(s.id)] = []Advisory{{Severity: 2, URL: "https://github.com/advisories/GHSA-demo-demo-demo", Versions: "(, 4.0.0)", In: early}}
		}
		w.Packages = append(w.Packages, p)
	}
	return w
}

// DemoToday is what happened to the feed of [Demo] since yesterday.
func DemoToday(w *World) {
	for n, s := range demoSources {
		if s.deprecated == "" {
			continue
		}
		for i := range w.Packages[n].Versions {
			w.Packages[n].Versions[i].Deprecation = &Deprecation{Reasons: []string{"Legacy"}, Message: "No more versions will be published.", Alternative: s.deprecated}
		}
	}
}

// DemoProject is the text of the nth made-up project file.
func DemoProject(n int) string {
	frameworks := []string{"net6.0", "net8.0", "net10.0", "netcoreapp3.1", "net10.0"}
	var items strings.Builder
	for k := range 2 + n%3 {
		s := demoSources[(n*3+k*2)%len(demoSources)]
		version := fmt.Sprintf("%d.%d.0", 1+(n+k)%(s.first-s.last+1), n%3)
		if (n+k)%11 == 0 {
			version = "*"
		}
		fmt.Fprintf(&items, "    <PackageReference Include=%q Version=%q />\n", s.id, version)
	}
	return fmt.Sprintf("<Project Sdk=\"Microsoft.NET.Sdk\">\n  <PropertyGroup>\n    <TargetFramework>%s</TargetFramework>\n  </PropertyGroup>\n  <ItemGroup>\n%s  </ItemGroup>\n</Project>\n", frameworks[n%len(frameworks)], items.String())
}
