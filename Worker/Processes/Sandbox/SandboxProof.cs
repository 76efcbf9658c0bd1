using System.Text;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// Proves that a sandbox works: a command inside it tries what no sandboxed command may do, and reports its own rights.
/// </summary>
internal static class SandboxProof
{
    // Writes to its own folder, and nowhere else; sees neither its worker's folder nor another process.
    private const string Commands = """
        echo x >own || { echo "its working folder is not writable"; exit 1; }
        for f in / /etc /usr /dev; do
          if (: >"$f/.otask-proof") 2>/dev/null; then echo "it can write to $f"; exit 1; fi
        done
        for f in "$1"/*; do
          if [ "$f" != "$PWD" ] && [ -e "$f" ]; then echo "it sees $f"; exit 1; fi
        done
        for p in /proc/[0-9]*; do
          if [ "${p#/proc/}" -gt 9 ]; then echo "it sees other processes"; exit 1; fi
        done
        while read -r name value; do
          case $name in Seccomp:|NoNewPrivs:|Cap???:) echo "$name$value";; esac
        done </proc/self/status
        """;

    private static readonly string[] Expected =
    [
        "CapInh:0000000000000000", "CapPrm:0000000000000000", "CapEff:0000000000000000", "CapBnd:0000000000000000",
        "CapAmb:0000000000000000", "NoNewPrivs:1", "Seccomp:2",
    ];

    /// <summary>Runs the commands in a sandbox. Returns what is wrong, or null.</summary>
    internal static string? Check(SandboxHost host, SandboxPlan plan, string workRoot, ProofProcess process)
    {
        var arguments = (string[])["/bin/sh", "-c", Commands, "sh", workRoot];
        if (SandboxStart.Run(host, plan, arguments, process, out var output) is { } failure) return failure;
        var lines = Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var expected in Expected)
        {
            if (lines.Contains(expected)) continue;
            return lines.LastOrDefault() is { } line
                ? $"the command that tests it reports: {line}"
                : "the command that tests it reports nothing";
        }

        return null;
    }
}
