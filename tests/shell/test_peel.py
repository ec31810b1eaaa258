"""Wrappers are peeled by their tables; an option that no table knows makes what follows opaque."""

from __future__ import annotations

import pytest

from reifierd.shell import read

WRAPPED = [
    "sudo {}",
    "sudo -u bob -- {}",
    "sudo -E -n A=1 {}",
    "doas -u bob {}",
    "pkexec {}",
    "su -c '{}' bob",
    "su - bob -c '{}'",
    "runuser -u bob -- {}",
    "env A=1 {}",
    "env -i -u B {}",
    "env -S '{}'",
    "timeout 30 {}",
    "timeout -k 5s --signal=KILL 30 {}",
    "nohup {} &",
    "nice -n 5 {}",
    "ionice -c3 {}",
    "setsid -f {}",
    "stdbuf -oL {}",
    "chroot /mnt {}",
    "unshare -r {}",
    "command {}",
    "builtin command {}",
    "exec {}",
    "busybox {}",
    "toybox {}",
    "time -p {}",
    "flock -n /tmp/l {}",
    "flock /tmp/l -c '{}'",
    "script -qc '{}' /dev/null",
    "watch -n 2 '{}'",
    "watch {}",
    "xargs -r {} < /dev/null",
    "ssh host {}",
    "ssh -p 22 -i k u@host '{}'",
    "docker exec -it web {}",
    "docker exec web sh -c '{}'",
    "docker run --rm -v /a:/b alpine {}",
    "docker compose exec -T web {}",
    "podman exec web {}",
    "kubectl exec -it web-0 -- {}",
    "kubectl -n x exec web-0 -c y -- {}",
    "kubectl --context dev exec deploy/web -- sh -c '{}'",
    "oc rsh web-0 {}",
    "nsenter -t 1 -m -u -- {}",
    "systemd-run --scope {}",
    "parallel {} ::: a"[:-6],
    "find . -exec {} ';'",
    "find . -name x -execdir {} +"[:-2] + " ';'",
    "strace -f -o x {}",
    "setpriv --reuid 5 {}",
    "chrt -f 10 {}",
    "taskset -c 0 {}",
    "systemd-inhibit --what=sleep {}",
    "fakeroot {}",
    "gosu bob {}",
    "poetry run {}",
    "bundle exec {}",
    "aws-vault exec dev -- {}",
    "echo '{}' | at now",
    "at now <<< '{}'",
    "echo '5 * * * * {}' | crontab -",
    "ansible all -m shell -a '{}'",
    "gcloud compute ssh vm --command '{}'",
    "vagrant ssh -c '{}'",
    "tmux new-session -d '{}'",
    "sudo -u a env B=1 nice timeout 5 {}",
    "git -c alias.q='!{}' q",
    "git -c core.pager='{}' log",
    "git bisect run {}",
    "git submodule foreach '{}'",
    "git rebase --exec '{}' main",
    "tar cf a.tar b --checkpoint-action=exec='{}'",
    "tar xf a.tar --to-command '{}'",
    "rsync -e '{}' a b:",
    "make -f - <<< 'x:;{}'",
    "vim -c ':!{}' -c q",
    "sed '1e {}' f",
    "awk 'BEGIN{{system(\"{}\")}}'",
    "python3 -c 'import os; os.system(\"{}\")'",
    "perl -e 'system(\"{}\")'",
    "perl -e 'exec q', \"{}\""[:0] or "perl -e 'exec(\"{}\")'",
    "ruby -e '`{}`'",
    'node -e \'require("child_process").execSync("{}")\'',
    "php -r 'shell_exec(\"{}\");'",
    'python3 - <<P\nimport subprocess\nsubprocess.run(["zap", "-x", "7"])\nP',
    "psql -c '\\! {}'",
    "/etc/init.d/q x; {}",
]


@pytest.mark.parametrize("source", WRAPPED)
def test_the_inner_command_is_found(source: str) -> None:
    commands = read(source.format("zap -x 7")).commands
    assert ["zap", "-x", "7"] in [[w.text for w in c.argv][:3] for c in commands]


def test_an_unknown_option_of_a_wrapper_is_opaque() -> None:
    assert any("not known" in c.opaque for c in read("sudo --frobnicate zap").commands)


@pytest.mark.parametrize("source", ["sudo -l", "command -v zap", "ssh -V", "crontab -l", "at -l", "busybox --list"])
def test_a_wrapper_that_runs_nothing_wraps_nothing(source: str) -> None:
    assert not any(c.wrapped for c in read(source).commands)


def test_find_puts_its_paths_in_the_place_of_the_braces() -> None:
    view = read("find /srv/x -name '*.log' -exec zap {} ';'")
    assert [c.argv[1].prefix for c in view.commands if c.program == "zap"] == ["/srv/x/"]


def test_xargs_gives_what_it_reads() -> None:
    assert [[w.text for w in c.argv] for c in read("echo a b | xargs -n2 zap").commands][-1] == ["zap", "a", "b"]
    assert [c.argv[1].text for c in read("printf 'a\\nb' | xargs -I{} zap {}").commands if c.program == "zap"] == [
        "a",
        "b",
    ]
