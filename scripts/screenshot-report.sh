#!/bin/bash
# Opens a report in headless Chromium: nothing may be said on the console, its tables must be there, nothing may be loaded
# from elsewhere, and the page may not be wider than its window. Keeps screenshots, light and dark, wide and narrow.
#
#   scripts/screenshot-report.sh REPORT.html FOLDER
set -euo pipefail
page=$(readlink -f "$1")
folder=$2
browser=""
for name in chromium chromium-browser google-chrome chrome; do
  command -v "$name" > /dev/null && { browser=$name; break; }
done
if [ -z "$browser" ]; then
  echo "skipped: screenshots of reports (no chromium, google-chrome or chrome in the search path)"
  exit 0
fi
mkdir -p "$folder"
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
name=$(basename "$page" .html)

# Runs the browser on the page, without a sandbox where it is root's; what it says goes to a file.
browse() {
  timeout 120 "$browser" --headless --disable-gpu --no-first-run --hide-scrollbars --force-device-scale-factor=1 \
    --user-data-dir="$log/profile" $([ "$(id -u)" = 0 ] && echo --no-sandbox) --enable-logging=stderr --v=0 "$@" \
    "file://$page" 2> "$log/said"
  if grep -E 'CONSOLE|Uncaught' "$log/said"; then
    echo "failed: $page says something on the console" >&2
    exit 1
  fi
}

browse --dump-dom > "$log/dom"
tables=$(grep -c '<table' "$log/dom" || true)
sortable=$(grep -c 'data-sortable' "$log/dom" || true)
pictures=$(grep -c '<svg' "$log/dom" || true)
if [ "$tables" = 0 ] || [ "$pictures" = 0 ] || [ "$sortable" = 0 ]; then
  echo "failed: $page has $tables tables, $pictures pictures, $sortable sortable columns" >&2
  exit 1
fi
# Names of namespaces and anchors aside, a page names no place.
if grep -oE '(src|href)="[^"#]+"' "$log/dom" | grep -v 'href="\(point\|[A-Za-z0-9_.-]*\.\(tricot\|html\)\)'; then
  echo "failed: $page names other files" >&2
  exit 1
fi
# The page in a frame of its own, which tells how wide it is.
cat > "$log/frame.html" <<HTML
<iframe id="f" width="380" height="900" src="file://$page"
  onload="document.title = 'wide' + this.contentDocument.documentElement.scrollWidth"></iframe>
HTML
wide=$(page="$log/frame.html" browse --allow-file-access-from-files --virtual-time-budget=3000 --dump-dom \
  | grep -o '<title>wide[0-9]*' | grep -o '[0-9]*$' || true)
if [ -z "$wide" ] || [ "$wide" -gt 380 ]; then
  echo "failed: $page is ${wide:-of unknown width} pixels wide in a window of 380" >&2
  exit 1
fi
for width in 1400 500; do
  height=$([ "$width" = 1400 ] && echo 6500 || echo 12000)
  for theme in light dark; do
    # Blink's numbers of the preferred scheme: 0 dark, 1 light.
    scheme=$([ "$theme" = dark ] && echo 0 || echo 1)
    browse --blink-settings=preferredColorScheme=$scheme --window-size="$width,$height" \
      --screenshot="$folder/$name-$theme-$width.png" > /dev/null
  done
done
echo "$name: $tables tables, $pictures pictures; screenshots in $folder"
