mailer/bin/ctl stop
