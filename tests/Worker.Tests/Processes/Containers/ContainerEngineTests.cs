using System.Text;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;

namespace OrleansTasks.Worker.Tests.Processes.Containers;

/// <summary>The command lines of the engines, and what their answers mean.</summary>
public sealed class ContainerEngineTests
{
    private static readonly ContainerPlan Plan = new()
    {
        Name = "n", Worker = "/w", Image = "i", Arguments = ["--prog", "-a", "b c"], Folder = "/f",
        EnvironmentFile = "/e", ProcessFile = "/p", IdFile = "/i", Limits = new(100, 50),
    };

    private static readonly ContainerEngine Podman = new(EngineKind.Podman, "/usr/bin/podman", IsRoot: true);
    private static readonly ContainerEngine Docker = new(EngineKind.Docker, "/usr/bin/docker", IsRoot: true);

    [Fact]
    public void Run_WithPodmanAsRoot_GivesUpEveryRightThatItCan() => Assert.Equal(
        [
            "/usr/bin/podman", "run", "--name=n", "--label=orleanstasks.worker=/w", "--init", "--pull=never",
            "--log-driver=none", "--no-healthcheck", "--network=none", "--cap-drop=ALL",
            "--security-opt=no-new-privileges", "--env-file=/e", "--workdir=/f", "--rm",
            "--uidmap=0:2147352576:65536", "--gidmap=0:2147352576:65536",
            "--cap-add=CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,SETGID,SETUID", "--sdnotify=ignore",
            "--http-proxy=false", "--pidfile=/p", "--cidfile=/i", "--ulimit=nofile=100:100", "--ulimit=nproc=50:50",
            "--entrypoint=--prog", "i", "-a", "b c",
        ],
        Podman.Run(Plan));

    [Fact]
    public void Run_WithDocker_IsAUserThatOwnsNothing()
    {
        var line = Docker.Run(Plan);

        Assert.Contains("--user=2147483646:2147483646", line);
        Assert.DoesNotContain(line, static part => part.StartsWith("--cap-add", StringComparison.Ordinal));
        Assert.DoesNotContain(line, static part => part.StartsWith("--pidfile", StringComparison.Ordinal));
        Assert.Contains("--user=7:8", Docker.Run(Plan with { Owner = (7, 8) }));
    }

    [Fact]
    public void Run_WithEverything_SaysIt()
    {
        var line = Podman.Run(Plan with
        {
            KeepsEntrypoint = true, User = "app:1", UsesHostNetwork = true, HasInput = true, IsRemovedAtEnd = false,
            Devices = ["nvidia0"], Limits = new(-1, -1, 64 << 20, 9, 512),
            Mounts = [new(new("/f", "/f", false), IsOwn: true), new(new("/data", "/in", true), IsOwn: false)],
        });

        Assert.Equal(["i", "--prog", "-a", "b c"], line[^4..]);
        Assert.DoesNotContain("--rm", line);
        string[] expected =
        [
            "--network=host", "--interactive", "--user=app:1", "--mount=type=bind,src=/f,dst=/f,U=true",
            "--mount=type=bind,src=/data,dst=/in,ro=true", "--device=/dev/nvidia0", "--memory=67108864b",
            "--memory-swap=67108864b", "--pids-limit=10", "--ulimit=nofile=-1:-1", "--cpu-shares=512",
        ];
        Assert.Empty(expected.Except(line));
    }

    [Fact]
    public void Run_WithPodmanThatIsNotRoot_MapsNobody()
    {
        var plan = Plan with { Mounts = [new(new("/f", "/f", false), IsOwn: true)] };

        var line = (Podman with { IsRoot = false }).Run(plan);

        Assert.Contains("--mount=type=bind,src=/f,dst=/f", line);
        Assert.DoesNotContain(line, static part => part.Contains("map="));
    }

    [Theory]
    // podman has written the process id, so the exit code is the command's own.
    [InlineData(true, true, 125, "Error: image not known", null, false)]
    [InlineData(true, false, 125, "Error: localhost/x:1: image not known", "localhost/x:1: image not known", true)]
    [InlineData(true, false, 127, "noise\nError: runc: exec: \"x\": not found", "runc: exec: \"x\": not found", false)]
    [InlineData(true, false, 1, "Error: x", null, false)]
    [InlineData(
        true, true, 1, "ERROR (catatonit:6): failed to exec pid1: No such file or directory\n",
        "No such file or directory", false)]
    [InlineData(true, true, 1, "the command says: failed to exec pid1: x", null, false)]
    [InlineData(
        false, false, 125, "docker: Error response from daemon: No such image: x\n\nRun 'docker run --help' for more information\n",
        "No such image: x", true)]
    [InlineData(false, false, 125, "", null, false)]
    [InlineData(false, false, 126, "the command says: docker: x", null, false)]
    [InlineData(false, false, 127, "sh: x: not found", null, false)]
    [InlineData(
        false, false, 127, "[FATAL tini (7)] exec x failed: No such file or directory",
        "No such file or directory", false)]
    public void Fault_IsTheEnginesOnly(
        bool isPodman, bool hasProcess, int code, string errors, string? text, bool isOfImage)
    {
        var bytes = Encoding.UTF8.GetBytes(errors);
        var outcome = new ProcessOutcome
        {
            Reason = ProcessEndReason.Exit, ExitCode = code, StartedAt = default, EndedAt = default,
            StandardError = new StreamCapture(bytes.Length, bytes.Length, bytes, bytes),
        };

        var fault = EngineFault.Of(isPodman ? Podman : Docker, outcome, hasProcess);

        Assert.Equal((text, isOfImage), (fault?.Text, fault?.IsOfImage ?? false));
    }

    [Theory]
    [InlineData("A", "x\ny")]
    [InlineData("A", "x\ry")]
    [InlineData("A\nB", "x")]
    [InlineData("#A", "x")]
    [InlineData("A*", "x")]
    public void Environment_ThatWouldBeReadAsAnother_IsRefused(string name, string value)
    {
        Assert.Null(EnvironmentText.Of([new(name, value)], out var fault));
        Assert.NotNull(fault);
    }
}
