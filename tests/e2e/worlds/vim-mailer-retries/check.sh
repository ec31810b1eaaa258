answers 200 && [ "$(wc -l < mailer/mailer.ini)" = 7 ]
