shelf/bin/ctl stop
