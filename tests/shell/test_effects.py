"""What commands do: read-only facts carry Diagnosis, Verify and the scribe, so they are told in detail."""

from __future__ import annotations

import pytest

from reifierd.shell import Context, EffectKind, read, read_like

READING = """
curl -fsS localhost:8080/health
curl -sI https://x.example
curl -s -o /dev/null -w '%{http_code}' localhost
nginx -t
openssl x509 -in c.pem -noout -dates
openssl s_client -connect x:443
jq .status f.json
redis-cli -h db GET k
redis-cli INFO
redis-cli CONFIG GET maxmemory
redis-cli LLEN q
psql -c 'select 1; show all'
psql -At -c "explain select * from t"
sqlite3 a.db 'select 1'
sqlite3 a.db .tables
mysql -e 'show processlist'
mongosh --eval 'db.t.countDocuments()'
git status
git log --oneline -3
git diff
git branch
git remote -v
git stash list
git -C /srv/app fsck
systemctl status shop
systemctl is-active shop
systemctl list-units --failed
kubectl get pods
kubectl -n x describe pod y
kubectl logs deploy/x --tail=5
helm -n x status y
terraform plan
docker ps -a
docker logs --tail 5 web
kill -0 12
test -f x
[ -d x ]
[[ -n x ]]
echo hi
printf '%s' x
cat f 2>/dev/null
ls -l > /dev/null
sed -n 1,3p f
awk '{print $1}' f
find . -name x
tar tzf x.tgz
ss -ltnp
ip addr
journalctl -u x -n 5
df -h
ps aux
wipefs /dev/sda
rm --help
ansible-playbook s.yml --check
rsync -avn --delete a/ b/
aws ec2 describe-instances
gcloud compute instances list
az vm list
etcdctl endpoint health
rabbitmqctl list_queues
python3 --version
python3 -c 'print(1)'
crontab -l
iptables -L -n
ufw status
apt list --installed
pg_isready
dig x
visudo -c
""".strip().splitlines()

CHANGING = [
    ("curl -X POST localhost/x", "network write"),
    ("curl -d a=b localhost", "network write"),
    ("curl -T f localhost", "network write"),
    ("curl -o f localhost", "write"),
    ("wget http://x/y", "write"),
    ("openssl req -new -out r.csr", "write"),
    ("redis-cli SET a b", "database"),
    ("redis-cli CONFIG SET a b", "database"),
    ("redis-cli DEL a", "database"),
    ("psql -c 'update t set a=1 where b=2'", "database"),
    ("psql -c 'select pg_reload_conf()'", "database"),
    ("psql -c 'select pg_cancel_backend(3)'", "database"),
    ("psql -c 'with x as (delete from t returning 1) select 1'", "database"),
    ("mysql app < x.sql", "database"),
    ("sqlite3 a.db 'insert into t values (1)'", "database"),
    ("git commit -m x", "vcs"),
    ("git branch new", "vcs"),
    ("git push", "vcs"),
    ("git config a.b c", "vcs"),
    ("systemctl restart x", "service"),
    ("service x start", "service"),
    ("kill 12", "process"),
    ("pkill x", "process"),
    ("echo x > f", "overwrite"),
    ("echo x >> f", "write"),
    ("tee f < x", "overwrite"),
    ("tee -a f < x", "write"),
    ("sed -i s/a/b/ f", "write"),
    ("sed -i.bak s/a/b/ f", "write"),
    ("cp a b", "overwrite"),
    ("mv a b", "overwrite"),
    ("rm x", "delete"),
    ("mkdir x", "write"),
    ("touch x", "write"),
    ("chmod 600 x", "permissions"),
    ("find . -name x -delete", "delete"),
    ("tar xzf a.tgz", "write"),
    ("kubectl apply -f x", "kubernetes"),
    ("helm upgrade x y", "kubernetes"),
    ("docker restart x", "container"),
    ("terraform apply p", "infrastructure"),
    ("aws s3 cp a s3://b/a", "cloud"),
    ("apt-get install -y x", "package"),
    ("useradd x", "account"),
    ("iptables -A INPUT -j ACCEPT", "firewall"),
    ("reboot", "power"),
    ("mkfs.xfs /tmp/i", "device write"),
    ("history -c", "evidence erasure"),
    ("crontab new", "write"),
    ("nginx -s reload", "service"),
    ("make", "write"),
    ("npm ci", "package"),
    ("cd /x", "shell state"),
    ("A=1", "shell state"),
    ("export A=1", "shell state"),
    ("unheard-of x", "unknown"),
    ("./script.sh", "unknown"),
    ("bash script.sh", "unknown"),
]

INTERACTIVE = [
    "top",
    "htop",
    "less f",
    "more f",
    "vim f",
    "nano f",
    "ssh host",
    "psql",
    "mysql app",
    "redis-cli",
    "sqlite3 a.db",
    "python3",
    "tail -f log",
    "watch df",
    "man ls",
    "tmux",
    "screen",
    "crontab -e",
    "visudo",
    "kubectl edit deploy x",
    "git rebase -i main",
    "git commit",
    "docker exec -it web sh",
    "gdb",
    "nc host 1",
    "read x",
    "bash",
    "journalctl -f",
    "systemctl edit x",
    "sudo -i vim f"[:0] or "sudo vim f",
]


@pytest.mark.parametrize("source", READING)
def test_reading(source: str) -> None:
    view = read(source)
    assert view.read_only, [(c.argv, c.effects) for c in view.commands]


@pytest.mark.parametrize(("source", "kind"), CHANGING)
def test_changing(source: str, kind: str) -> None:
    assert kind in {e.kind.value for e in read(source).effects}
    assert not read(source).read_only or kind == "shell state"


@pytest.mark.parametrize("source", INTERACTIVE)
def test_interactive(source: str) -> None:
    assert EffectKind.INTERACTIVE in {e.kind for e in read(source).effects}


def test_targets_follow_the_directory() -> None:
    view = read("cd /srv && rm -f a ../b && echo x > c/d", Context(cwd="/home/u"))
    assert [e.targets for e in view.effects if e.targets] == [("/srv/a", "/b"), ("/srv/c/d",)]


def test_a_target_that_is_not_known_is_open() -> None:
    [effect] = read('rm -f a "$x"').effects
    assert (effect.targets, effect.open_targets) == (("a",), True)


@pytest.mark.parametrize(
    "source",
    [
        "shopctl status",
        "./bin/ctl health --json",
        "worker list",
        "x show y",
        "x -t",
        "x --version",
        "./healthcheck.sh",
        "thing verify",
    ],
)
def test_an_unknown_program_with_a_verb_of_looking_is_read_like(source: str) -> None:
    assert all(read_like(c) for c in read(source).commands)


@pytest.mark.parametrize(
    "source", ["shopctl restart", "./bin/ctl", "worker drop list", "x status > f", "rm status", '"$x" status']
)
def test_others_are_not(source: str) -> None:
    assert not all(read_like(c) for c in read(source).commands)
