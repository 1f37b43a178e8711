package nugetsim

import (
	"fmt"
	"strings"
	"time"
)

// DemoOwner publishes some of the packages of [Demo].
const DemoOwner = "contoso"

// demoSource is a package of the demonstration: how many years ago it began and
// ended to be published, and what speaks against it.
var demoSources = []struct {
	id            string
	first, last   int // years ago
	deprecated    string
	vulnerable    bool
	ofContosoOnly bool
}{
	{"Contoso.Identity.Client", 6, 3, "Fabrikam.Identity", false, true},
	{"Contoso.Orders.Contracts", 5, 0, "", false, true},
	{"Contoso.Storage.Blobs", 6, 0, "", false, true},
	{"Contoso.Messaging", 4, 1, "", false, true},
	{"Fabrikam.Identity", 4, 0, "", false, false},
	{"Fabrikam.Json", 7, 0, "", true, false},
	{"Fabrikam.Telemetry", 6, 1, "", false, false},
	{"Fabrikam.Web.Hosting", 5, 0, "", false, false},
	{"Fabrikam.Testing", 6, 0, "", false, false},
}

// Demo is a made-up feed, which the project files of [DemoProject] refer to.
func Demo(asOf time.Time) *World {
	w := &World{Advisories: make(map[string][]Advisory)}
	for n, s := range demoSources {
		p := Package{ID: s.id, Owners: []string{"fabrikam"}, Downloads: int64(9000 - 700*n), ProjectURL: "https://github.com/fabrikam/" + strings.ToLower(s.id)}
		if s.ofContosoOnly {
			p.Owners = []string{DemoOwner}
		}
		if s.id == "Contoso.Orders.Contracts" {
			p.RepositoryURL = "https://github.com/contoso-samples/speech-notes"
		}
		for major := range s.first - s.last + 1 {
			for minor := range 3 {
				v := Version{Version: fmt.Sprintf("%d.%d.0", major+1, minor), Published: asOf.AddDate(major-s.first, 4*minor-9, 0)}
				if s.vulnerable && major < 3 {
					a := w.Advisories[strings.ToLower(s.id)]
					if a == nil {
						a = []Advisory{{Severity: 2, URL: "https://github.com/advisories/GHSA-demo-demo-demo", Versions: "(, 4.0.0)"}}
					}
					a[0].In = append(a[0].In, v.Version)
					w.Advisories[strings.ToLower(s.id)] = a
				}
				p.Versions = append(p.Versions, v)
			}
		}
		w.Packages = append(w.Packages, p)
	}
	return w
}

// DemoToday is what happened to the feed of [Demo] since yesterday.
func DemoToday(w *World) {
	for n, s := range demoSources {
		for i := range w.Packages[n].Versions {
			if s.deprecated != "" {
				w.Packages[n].Versions[i].Deprecation = &Deprecation{Reasons: []string{"Legacy"}, Message: "No more versions will be published.", Alternative: s.deprecated}
			}
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
