curl -fsS --data-binary @photo.jpg "http://127.0.0.1:$(cat port)/upload"
