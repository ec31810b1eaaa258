"""What is noise, and what only looks like it."""

from __future__ import annotations

import pytest

from reifierd.loops.observer.noise import is_noise
from reifierd.loops.observer.own import Own


@pytest.mark.parametrize(
    "command",
    [
        "ls",
        "ls -la /etc",
        "cd /srv/app",
        "cd ..",
        "pwd",
        "whoami",
        "clear",
        "history | grep ssh",
        "man 5 fstab",
        "date",
        "date +%s",
        "uptime",
        "echo $HOME",
        "echo 'a > b' done",
        "cd /x && ls",
        "ls; pwd",
        "which -a psql",
        "exit",
        "# a note",
        "ls | sort | head -3",
        "command -v psql",
        "ls  # look",
        "echo $?",
        "history",
        "time ls",
        "sudo ls",
        "command ls",
        "\\ls",
        "/bin/ls",
        "X=1 ls",
        "env A=b nice -n 5 ls",
        "ls 2>/dev/null",
        "ls | awk '{print $1}'",
        "for i in 1 2; do date; done",
    ],
)
def test_noise(command: str) -> None:
    assert is_noise(command)


@pytest.mark.parametrize(
    "command",
    [
        "ls > files",
        "echo 1 > /proc/sys/vm/drop_caches",
        "echo x | sudo tee /etc/y",
        "cd /x && make",
        "date -s 12:00",
        "history -c",
        "ls $(rm x)",
        "ls `rm x`",
        "echo 'open",
        "ls | xargs rm",
        "ls & rm x",
        "systemctl status x",
        "cat f",
        "command rm x",
        "echo a\nrm x",
        "sudo rm x",
        "X=1",
        "f() { ls; }",
        "time make",
        "echo hi | bash",
        "echo 'rm x' | bash",
        "alias x=ls",
        "echo $(cat f)",
        "lsof -i",
        "echo a >> b",
        "true || rm x",
        "tail -f log",
    ],
)
def test_no_noise(command: str) -> None:
    assert not is_noise(command)


OWN = Own("/home/u", ("/home/u/reifierd",), ("/home/u/.config/reifierd", "/home/u/.local/state/reifierd"), "/src/own")


@pytest.mark.parametrize(
    "command",
    [
        "mv ~/reifierd/runbooks/drafts/inc*.md ~/reifierd/runbooks/approved/",
        'mv "$HOME"/reifierd/runbooks/drafts/x.md $HOME/reifierd/runbooks/approved/',
        "cd ~/reifierd && mv runbooks/drafts/x.md runbooks/approved/",
        "mv runbooks/drafts/x.md runbooks/approved/",
        "sudo rm -f /home/u/reifierd/runbooks/drafts/x.md",
        "vim ~/reifierd/runbooks/drafts/x.md",
        "code ~/reifierd/runbooks/drafts/x.md",
        "$EDITOR ~/reifierd/runbooks/drafts/x.md",
        "sed -i s/a/b/ ~/reifierd/runbooks/drafts/x.md",
        "cat > ~/reifierd/runbooks/drafts/x.md <<'EOF'\nx\nEOF",
        "cat ~/reifierd/reports/x.md | less",
        "touch ~/reifierd/PAUSE",
        "rm ~/reifierd/PAUSE; ls",
        "rm -rf ~/reifierd",
        "vim ~/.config/reifierd/config.toml",
        "rm -r ~/.local/state/reifierd",
        "reifierd draft --now",
        "time reifierd draft --now",
        ".venv/bin/reifierd run &",
        "REIFIERD_WORKSPACE=/w reifierd run --once",
        "sudo reifierd doctor",
        "reifierd status --json | jq .",
        "reifierd status > /tmp/status",
        "for f in a b; do reifierd check $f; done",
        "python3 -m reifierd status",
        'eval "$(reifierd hook bash)"',
        'eval "$(/opt/x/bin/reifierd hook zsh)"',
        "reifierd hook fish | source",
        "source <(reifierd hook bash)",
        "source ~/.bashrc",
        ". ~/.zshrc",
        "source ~/.config/fish/config.fish",
        """echo 'eval "$(reifierd hook bash)"' >> ~/.bashrc""",
        """printf 'eval "$(reifierd hook zsh)"\\n' | tee -a ~/.zshrc""",
        "exec bash",
        "exec zsh -l",
        "exec fish",
        "systemctl --user restart reifierd",
        "journalctl --user -u reifierd",
        "pip install reifierd",
    ],
)
def test_what_is_about_reifierd_itself_is_noise(command: str) -> None:
    assert is_noise(command, own=OWN)


@pytest.mark.parametrize(
    "command",
    [
        "cp /etc/nginx/nginx.conf ~/reifierd/ops/nginx.conf",
        "cp ~/reifierd/runbooks/approved/x.md /srv/x.md",
        "vim ~/reifierd/ops/nginx.conf",
        "rm ~/reifierd-old/runbooks/drafts/x",
        "reifierd draft --now; systemctl restart nginx",
        "reifierd status && curl -fsS localhost/health",
        "echo 'export A=b' >> ~/.bashrc",
        "echo 'eval \"$(reifierd hook bash)\"' >> /etc/profile.d/x.sh && rm /etc/y",
        "source .venv/bin/activate",
        "exec bash -c 'rm x'",
        "bash deploy.sh",
        "systemctl restart reifierd nginx",
        "make run",
        "mv drafts/x /srv/approved",
    ],
)
def test_what_is_about_something_else_too_is_no_noise(command: str) -> None:
    assert not is_noise(command, own=OWN)


def test_where_it_was_typed_counts() -> None:
    assert is_noise("mv drafts/x.md approved/", own=OWN, cwd="/home/u/reifierd/runbooks")
    assert is_noise("touch PAUSE", own=OWN, cwd="/home/u/reifierd")
    assert not is_noise("touch PAUSE", own=OWN, cwd="/srv")
    assert not is_noise("mv runbooks/drafts/x runbooks/approved/", own=OWN, cwd="/srv")
    assert is_noise("make run", own=OWN, cwd="/src/own")
    assert not is_noise("make run", own=OWN, cwd="/src/other")
    assert not is_noise("make install", own=OWN, cwd="/src/own")


def test_programs_can_be_added() -> None:
    assert not is_noise("kubectx prod")
    assert is_noise("kubectx prod", ["kubectx"])
