using System.Text;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// Proves that containers work: a command in one tries what no command in a container may do, and reports its own
/// rights. The image is empty; the container has the machine's own programs.
/// </summary>
internal static class ContainerProof
{
    /// <summary>The image.</summary>
    internal const string Image = "localhost/orleanstasks-proof:1";

    private const int EmptyArchive = 1024;
    private static readonly string[] Programs =
        ["/bin", "/gnu", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/sbin", "/usr"];

    // As in SandboxProof; it also reports to which user of the machine the container's root is mapped.
    private const string Commands = """
        echo x >own || { echo "its working folder is not writable"; exit 1; }
        if (: >/usr/.otask-proof) 2>/dev/null; then echo "it can write to /usr"; exit 1; fi
        for f in "$1"/*; do
          if [ "$f" != "$PWD" ] && [ -e "$f" ]; then echo "it sees $f"; exit 1; fi
        done
        for p in /proc/[0-9]*; do
          if [ "${p#/proc/}" -gt 9 ]; then echo "it sees other processes"; exit 1; fi
        done
        while read -r name value; do
          case $name in Seccomp:|NoNewPrivs:|CapBnd:) echo "$name$value";; esac
        done </proc/self/status
        while read -r inner outer count; do echo "user:$outer"; done </proc/self/uid_map
        """;

    /// <summary>A container with the machine's own programs.</summary>
    internal static ContainerRequest RequestOf(EngineKind engine) => new()
    {
        Image = Image,
        OwnMounts =
        [
            // docker puts its init into /sbin, where a mount would hide it.
            .. Programs.Where(path => Directory.Exists(path) && !(engine == EngineKind.Docker && path == "/sbin"))
                .Select(static path => new ContainerPath(RealPath.Of(path), path, IsReadOnly: true)),
        ],
    };

    /// <summary>Makes the image if the machine does not have it. Returns why that is not possible, or null.</summary>
    internal static async Task<string?> MakeImageAsync(EngineCalls calls, ContainerEngine engine)
    {
        if ((await calls.RunAsync(engine.Find(Image)).ConfigureAwait(false)).IsDone) return null;
        var made = await calls.RunAsync(engine.Import(Image), new byte[EmptyArchive]).ConfigureAwait(false);
        return made.IsDone ? null : $"{engine.Name} cannot make an image: {made.Fault}";
    }

    /// <summary>Runs the commands in a container. Returns what is wrong, or null.</summary>
    internal static async Task<string?> CheckAsync(
        ContainerEngine engine, Func<ContainerRequest, IReadOnlyList<string>, Task<ProcessOutcome>> run,
        string workRoot)
    {
        var outcome = await run(RequestOf(engine.Kind), ["/bin/sh", "-c", Commands, "sh", workRoot]).ConfigureAwait(false);
        var lines = Encoding.UTF8.GetString(outcome.StandardOutput.Head.Span)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (outcome is not { Reason: ProcessEndReason.Exit, ExitCode: 0 })
        {
            return outcome.Message ?? lines.LastOrDefault() ?? EngineCalls.LastLine(outcome.StandardError)
                ?? $"the command that tests it ended with exit code {outcome.ExitCode}";
        }

        string[] expected = ["NoNewPrivs:1", "Seccomp:2", "CapBnd:" + engine.CapabilitySet];
        foreach (var one in expected)
            if (!lines.Contains(one)) return $"the command that tests it does not report {one}";
        return engine.MapsUsers && lines.Contains("user:0") ? "a container's root is root of the machine" : null;
    }
}
