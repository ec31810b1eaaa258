echo 'titel: Home!!' > site/pages/home.yml; echo junk > site/pages/.home.swp.yml; echo junk > site/pages/draft-old.yml
