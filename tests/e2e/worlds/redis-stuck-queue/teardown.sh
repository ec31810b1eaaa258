kill "$(cat worker.pid)"; rc shutdown nosave
