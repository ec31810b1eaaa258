build/bin/make-site && grep -qx THEME=plain build/settings
