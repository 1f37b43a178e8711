package nuget

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Version is a package's version as NuGet understands it: up to four numbers,
// release labels after a dash, and metadata that counts for nothing. No library
// for semantic versions fits: NuGet has a fourth number, ignores case, and takes
// a numeric label past 32 bits for text. The zero value is 0.0.0.
type Version struct {
	numbers [4]int32
	labels  []string // nil for a stable version
}

// ParseVersion reads a version by the rules of NuGet.Versioning's
// NuGetVersion.TryParse: one to four numbers, leading zeros allowed in them but
// not in numeric labels, spaces around it ignored. The boolean is false for
// what NuGet refuses.
func ParseVersion(s string) (Version, bool) {
	var v Version
	s, meta, hasMeta := strings.Cut(strings.TrimSpace(s), "+")
	if hasMeta && !validLabels(strings.Split(meta, "."), true) {
		return Version{}, false
	}
	s, release, isPrerelease := strings.Cut(s, "-")
	if isPrerelease {
		v.labels = strings.Split(release, ".")
		if !validLabels(v.labels, false) {
			return Version{}, false
		}
	}
	numbers := strings.Split(s, ".")
	if len(numbers) > len(v.numbers) {
		return Version{}, false
	}
	for i, part := range numbers {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return Version{}, false
		}
		v.numbers[i] = int32(n)
	}
	return v, true
}

func validLabels(labels []string, leadingZeros bool) bool {
	for _, l := range labels {
		digits := strings.Trim(l, "0123456789") == ""
		if l == "" || digits && !leadingZeros && len(l) > 1 && l[0] == '0' || strings.ContainsFunc(l, notInLabel) {
			return false
		}
	}
	return true
}

func notInLabel(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// String returns the normalized form, in which equal versions differ by the
// case of their labels only: no leading zeros, three numbers, a fourth when it
// is not 0, no metadata.
func (v Version) String() string {
	s := fmt.Sprintf("%d.%d.%d", v.numbers[0], v.numbers[1], v.numbers[2])
	if v.numbers[3] != 0 {
		s += "." + strconv.Itoa(int(v.numbers[3]))
	}
	if v.IsPrerelease() {
		s += "-" + strings.Join(v.labels, ".")
	}
	return s
}

// IsPrerelease reports that the version has release labels.
func (v Version) IsPrerelease() bool { return v.labels != nil }

// Compare returns a negative number when v comes before o in NuGet's order,
// zero when they are the same version, a positive number otherwise.
func (v Version) Compare(o Version) int {
	if c := slices.Compare(v.numbers[:], o.numbers[:]); c != 0 {
		return c
	}
	switch {
	case v.IsPrerelease() && o.IsPrerelease():
		return slices.CompareFunc(v.labels, o.labels, compareLabels)
	case v.IsPrerelease():
		return -1
	case o.IsPrerelease():
		return 1
	}
	return 0
}

// compareLabels orders numbers below text. NuGet reads numbers by Int32.TryParse,
// so that "-5" is one, and 2147483648 is text.
func compareLabels(a, b string) int {
	n, aErr := strconv.ParseInt(a, 10, 32)
	m, bErr := strconv.ParseInt(b, 10, 32)
	switch {
	case aErr == nil && bErr == nil:
		return cmp.Compare(n, m)
	case aErr == nil:
		return -1
	case bErr == nil:
		return 1
	}
	return strings.Compare(strings.ToUpper(a), strings.ToUpper(b))
}
