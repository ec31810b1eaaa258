answers 200 port /
