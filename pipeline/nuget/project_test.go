package nuget_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
)

const realData = "../../../shared/data/azure-samples.jsonl"

// said tells what was found as one line a reference, framework and problem.
func said(files map[string]string) []string {
	in := make(nuget.Files)
	for name, text := range files {
		in[name] = []byte(text)
	}
	d := nuget.Read(in)
	var lines []string
	for _, r := range d.References {
		line := r.File + ": " + r.Package + " " + r.Version
		if r.Locked != "" {
			line += " locked " + r.Locked
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	for _, f := range d.Frameworks {
		lines = append(lines, f.File+": targets "+f.Name)
	}
	for _, p := range d.Problems {
		lines = append(lines, p.File+": "+p.Problem)
	}
	return lines
}

func project(items string) string {
	return "<Project Sdk=\"Microsoft.NET.Sdk\">" + items + "</Project>"
}

func utf16File(s string, order binary.AppendByteOrder, mark bool) string {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestProjectShapes(t *testing.T) {
	const a = `<ItemGroup><PackageReference Include="A" Version="1.0" /></ItemGroup>`
	central := `<Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup><ItemGroup>%s</ItemGroup></Project>`
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"attribute and element", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="A" Version=" 1.0 "/><PackageReference Include="B"><Version>2.*</Version><PrivateAssets>all</PrivateAssets></PackageReference></ItemGroup>`)},
			[]string{"a.csproj: A 1.0", "a.csproj: B 2.*"}},
		{"F# and Visual Basic", map[string]string{"a.fsproj": project(a), "B.VBPROJ": project(a), "c.xproj": project(a)},
			[]string{"B.VBPROJ: A 1.0", "a.fsproj: A 1.0"}},
		{"names ignore case", map[string]string{"a.csproj": `<project><ITEMGROUP><packagereference include="A" VERSION="1.0"/></ITEMGROUP></project>`},
			[]string{"a.csproj: A 1.0"}},
		{"a namespace", map[string]string{"a.csproj": `<?xml version="1.0" encoding="utf-8"?><m:Project xmlns:m="http://schemas.microsoft.com/developer/msbuild/2003"><m:ItemGroup><m:PackageReference Include="A"><m:Version>1.0</m:Version></m:PackageReference></m:ItemGroup></m:Project>`},
			[]string{"a.csproj: A 1.0"}},
		{"comments and CDATA", map[string]string{"a.csproj": project(`<!-- <ItemGroup><PackageReference Include="No" Version="1"/></ItemGroup> --><ItemGroup><PackageReference Include="A"><Version><!-- was 0.9 --><![CDATA[1.0]]></Version></PackageReference></ItemGroup>`)},
			[]string{"a.csproj: A 1.0"}},
		{"a list of packages", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="A; B;" Version="1.0"/></ItemGroup>`)},
			[]string{"a.csproj: A 1.0", "a.csproj: B 1.0"}},
		{"without a version", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="Microsoft.AspNetCore.App"/></ItemGroup>`)},
			[]string{"a.csproj: Microsoft.AspNetCore.App"}},
		{"conditions keep all", map[string]string{"a.csproj": project(`<ItemGroup Condition="'$(TargetFramework)'=='net472'"><PackageReference Include="A" Version="1.0"/></ItemGroup><ItemGroup><PackageReference Include="A" Version="2.0" Condition="'$(X)'!=''"/></ItemGroup><Choose><When Condition="true"><ItemGroup><PackageReference Include="B" Version="1"/></ItemGroup></When><Otherwise><ItemGroup><PackageReference Include="B" Version="2"/></ItemGroup></Otherwise></Choose>`)},
			[]string{"a.csproj: A 1.0", "a.csproj: A 2.0", "a.csproj: B 1", "a.csproj: B 2"}},
		{"targets run later", map[string]string{"a.csproj": project(`<Target Name="x"><ItemGroup><PackageReference Include="A" Version="1"/></ItemGroup></Target>`)}, nil},
		{"variables", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="A" Version="$(V)"/><PackageReference Include="B" Version="[$( major ).2,)"/><PackageReference Include="C" Version="$(Nowhere)"/><PackageReference Include="D" Version="$([System.String]::Copy('1'))"/></ItemGroup><PropertyGroup><V>1.0</V><V>2.0</V><Major>3</Major></PropertyGroup>`)},
			[]string{"a.csproj: A 2.0", "a.csproj: B [3.2,)", "a.csproj: C $(Nowhere)", "a.csproj: D $([System.String]::Copy('1'))"}},
		{"variables under a condition", map[string]string{"a.csproj": project(`<PropertyGroup><V>1.0</V><V Condition="'$(TargetFramework)'=='net8.0'">2.0</V><W Condition=" '$(W)' == '' ">5</W><W Condition="'$(W)' == ''">6</W></PropertyGroup><ItemGroup><PackageReference Include="A" Version="$(V)"/><PackageReference Include="B" Version="$(W)"/></ItemGroup>`)},
			[]string{"a.csproj: A 1.0", "a.csproj: A 2.0", "a.csproj: B 5"}},
		{"update and remove", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="A" Version="1"/><PackageReference Include="B" Version="1"/><PackageReference Include="C" Version="1"/><PackageReference Update="a" Version="2"/><PackageReference Update="Nobody" Version="9"/><PackageReference Remove="B"/><PackageReference Remove="C" Condition="'$(X)'==''"/><PackageReference Update="C" Version="3" Condition="'$(X)'==''"/></ItemGroup>`)},
			[]string{"a.csproj: A 2", "a.csproj: C 1", "a.csproj: C 3"}},
		{"shared files above", map[string]string{
			"Directory.Build.props":              project(`<PropertyGroup><V>1.0</V><TargetFramework>net6.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include="Analyzer" Version="4"/></ItemGroup>`),
			"src/a/a.csproj":                     project(`<ItemGroup><PackageReference Include="A" Version="$(V)"/></ItemGroup>`),
			"other/Directory.Build.props":        project(`<Import Project="$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))"/><PropertyGroup><V>2.0</V></PropertyGroup>`),
			"other/b.csproj":                     project(`<Import Project="..\eng\versions.props"/><Import Project="../../outside.props"/><ItemGroup><PackageReference Include="A" Version="$(V)"/><PackageReference Include="B" Version="$(B)"/></ItemGroup>`),
			"eng/Versions.props":                 project(`<PropertyGroup><B>7.1</B></PropertyGroup>`),
			"src/a/nested/Directory.Build.props": project(`<Import Project="Directory.Build.props"/>`),
		}, []string{"other/b.csproj: A 2.0", "src/a/a.csproj: A 1.0", "Directory.Build.props: Analyzer 4", "other/b.csproj: B 7.1", "other/b.csproj: targets net6.0", "src/a/a.csproj: targets net6.0"}},
		{"late files update", map[string]string{"a.csproj": project(a), "Directory.Build.targets": project(`<ItemGroup><PackageReference Update="A" Version="3"/></ItemGroup>`)},
			[]string{"Directory.Build.targets: A 3"}},
		{"central management", map[string]string{
			"Directory.Packages.props":      fmt.Sprintf(central, `<PackageVersion Include="A" Version="1.0"/><PackageVersion Include="B" Version="2.0"/><PackageVersion Include="C" Version="3.0"/><PackageVersion Update="C" Version="3.1"/><GlobalPackageReference Include="G" Version="9"/>`),
			"src/a.csproj":                  project(`<ItemGroup><PackageReference Include="a"/><PackageReference Include="B" VersionOverride="2.5"/><PackageReference Include="Unheard"/></ItemGroup>`),
			"near/Directory.Packages.props": fmt.Sprintf(central, `<PackageVersion Include="A" Version="8.0"/>`),
			"near/b.csproj":                 project(`<ItemGroup><PackageReference Include="A"/><PackageReference Include="B"/></ItemGroup>`),
		}, []string{"Directory.Packages.props: A 1.0", "near/Directory.Packages.props: A 8.0", "Directory.Packages.props: B 2.0", "near/b.csproj: B", "src/a.csproj: B 2.5", "Directory.Packages.props: C 3.1", "Directory.Packages.props: G 9", "src/a.csproj: Unheard"}},
		{"central files go on with their parents'", map[string]string{
			"Directory.Packages.props":      fmt.Sprintf(central, `<PackageVersion Include="A" Version="1.0"/>`),
			"near/Directory.Packages.props": `<Project><Import Project="..\Directory.Packages.props"/></Project>`,
			"near/b.csproj":                 project(`<ItemGroup><PackageReference Include="A"/></ItemGroup>`),
		}, []string{"Directory.Packages.props: A 1.0"}},
		{"central versions without management", map[string]string{
			"Directory.Packages.props": `<Project><ItemGroup><PackageVersion Include="A" Version="1.0"/></ItemGroup></Project>`,
			"a.csproj":                 project(`<ItemGroup><PackageReference Include="A"/></ItemGroup>`),
		}, []string{"a.csproj: A"}},
		{"packages.config", map[string]string{"web/packages.config": `<?xml version="1.0"?><packages><package id="A" version="1.0.0" targetFramework="net45"/><package version="1"/></packages>`, "web/w.csproj": `<Project ToolsVersion="15.0" xmlns="http://schemas.microsoft.com/developer/msbuild/2003"><PropertyGroup><TargetFrameworkVersion>v4.5.2</TargetFrameworkVersion></PropertyGroup></Project>`},
			[]string{"web/packages.config: A 1.0.0", "web/w.csproj: targets net452"}},
		{"a lock file", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="A" Version="1.*"/></ItemGroup>`), "packages.lock.json": `{"version":1,"dependencies":{"net8.0":{"a":{"type":"Direct","requested":"[1.*, )","resolved":"1.9.0"},"B":{"type":"Transitive","resolved":"1.0.0"}},"net6.0":{"A":{"type":"Direct","resolved":"1.4"}}}}`},
			[]string{"a.csproj: A 1.* locked 1.4.0"}},
		{"a broken lock file", map[string]string{"a.csproj": project(a), "packages.lock.json": `{"dependencies":`},
			[]string{"a.csproj: A 1.0", "packages.lock.json: unexpected end of JSON input"}},
		{"frameworks", map[string]string{"a.csproj": project(`<PropertyGroup><TargetFrameworks>netstandard2.0; NET8.0-windows10.0.19041 ;;$(Extra)</TargetFrameworks><TargetFrameworks Condition="'$(OS)'=='Unix'">$(TargetFrameworks);net48</TargetFrameworks></PropertyGroup>`)},
			[]string{"a.csproj: targets $(extra)", "a.csproj: targets net48", "a.csproj: targets net8.0-windows10.0.19041", "a.csproj: targets netstandard2.0"}},
		{"byte-order marks", map[string]string{"8.csproj": "\uFEFF" + project(a), "le.csproj": utf16File(`<?xml version="1.0" encoding="utf-16"?>`+project(a), binary.LittleEndian, true), "be.csproj": utf16File(project(a), binary.BigEndian, true), "bare.csproj": utf16File(project(a), binary.LittleEndian, false)},
			[]string{"8.csproj: A 1.0", "bare.csproj: A 1.0", "be.csproj: A 1.0", "le.csproj: A 1.0"}},
		{"other encodings", map[string]string{"a.csproj": "<?xml version=\"1.0\" encoding=\"Windows-1252\"?><Project><!-- caf\xe9 --><ItemGroup><PackageReference Include=\"A\" Version=\"1.0\"/></ItemGroup></Project>", "b.csproj": `<?xml version="1.0" encoding="ebcdic"?><Project/>`},
			[]string{"a.csproj: A 1.0", `b.csproj: xml: opening charset "ebcdic": its encoding "ebcdic" is not known`}},
		{"broken files harm nobody", map[string]string{
			"good.csproj": project(a),
			"cut.csproj":  "<Project>\n<ItemGroup>\n<PackageReference Inc", "mixed.csproj": "<Project>\n</ItemGroup></Project>", "empty.csproj": "", "two.csproj": "<Project/>\n<Project/>", "text.csproj": "404: Not Found",
			"odd.csproj": utf16File(project(a), binary.LittleEndian, true) + "x", "ampersand.csproj": "<Project><X>a & b</X></Project>"},
			[]string{"good.csproj: A 1.0", "ampersand.csproj: line 1: invalid character entity & (no semicolon)", "cut.csproj: line 3: unexpected EOF", "empty.csproj: it holds no element", "mixed.csproj: line 2: element <Project> closed by </ItemGroup>",
				"odd.csproj: it is UTF-16, and cut off in the middle of a character", "text.csproj: line 1: text outside the root element", "two.csproj: line 2: a second root element"}},
		{"entity bombs", map[string]string{"a.csproj": `<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><Project><X>&b;</X></Project>`, "b.csproj": `<Project><X>&b;</X></Project>`},
			[]string{"a.csproj: line 1: document type declarations are not read", "b.csproj: line 1: invalid character entity &b;"}},
		{"too much", map[string]string{"deep.csproj": strings.Repeat("<a>", 60), "wide.csproj": project(strings.Repeat("<a/>", 20_001)), "long.csproj": project(strings.Repeat(" ", 1<<20))},
			[]string{"deep.csproj: line 1: more than 20000 elements, or nested deeper than 50", "long.csproj: it is larger than 1024 kB", "wide.csproj: line 1: more than 20000 elements, or nested deeper than 50"}},
		{"property bombs", map[string]string{"a.csproj": project(`<PropertyGroup><A>0123456789</A>` + strings.Repeat(`<A>$(A)$(A)</A>`, 500) + `</PropertyGroup><PropertyGroup>` + strings.Repeat(`<B Condition="x">$(B)1</B>`, 500) + `</PropertyGroup>` + a)},
			[]string{"a.csproj: A 1.0"}},
		{"circles", map[string]string{"a.csproj": project(`<Import Project="b.props"/>` + a), "b.props": project(`<Import Project="c.props"/>`), "c.props": project(`<Import Project="b.props"/><Import Project="a.csproj"/>`)},
			[]string{"a.csproj: A 1.0"}},
		{"what is no package id", map[string]string{"a.csproj": project(`<ItemGroup><PackageReference Include="$(X)" Version="1"/><PackageReference Include="../../etc" Version="1"/><PackageReference Include="a b" Version="1"/></ItemGroup>`)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := said(tt.files); !slices.Equal(got, tt.want) {
				t.Errorf("found\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

// TestRealReferences generates the files of real repositories from what was
// read out of them, and finds the same in them again.
func TestRealReferences(t *testing.T) {
	data, err := os.ReadFile(realData)
	if err != nil {
		t.Skipf("the real repositories are not here: %v", err)
	}
	type reference struct {
		Package string
		Version *string
		File    string
	}
	total := 0
	for line := range strings.Lines(string(data)) {
		var repo struct {
			Name  string `json:"name_with_owner"`
			NuGet []reference
		}
		if err := json.Unmarshal([]byte(line), &repo); err != nil {
			t.Fatal(err)
		}
		files := make(map[string]string)
		want := make(map[string]bool)
		for _, r := range repo.NuGet {
			version, attribute := "", ""
			if r.Version != nil {
				version, attribute = *r.Version, fmt.Sprintf(" Version=%q", *r.Version)
			}
			want[strings.TrimSpace(r.File+": "+r.Package+" "+version)] = true
			switch {
			case strings.HasSuffix(r.File, "packages.config"):
				files[r.File] += fmt.Sprintf(`<package id=%q version=%q/>`, r.Package, version)
			case strings.HasSuffix(r.File, "Directory.Packages.props"):
				files[r.File] += fmt.Sprintf(`<PackageVersion Include=%q%s/>`, r.Package, attribute)
			default:
				files[r.File] += fmt.Sprintf(`<PackageReference Include=%q%s/>`, r.Package, attribute)
			}
		}
		for file, items := range files {
			switch {
			case strings.HasSuffix(file, "packages.config"):
				files[file] = "<packages>" + items + "</packages>"
			case strings.HasSuffix(file, ".props"):
				files[file] = project("<PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup><ItemGroup>" + items + "</ItemGroup>")
			default:
				files[file] = project("<ItemGroup>" + items + "</ItemGroup>")
			}
		}
		got := said(files)
		for _, line := range got {
			if !want[line] {
				t.Errorf("%s: found %q, which is not there", repo.Name, line)
			}
			delete(want, line)
		}
		for line := range want {
			t.Errorf("%s: %q is not found", repo.Name, line)
		}
		total += len(repo.NuGet)
	}
	if total < 900 {
		t.Errorf("only %d references were generated", total)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(project(`<PropertyGroup><V Condition="'$(V)'==''">1</V></PropertyGroup><ItemGroup><PackageReference Include="A;$(V)" Version="$(V)"/></ItemGroup>`), `{"dependencies":{"x":{"A":{"type":"Direct","resolved":"1"}}}}`)
	f.Add(utf16File(project(""), binary.BigEndian, true), "[]")
	f.Fuzz(func(t *testing.T, text, lock string) {
		files := map[string]string{"a.csproj": text, "Directory.Packages.props": text, "x/packages.config": text, "packages.lock.json": lock}
		if a, b := said(files), said(files); !slices.Equal(a, b) {
			t.Errorf("read twice, found differently:\n%q\n%q", a, b)
		}
	})
}

func TestFrameworkSupport(t *testing.T) {
	support := nuget.BuiltinSupport()
	if _, err := time.Parse(time.DateOnly, support.ReadOn); err != nil || len(support.Sources) == 0 {
		t.Errorf("the data is of %q, from %q", support.ReadOn, support.Sources)
	}
	for name, want := range map[string]string{
		"netcoreapp3.1": "2022-12-13", "net5.0": "2022-05-10", "net6.0": "2024-11-12", "net7.0": "2024-05-14", "net8.0": "2026-11-10", "NET9.0": "2026-11-10", "net10.0": "2028-11-14",
		"net8.0-windows10.0.19041": "2026-11-10", "net452": "2022-04-26", "net461": "2022-04-26", "net462": "2027-01-12", "net48": "", "net472": "", "netstandard2.0": "", "uap10.0": "", "$(x)": "",
	} {
		f := support.Of(pipeline.Framework{Name: name})
		got := ""
		if f.EndOfSupport != nil {
			got = f.EndOfSupport.Format(time.DateOnly)
		}
		if got != want || (f.Title == "") != (name == "uap10.0" || name == "$(x)") {
			t.Errorf("%s (%s) ends %q, want %q", name, f.Title, got, want)
		}
	}
}
