printf 'LANGUAGE=fr\nTHEME=plain\n' > build/settings; mkdir -p build/cache/objects; echo fr > build/cache/objects/page
