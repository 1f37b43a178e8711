package site_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
)

// TestManyPackages: a table of thousands of packages is cut into pages, each of
// which stays within what a table of as many repositories may weigh, and leads to
// the others.
func TestManyPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("renders 1,201 packages")
	}
	s := generated(30)
	for i := range 1200 {
		p := pipeline.Package{ID: fmt.Sprintf("Contoso.%x.Client.Part%d", i*7919, i), ReadAt: asOf}
		for v := range 3 {
			p.Versions = append(p.Versions, pipeline.PackageVersion{Version: fmt.Sprintf("%d.%d.%d", i%9, v, i%13), Published: new(daysAgo(i%700 + 100*(3-v)))})
		}
		for u := range 1 + i%5 {
			p.UsedBy = append(p.UsedBy, pipeline.PackageUse{NameWithOwner: s.Findings[(i+u)%30].NameWithOwner, Version: p.Versions[u%3].Version, File: "src/a.csproj", YearsBehind: new(float64(i%37) / 10)})
		}
		s.Packages = append(s.Packages, p)
	}
	s.Packages = append(s.Packages, pipeline.Package{ID: "page", ReadAt: asOf})
	files := render(t, s, options)
	rows := 0
	for name, links := range map[string][]string{
		"packages/index.html":        {`href="../packages/page/2/"`, `<span aria-current="page">1</span>`},
		"packages/page/2/index.html": {`href="../../../packages/"`, `href="../../../packages/page/"`, "Packages, page 2 of 2"},
	} {
		page := string(files[name])
		rows += strings.Count(page, "<tr>") - 1
		for _, link := range links {
			if !strings.Contains(page, link) {
				t.Errorf("%s does not hold %s", name, link)
			}
		}
		if size := gzipped(t, files[name]); size > 35*kB {
			t.Errorf("%s takes %d bytes, packed", name, size)
		}
	}
	if rows != len(s.Packages) || files["packages/page/index.html"] == nil {
		t.Errorf("%d rows for %d packages", rows, len(s.Packages))
	}
}
