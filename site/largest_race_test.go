//go:build race

package site_test

// largestReport is how many repositories the largest report of the tests has.
const largestReport = 25_000
