printf '[delivery]\nrelay = 10.1.1.9\nretries = 0\nbackoff = 20\n\n[limits]\nper_minute = 90\n' > mailer/mailer.ini
mailer/bin/ctl reload
soon 5 answers 503
