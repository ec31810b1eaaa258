answers 200 port /feed
