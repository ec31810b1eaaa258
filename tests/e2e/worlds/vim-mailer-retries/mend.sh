sed -i 's/^retries = .*/retries = 5/' mailer/mailer.ini
mailer/bin/ctl reload
