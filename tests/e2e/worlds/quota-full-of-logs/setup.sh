mkdir -p intake/{logs,queue,bin}
cat > intake/bin/take <<'RUN'
#!/bin/bash
# takes one parcel in, if the folder is below its quota of 900 KB
cd "$(dirname "$0")/.." || exit 2
used=$(du -sk . | cut -f1)
if [ "$used" -gt 900 ]; then
    echo "$(date -u +%FT%TZ) ERROR quota exceeded: $used of 900 KB" >> logs/intake.log
    echo "no space: $used of 900 KB" >&2; exit 28
fi
echo "parcel" > "queue/${1:-parcel}"; echo taken
RUN
chmod +x intake/bin/take
printf 'level=info\nformat=plain\n' > intake/log.conf
